use crate::error::{BoxError, Error};

/// The output of the code that serves a connection under `Server::serve_with`: `()`, or a `Result` with any error. An
/// [`Observer`](crate::drive::Observer) is told of the error.
///
/// An [`Error`] stays as it is. An `std::io::Error` becomes [`Error::Transport`], and any other [`Error::Handler`].
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
        Err(match cause.downcast::<std::io::Error>() {
            Ok(error) => from_io(*error),
            Err(cause) => Error::handler(cause),
        })
    }
}

/// Takes back an [`Error`] that was converted into an `std::io::Error`.
fn from_io(error: std::io::Error) -> Error {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    inner.cloned().unwrap_or_else(|| Error::transport(error))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::error::Blame;

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
}
