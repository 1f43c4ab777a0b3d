use core::error::Error;
use core::fmt;

/// The reason why a push or a call into a [`mailbox`](fn@crate::drive::mailbox) was refused. The data has been dropped:
/// keep a clone of the [`Bytes`](bytes::Bytes), which is cheap, to push it again.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::{MailboxError, mailbox};
///
/// let (peer, _mailbox) = mailbox::<()>(1024);
/// peer.push(vec![b'x'; 800])?;
/// assert_eq!(peer.push(vec![b'x'; 200]), Err(MailboxError::Full));
/// peer.push("short")?;
/// # Ok::<(), MailboxError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailboxError {
    /// There is no room now (backpressure): others push faster than the peer reads, or than the task of its connection has
    /// run. See [A full mailbox](crate::drive::ConnectionHandle#a-full-mailbox).
    Full,
    /// The connection has ended or is closing.
    Closed,
}

impl fmt::Display for MailboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the mailbox of the connection is full (Config::mailbox_capacity)",
            Self::Closed => "the connection has ended or is closing",
        })
    }
}

impl Error for MailboxError {}

/// The caller is to blame: [`Error::Handler`](crate::Error::Handler).
impl From<MailboxError> for crate::error::Error {
    fn from(error: MailboxError) -> Self {
        Self::handler(error)
    }
}

/// The kind is `WouldBlock` if the mailbox is full, and `BrokenPipe` if the connection is closed.
impl From<MailboxError> for std::io::Error {
    fn from(error: MailboxError) -> Self {
        let kind = match error {
            MailboxError::Full => std::io::ErrorKind::WouldBlock,
            MailboxError::Closed => std::io::ErrorKind::BrokenPipe,
        };
        Self::new(kind, error)
    }
}
