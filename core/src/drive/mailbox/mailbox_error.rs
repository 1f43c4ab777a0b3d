use core::error::Error;
use core::fmt;

/// Why a push into a [`mailbox`](fn@crate::drive::mailbox) was refused. What was pushed has been dropped; a clone of
/// [`Bytes`](bytes::Bytes) kept aside costs next to nothing.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::{MailboxError, mailbox};
///
/// let (peer, _mailbox) = mailbox(8);
/// peer.push("12345")?;
/// assert_eq!(peer.push("6789"), Err(MailboxError::Full));
/// peer.push("678")?;
/// # Ok::<(), MailboxError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MailboxError {
    /// The peer takes its output more slowly than it is pushed: there is no room for this, now.
    Full,
    /// The connection has ended or is closing.
    Closed,
}

impl fmt::Display for MailboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the connection has no room for more: its mailbox is full",
            Self::Closed => "nothing can be pushed any more: the connection has ended or is closing",
        })
    }
}

impl Error for MailboxError {}
