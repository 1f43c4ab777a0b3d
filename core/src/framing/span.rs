//! One vocabulary for everything that is found: where bytes lie, and what comes next.
//!
//! Neither borrows. So a result can be kept while the framer and the buffer change hands, or across an `await`. It
//! becomes a slice when it is returned to the caller.

use crate::framing::delimiter_set::Prefix;
use crate::invariant::{range, sum};

/// Where bytes of a frame lie. Valid until the framer is called again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span {
    /// `len` bytes of the input, `from` bytes behind the first that was unread when the call began.
    Input { from: usize, len: usize },
    /// `len` bytes of a delimiter's beginning, `from` bytes behind its first: they had been held back and are data.
    Held { prefix: Prefix, from: usize, len: usize },
    /// All of the buffer of [`Frames`](crate::framing::Frames).
    Buffered,
}

/// The next step in the stream: an [`Event`](crate::framing::Event), by where its bytes lie.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Data(Span),
    Terminator,
    /// Data is next, and the limit allows none of it. No byte was taken.
    TooLong,
}

impl Step {
    /// The same step in an input of which `skipped` more bytes were unread.
    ///
    /// For code that has taken bytes before the step, such as the rest of a skipped frame or the LF of a line end: its
    /// caller looks the span up in the bytes that were unread before them.
    pub(crate) fn behind(self, skipped: usize) -> Self {
        match self {
            Self::Data(Span::Input { from, len }) => Self::Data(Span::Input { from: sum(from, skipped), len }),
            step => step,
        }
    }
}

impl Span {
    /// Returns how many bytes a span has that the framer found.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Input { len, .. } | Self::Held { len, .. } => len,
            Self::Buffered => {
                debug_assert!(false, "the framer has no buffer");
                0
            }
        }
    }

    /// The bytes, which lie in the input that had these bytes unread.
    #[inline]
    pub(crate) fn within(self, unread: &[u8]) -> &[u8] {
        match self {
            Self::Input { from, len } => range(unread, from, len),
            Self::Held { .. } | Self::Buffered => {
                debug_assert!(false, "these bytes are not in the input");
                &[]
            }
        }
    }
}
