use core::fmt;

use crate::framing::search::{CacheKey, FromEnd, Haystack, SearchCache, suffix};
use crate::invariant::{difference, tail};

/// A cursor over one chunk of input.
///
/// A framer has taken the bytes before the cursor; [`remaining`](Input::remaining) returns the others. A framer takes
/// the bytes that it holds back, too: an empty input is used up, whatever the framer still holds.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Event, Framer, Input};
///
/// let mut framer = Framer::new(b"\n");
/// let mut input = Input::new(b"one\ntwo");
/// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"one")));
/// assert_eq!(input.remaining(), b"\ntwo");
/// ```
#[derive(Clone)]
pub struct Input<'i> {
    /// The cursor, within the bytes.
    at: FromEnd,
    /// All of the bytes.
    haystack: Haystack<'i>,
    /// Where the next delimiters are, as far as that is known.
    cache: SearchCache,
}

impl<'i> Input<'i> {
    /// Creates a cursor at the first of these bytes.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self::resume(bytes, SearchCache::NONE)
    }

    /// Creates a cursor at the first of these bytes, for which the cache holds: it is of an input with the same end.
    #[inline(always)]
    pub(crate) fn resume(bytes: &'i [u8], cache: SearchCache) -> Self {
        Self { at: FromEnd::new(bytes.len()), haystack: Haystack::new(bytes, cache.key()), cache }
    }

    /// Returns what is known of the bytes.
    #[inline(always)]
    pub(crate) fn cache(&self) -> SearchCache {
        self.cache
    }

    /// Returns the bytes that no framer has taken yet.
    #[inline]
    pub fn remaining(&self) -> &'i [u8] {
        let bytes = self.haystack.bytes();
        tail(bytes, difference(bytes.len(), self.at.left()))
    }

    /// Returns whether all bytes have been taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.at.left() == 0
    }

    /// Returns the cursor.
    #[inline(always)]
    pub(crate) fn at(&self) -> FromEnd {
        self.at
    }

    /// Returns how many bytes no framer has taken yet.
    #[inline(always)]
    pub(crate) fn remaining_len(&self) -> usize {
        self.at.left()
    }

    /// Finds the next delimiter of one or two bytes that has this key: [`SearchCache::find_exact`].
    #[inline(always)]
    pub(crate) fn find_fast(&mut self, key: CacheKey, limit: usize) -> Option<FromEnd> {
        self.cache.find_exact(&mut self.haystack, key, self.at, limit)
    }

    /// Takes the bytes up to a position, or none if that is before the cursor.
    #[inline(always)]
    pub(crate) fn take_until(&mut self, end: FromEnd) -> Option<&'i [u8]> {
        let taken = self.remaining_until(end)?;
        self.at = end;
        Some(taken)
    }

    #[inline(always)]
    fn remaining_until(&self, end: FromEnd) -> Option<&'i [u8]> {
        suffix(self.haystack.bytes(), self.at.left())?.get(..self.at.checked_to(end)?)
    }

    /// Takes the delimiter that [`find_fast`](Self::find_fast) found, all of which is in the input.
    #[inline(always)]
    pub(crate) fn take_delimiter(&mut self, key: CacheKey, next: FromEnd) {
        self.at = next.skip(key.len());
        self.cache.drop_next();
    }

    /// Finds the next delimiter of at most sixteen bytes. Returns the distance from the cursor.
    pub(crate) fn find(&mut self, key: CacheKey, delimiter: &[u8]) -> Option<usize> {
        self.cache.find(&mut self.haystack, key, delimiter, self.at)
    }

    /// Takes the first `len` bytes, or all if there are fewer.
    #[inline(always)]
    pub(crate) fn take(&mut self, len: usize) -> &'i [u8] {
        let rest = self.remaining();
        let taken = rest.get(..len).unwrap_or(rest);
        self.at = FromEnd::new(difference(rest.len(), taken.len()));
        taken
    }
}

/// Shows lengths, and no byte (C20).
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input")
            .field("len", &self.haystack.bytes().len())
            .field("remaining", &self.remaining_len())
            .finish_non_exhaustive()
    }
}
