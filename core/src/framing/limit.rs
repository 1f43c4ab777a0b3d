use core::fmt;

/// A frame had more bytes of data than were allowed: the peer's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTooLong {
    max_len: usize,
}

impl FrameTooLong {
    pub(crate) fn new(max_len: usize) -> Self {
        Self { max_len }
    }

    /// The most bytes that the frame might have had.
    pub fn max_len(&self) -> usize {
        self.max_len
    }
}

impl fmt::Display for FrameTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the peer sent a frame of more than {} bytes", self.max_len)
    }
}

impl core::error::Error for FrameTooLong {}

#[cfg(feature = "std")]
impl From<FrameTooLong> for std::io::Error {
    fn from(error: FrameTooLong) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}
