use crate::drive::parts::IntoStreamError;
use crate::error::{BoxError, Error};

/// The output of the code that serves a connection under `Server::serve_with`: `()`, or a `Result` with any error. An
/// [`Observer`](crate::drive::Observer) is told of the error.
///
/// An [`Error`] stays as it is. An `std::io::Error` becomes [`Error::Transport`]. An [`IntoStreamError`] blames the peer for
/// its unread input, as STARTTLS wants it. Any other becomes [`Error::Handler`].
pub trait ServeOutcome {
    /// Converts the output.
    ///
    /// # Errors
    ///
    /// The error in the output.
    fn into_result(self) -> Result<(), Error>;
}

impl ServeOutcome for () {
    fn into_result(self) -> Result<(), Error> {
        Ok(())
    }
}

/// The value of a success is dropped, such as the stream of an upgrade that nobody wants.
impl<T, E: Into<BoxError>> ServeOutcome for Result<T, E> {
    fn into_result(self) -> Result<(), Error> {
        let cause: BoxError = match self {
            Ok(_) => return Ok(()),
            Err(error) => error.into(),
        };
        let cause = match cause.downcast::<std::io::Error>() {
            Ok(error) => return Err(from_io(*error)),
            Err(cause) => cause,
        };
        Err(match cause.downcast::<IntoStreamError>() {
            Ok(error) => (*error).into(),
            Err(cause) => Error::handler(cause),
        })
    }
}

/// Takes back an [`Error`] or an [`IntoStreamError`] that was converted into an `std::io::Error`.
fn from_io(error: std::io::Error) -> Error {
    let inner = error.get_ref();
    let refused = inner.and_then(|inner| inner.downcast_ref::<IntoStreamError>());
    let own = inner.and_then(|inner| inner.downcast_ref::<Error>()).cloned();
    own.or_else(|| refused.map(|refused| (*refused).into())).unwrap_or_else(|| Error::transport(error))
}

#[cfg(test)]
mod tests {
    use std::io;

    use bytes::Bytes;

    use super::*;
    use crate::drive::parts::Parts;
    use crate::error::Blame;
    use crate::output::ProducerQueue;

    fn blame(output: impl ServeOutcome) -> Option<Blame> {
        output.into_result().err().map(|error| error.blame())
    }

    // C4
    #[test]
    fn serve_outcome_keeps_the_blame_of_an_error() {
        assert_eq!(blame(()), None);
        assert_eq!(blame(Ok::<_, BoxError>(3)), None);
        assert_eq!(blame(Err::<(), _>(Error::Idle)), Some(Blame::Peer));
        assert_eq!(blame(Err::<(), _>(io::Error::from(Error::Idle))), Some(Blame::Peer));
        assert_eq!(blame(Err::<(), BoxError>(Error::Idle.into())), Some(Blame::Peer));
        assert_eq!(blame(Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe))), Some(Blame::Transport));
        assert_eq!(blame(Err::<(), _>("no such user")), Some(Blame::Handler));
    }

    // C4
    #[test]
    fn serve_outcome_blames_the_peer_for_injected_input() {
        let refuse = || Parts::new((), Bytes::from_static(b"NOOP"), ProducerQueue::new()).into_stream();
        assert_eq!(blame(refuse().map_err(BoxError::from)), Some(Blame::Peer));
        assert_eq!(blame(refuse().map_err(io::Error::from)), Some(Blame::Peer));
        assert_eq!(blame(refuse()), Some(Blame::Peer));
    }
}
