/// A position in an input, counted from its end: the number of bytes that are left there.
///
/// It means the same wherever the cursor is, and whether an input is seen from its first byte or from a later one. Of
/// two positions the larger is the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FromEnd(usize);

impl FromEnd {
    /// No position: before every one.
    pub(crate) const NONE: Self = Self(usize::MAX);

    /// The position at which this many bytes are left.
    #[inline(always)]
    pub(crate) const fn new(left: usize) -> Self {
        Self(left)
    }

    /// The number of bytes that are left.
    #[inline(always)]
    pub(crate) const fn left(self) -> usize {
        self.0
    }

    /// The position `len` bytes further on. The caller has made sure that there are that many.
    #[inline(always)]
    pub(crate) const fn skip(self, len: usize) -> Self {
        debug_assert!(len <= self.0);
        Self(self.0.wrapping_sub(len))
    }

    /// The number of bytes to a position that is not before this one.
    #[inline(always)]
    pub(crate) const fn to(self, later: Self) -> usize {
        debug_assert!(later.0 <= self.0);
        self.0.wrapping_sub(later.0)
    }

    /// The same, or `None` for an earlier position.
    #[inline(always)]
    pub(crate) fn checked_to(self, later: Self) -> Option<usize> {
        self.0.checked_sub(later.0)
    }
}
