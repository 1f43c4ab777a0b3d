/// What the bits of a cache depend on: the first byte of a delimiter, its last, and its length. Whoever has a delimiter
/// with the same key may use the bits, whatever framer has remaining_len them. What is known beyond them is known of a delimiter,
/// and kept only if the key says all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CacheKey(u32);

impl CacheKey {
    /// Of no delimiter.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The key of a delimiter of at most sixteen bytes.
    #[inline]
    pub(crate) fn of(delimiter: &[u8]) -> Self {
        match (delimiter.first(), delimiter.last(), u8::try_from(delimiter.len())) {
            (Some(&first), Some(&last), Ok(len)) => Self(u32::from_le_bytes([first, last, len, 0])),
            _ => Self::NONE,
        }
    }

    /// The first byte of the delimiter and its last: all of it, if it has two; or one, and the second is the same.
    #[inline(always)]
    pub(crate) const fn ends(self) -> [u8; 2] {
        let [first, last, ..] = self.0.to_le_bytes();
        [first, last]
    }

    /// How many bytes the delimiter has.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        let [_, _, len, _] = self.0.to_le_bytes();
        len.into()
    }

    /// Whether the key says all of the delimiter, so that a bit is a match rather than a place to look at.
    #[inline(always)]
    pub(crate) fn is_exact(self) -> bool {
        self.len() <= 2
    }
}
