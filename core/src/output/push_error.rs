use core::error::Error;
use core::fmt;

/// Why a push was refused. The pushed data has been dropped.
///
/// `Closing` is a mistake of the caller, not of the peer. `Closed` may be either: the caller closed the output before,
/// or the output ended by an error that is reported elsewhere. asynchat accepted data after `close_when_done` and lost
/// it silently.
///
/// # Examples
///
/// ```
/// use asynchat_core::{ProducerQueue, PushError};
///
/// let mut queue = ProducerQueue::new();
/// queue.push("last words")?;
/// queue.close_when_done();
/// assert_eq!(queue.push("one more thing"), Err(PushError::Closing));
/// # Ok::<(), PushError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PushError {
    /// The caller has ended the output with `close_when_done`, `finish` or `upgrade_when_done`, and output that was queued
    /// before is still being sent.
    Closing,
    /// The output has ended: everything was sent after one of these calls, a producer failed, or the connection closed.
    Closed,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closing => {
                "push refused: the caller has ended the output (close_when_done, finish or upgrade_when_done), and earlier \
                 output is still being sent"
            }
            Self::Closed => {
                "push refused: the output has ended (close_when_done, finish, a failed producer or a closed connection)"
            }
        })
    }
}

impl Error for PushError {}

/// The caller is to blame: [`Error::Handler`](crate::Error::Handler). If the output had failed before,
/// `flush` returns why: a client that tells a lost connection from its own mistake asks that.
impl From<PushError> for crate::error::Error {
    fn from(error: PushError) -> Self {
        Self::handler(error)
    }
}

/// The kind is `BrokenPipe`.
#[cfg(feature = "std")]
impl From<PushError> for std::io::Error {
    fn from(error: PushError) -> Self {
        Self::new(std::io::ErrorKind::BrokenPipe, error)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn push_error_texts_differ() {
        assert!(PushError::Closing.to_string().contains("is still being sent"));
        assert!(PushError::Closed.to_string().contains("has ended"));
    }
}
