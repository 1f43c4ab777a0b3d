/// The part of a delimiter that the bits of a [`SearchCache`](super::SearchCache) depend on: its first byte, its last, and
/// its length.
///
/// Every delimiter with the same key may use the bits, under whatever framer they were found. What the cache knows
/// beyond them is about one delimiter, and is kept only if the key [is exact](Self::is_exact).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheKey(u32);

impl CacheKey {
    /// The key of no delimiter.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The key of a line end: CR or LF. It is a delimiter of one byte, which is either of the two ends.
    pub(crate) const NEWLINE: Self = Self(u32::from_le_bytes([b'\r', b'\n', 1, 1]));

    /// Returns the key of a delimiter of at most sixteen bytes.
    #[inline]
    pub(crate) fn of(delimiter: &[u8]) -> Self {
        match (delimiter.first(), delimiter.last(), u8::try_from(delimiter.len())) {
            (Some(&first), Some(&last), Ok(len)) => Self(u32::from_le_bytes([first, last, len, 0])),
            _ => Self::NONE,
        }
    }

    /// The first byte of the delimiter and its last, which are the same if it has one byte.
    #[inline(always)]
    pub(crate) const fn ends(self) -> [u8; 2] {
        let [first, last, ..] = self.0.to_le_bytes();
        [first, last]
    }

    /// The length of the delimiter.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        let [_, _, len, _] = self.0.to_le_bytes();
        len.into()
    }

    /// Returns whether it is [`NEWLINE`](Self::NEWLINE).
    #[inline(always)]
    pub(crate) const fn is_newline(self) -> bool {
        self.0 == Self::NEWLINE.0
    }

    /// Returns whether the key determines the delimiter, so that a bit is a match and not a candidate.
    #[inline(always)]
    pub(crate) fn is_exact(self) -> bool {
        self.len() <= 2
    }
}
