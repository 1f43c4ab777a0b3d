use core::fmt;

use crate::invariant::sum;

/// The longest frame by default, in bytes: 64 KiB.
///
/// Generous for a line (SMTP allows 1,000 bytes, RFC 5321 section 4.5.3.1.6; nginx takes HTTP heads of 32 KiB, Apache
/// lines of 8 KiB, node heads of 16 KiB), and small enough that ten thousand peers cannot occupy a gigabyte.
pub(crate) const DEFAULT_MAX_LEN: usize = 64 * 1024;

/// The largest length of a frame, and the length of the present one so far (L1 to L3, L6, L7).
#[derive(Debug, Clone)]
pub(crate) struct FrameLimit {
    max_len: usize,
    /// The number of bytes of the present frame that have been let through.
    len: usize,
    skipping: Skipping,
    /// The number of bytes so far of the frame that is being skipped, those let through included.
    skipped_len: u64,
}

/// The reason why the rest of the present frame is dropped, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skipping {
    No,
    /// The frame was too long.
    TooLong,
    /// The caller did not want it.
    Unwanted,
}

impl FrameLimit {
    pub(crate) fn new(max_len: usize) -> Self {
        Self { max_len, len: 0, skipping: Skipping::No, skipped_len: 0 }
    }

    pub(crate) fn max_len(&self) -> usize {
        self.max_len
    }

    /// Sets the limit, for the present frame too, unless that was too long already.
    pub(crate) fn set_max_len(&mut self, max_len: usize) {
        self.max_len = max_len;
    }

    /// Returns the number of bytes of the present frame that have been let through.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the rest of a frame is being dropped.
    #[inline(always)]
    pub(crate) fn is_skipping(&self) -> bool {
        self.skipping != Skipping::No
    }

    /// Returns whether that frame was too long, and not just unwanted.
    pub(crate) fn is_too_long(&self) -> bool {
        self.skipping == Skipping::TooLong
    }

    /// Returns whether the present frame was found to be too long before any of its bytes was taken.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_too_long() && self.skipped_len == 0
    }

    /// Returns the number of bytes of data so far of the frame that is being skipped, those that were let through before
    /// it was too long included. 0 if no frame is being skipped. Call it before [`end_frame`](Self::end_frame).
    pub(crate) fn skipped_len(&self) -> u64 {
        if self.is_skipping() { self.skipped_len } else { 0 }
    }

    /// Returns the number of bytes of the present frame that may still come.
    #[inline(always)]
    pub(crate) fn room(&self) -> usize {
        // Less has come than is allowed, unless the limit was lowered meanwhile.
        if self.is_skipping() { usize::MAX } else { self.max_len.saturating_sub(self.len) }
    }

    /// Counts bytes of the present frame, no more than there was room for.
    #[inline(always)]
    pub(crate) fn add(&mut self, len: usize) {
        if self.is_skipping() {
            self.skipped_len = self.skipped_len.saturating_add(len as u64);
        } else {
            self.len = sum(self.len, len);
        }
    }

    /// The present frame is too long: what is left of it is dropped.
    pub(crate) fn exceed(&mut self) -> FrameTooLong {
        self.start_skipping(Skipping::TooLong);
        FrameTooLong::new(self.max_len)
    }

    /// The caller does not want the present frame: what is left of it is dropped.
    pub(crate) fn skip(&mut self) {
        if !self.is_skipping() {
            self.start_skipping(Skipping::Unwanted);
        }
    }

    fn start_skipping(&mut self, skipping: Skipping) {
        (self.skipping, self.skipped_len) = (skipping, self.len as u64);
        self.len = 0;
    }

    /// The present frame has ended, or what has come of it counts no longer.
    #[inline(always)]
    pub(crate) fn end_frame(&mut self) {
        (self.len, self.skipping) = (0, Skipping::No);
    }
}

/// A frame had more bytes of data than the limit allows. The peer is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong {
    max_len: usize,
    skipped_len: Option<u64>,
}

impl FrameTooLong {
    pub(crate) fn new(max_len: usize) -> Self {
        Self { max_len, skipped_len: None }
    }

    /// The frame has ended, and had `len` bytes of data.
    pub(crate) fn skipped(max_len: usize, len: u64) -> Self {
        Self { max_len, skipped_len: Some(len) }
    }

    /// Returns the limit: the most bytes of data that the frame could have had.
    pub fn max_len(&self) -> usize {
        self.max_len
    }

    /// Returns the length of the frame in bytes, if this error reports its end: `Some` only for the second error of a
    /// counted frame. See [`Frames::next_frame`](crate::framing::Frames::next_frame).
    pub fn skipped_len(&self) -> Option<u64> {
        self.skipped_len
    }
}

impl fmt::Display for FrameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SETTINGS: &str = "(Config::max_frame_len, Frames::with_max_len)";
        let max_len = self.max_len;
        match self.skipped_len {
            None => {
                write!(f, "frame too long: no delimiter within {max_len} bytes, or a larger count {SETTINGS}")
            }
            Some(len) => write!(f, "frame too long: {len} bytes were skipped, {max_len} are allowed {SETTINGS}"),
        }
    }
}

impl core::error::Error for FrameTooLong {}

impl From<FrameTooLong> for crate::error::Error {
    fn from(error: FrameTooLong) -> Self {
        Self::FrameTooLong(error.into())
    }
}

#[cfg(feature = "std")]
impl From<FrameTooLong> for std::io::Error {
    fn from(error: FrameTooLong) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
