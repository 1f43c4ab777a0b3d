use core::fmt;

use crate::invariant::sum;

/// The longest frame by default, in bytes: 64 KiB.
///
/// Generous for a line (SMTP allows 1,000 bytes, RFC 5321 section 4.5.3.1.6; nginx takes HTTP heads of 32 KiB, Apache
/// lines of 8 KiB, node heads of 16 KiB), and small enough that ten thousand peers cannot occupy a gigabyte.
pub(crate) const DEFAULT_MAX_LEN: usize = 64 * 1024;

/// How long a frame may be, and how much of the present one has come (L1 to L3).
#[derive(Debug, Clone)]
pub(crate) struct FrameLimit {
    max_len: usize,
    /// How many bytes of the present frame have been let through.
    len: usize,
    /// The present frame was too long, so its remaining bytes are dropped.
    skipping: bool,
}

impl FrameLimit {
    pub(crate) fn new(max_len: usize) -> Self {
        Self { max_len, len: 0, skipping: false }
    }

    pub(crate) fn max_len(&self) -> usize {
        self.max_len
    }

    /// Sets the limit, for the present frame too, unless that was too long already.
    pub(crate) fn set_max_len(&mut self, max_len: usize) {
        self.max_len = max_len;
    }

    /// How many bytes of the present frame have been let through.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether the rest of a frame that was too long is being dropped.
    #[inline(always)]
    pub(crate) fn is_skipping(&self) -> bool {
        self.skipping
    }

    /// How many more bytes of the present frame may come.
    #[inline(always)]
    pub(crate) fn room(&self) -> usize {
        // Less has come than is allowed, unless the limit was lowered meanwhile.
        if self.skipping { usize::MAX } else { self.max_len.saturating_sub(self.len) }
    }

    /// Counts bytes of the present frame, no more than there was room for.
    #[inline(always)]
    pub(crate) fn add(&mut self, len: usize) {
        if !self.skipping {
            self.len = sum(self.len, len);
        }
    }

    /// The present frame is too long: what is left of it is dropped.
    pub(crate) fn exceed(&mut self) -> FrameTooLong {
        (self.len, self.skipping) = (0, true);
        self.error()
    }

    pub(crate) fn error(&self) -> FrameTooLong {
        FrameTooLong::new(self.max_len)
    }

    /// The present frame has ended, or what has come of it counts no longer.
    #[inline(always)]
    pub(crate) fn end_frame(&mut self) {
        (self.len, self.skipping) = (0, false);
    }
}

/// A frame had more bytes of data than the limit allows. The peer is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong {
    max_len: usize,
}

impl FrameTooLong {
    pub(crate) fn new(max_len: usize) -> Self {
        Self { max_len }
    }

    /// Returns the limit: the most bytes of data that the frame could have had.
    pub fn max_len(&self) -> usize {
        self.max_len
    }
}

impl fmt::Display for FrameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "frame too long: no delimiter within {} bytes, or a larger count (Config::max_frame_len, Frames::with_max_len)",
            self.max_len
        )
    }
}

impl core::error::Error for FrameTooLong {}

impl From<FrameTooLong> for crate::error::Error {
    fn from(error: FrameTooLong) -> Self {
        Self::FrameTooLong(error)
    }
}

#[cfg(feature = "std")]
impl From<FrameTooLong> for std::io::Error {
    fn from(error: FrameTooLong) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
