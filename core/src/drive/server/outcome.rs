use crate::drive::parts::IntoStreamError;
use crate::error::{BoxError, Error};

/// The output of the code that serves a connection under `Server::serve_with`: `()`, or a `Result` with any error. An
/// [`Observer`](crate::drive::Observer) is told of the error.
///
/// An [`Error`] stays as it is. An `std::io::Error` becomes [`Error::Transport`], an [`IntoStreamError`] blames the
/// peer for injected plaintext, and any other error becomes [`Error::Handler`].
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
            Ok(error) => Error::from(*error),
            Err(cause) => Error::handler(cause),
        })
    }
}

/// Takes back an error that was converted into an `std::io::Error`.
fn from_io(error: std::io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => match error.downcast::<IntoStreamError>() {
            Ok(error) => error.into(),
            Err(error) => Error::transport(error),
        },
    }
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

    fn into_stream(unread: &'static str) -> Result<(), IntoStreamError> {
        Parts::new((), Bytes::from_static(unread.as_bytes()), ProducerQueue::new()).into_stream()
    }

    // C4, C5
    #[test]
    fn serve_outcome_keeps_the_blame_of_an_error() {
        assert_eq!(blame(()), None);
        assert_eq!(blame(Ok::<_, BoxError>(3)), None);
        assert_eq!(blame(Err::<(), _>(Error::Idle)), Some(Blame::Peer));
        assert_eq!(blame(Err::<(), _>(io::Error::from(Error::Idle))), Some(Blame::Peer));
        assert_eq!(blame(Err::<(), BoxError>(Error::Idle.into())), Some(Blame::Peer));
        assert_eq!(blame(Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe))), Some(Blame::Transport));
        assert_eq!(blame(Err::<(), _>("no such user")), Some(Blame::Handler));
        assert_eq!(blame(into_stream("")), None);
        assert_eq!(blame(into_stream("injected").map_err(BoxError::from)), Some(Blame::Peer));
        assert_eq!(blame(into_stream("injected").map_err(io::Error::from)), Some(Blame::Peer));
    }
}
