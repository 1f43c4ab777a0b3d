use core::error::Error;
use core::fmt;

/// Why a push was refused. What was pushed has been dropped.
///
/// asynchat went on accepting data after `close_when_done` and lost it without a word.
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
    /// `close_when_done` was called, and what was queued before it is still on its way out.
    Closing,
    /// Nothing more is sent: all has gone out after `close_when_done`, or a producer failed.
    Closed,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closing => "nothing can be pushed after close_when_done",
            Self::Closed => "nothing can be pushed any more: the output is closed",
        })
    }
}

impl Error for PushError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_texts_tell_the_two_apart() {
        assert!(PushError::Closing.to_string().contains("close_when_done"));
        assert!(PushError::Closed.to_string().contains("is closed"));
    }
}
