use crate::framing::search::{CacheKey, SearchCache, last};

/// A cursor over one chunk of input.
///
/// Bytes before the cursor have been taken by a framer; what [`remaining`](Input::remaining) returns has not. A framer
/// takes bytes it holds back, too: an input that is empty has been heard out, whatever the framer still holds.
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
#[derive(Debug, Clone)]
pub struct Input<'i> {
    /// How many bytes have not been taken: no more than there are.
    remaining_len: usize,
    /// All of them, and where the next delimiters are, as far as that is known.
    cache: SearchCache<'i>,
}

impl<'i> Input<'i> {
    /// A cursor at the first of these bytes.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { remaining_len: bytes.len(), cache: SearchCache::new(bytes) }
    }

    /// The bytes that no framer has taken yet.
    #[inline]
    pub fn remaining(&self) -> &'i [u8] {
        last(self.cache.haystack(), self.remaining_len).unwrap_or_default()
    }

    /// Whether all bytes have been taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.remaining_len == 0
    }

    /// How many bytes no framer has taken yet.
    #[inline(always)]
    pub(crate) fn remaining_len(&self) -> usize {
        self.remaining_len
    }

    /// Goes on, or back, to where so many bytes are remaining_len.
    #[inline(always)]
    pub(crate) fn seek(&mut self, remaining_len: usize) {
        self.remaining_len = remaining_len;
    }

    /// How many bytes are remaining_len at the next delimiter, if that has one or two bytes and this key. If more than `limit` bytes
    /// are remaining_len, nothing is said of a delimiter that is far away: what it costs to look again and again is then in proportion
    /// to what is taken, whatever delimiters are set meanwhile.
    #[inline(always)]
    pub(crate) fn find_fast(&mut self, key: CacheKey, limit: usize) -> Option<usize> {
        match self.cache.next(key, self.remaining_len) {
            Some(next) => Some(next),
            None if key == CacheKey::NONE => None,
            None if self.remaining_len > limit => self.cache.search_bounded(key, self.remaining_len),
            None => self.cache.search(key, self.remaining_len),
        }
    }

    /// Takes bytes until so many are remaining_len; nothing, if there are fewer.
    #[inline(always)]
    pub(crate) fn take_until(&mut self, remaining_len: usize) -> Option<&'i [u8]> {
        let taken =
            last(self.cache.haystack(), self.remaining_len)?.get(..self.remaining_len.checked_sub(remaining_len)?)?;
        self.remaining_len = remaining_len;
        Some(taken)
    }

    /// Takes the bytes of the delimiter that was found where so many were remaining_len.
    #[inline(always)]
    pub(crate) fn take_delimiter(&mut self, key: CacheKey, next: usize) {
        // All of it is in the input.
        self.remaining_len = next.wrapping_sub(key.len());
        self.cache.pass();
    }

    /// Where the next delimiter begins, of at most sixteen bytes: how many bytes from here.
    pub(crate) fn find(&mut self, key: CacheKey, delimiter: &[u8]) -> Option<usize> {
        self.cache.find(key, delimiter, self.remaining())
    }

    /// Takes the first `len` bytes, or all if there are fewer.
    #[inline(always)]
    pub(crate) fn take(&mut self, len: usize) -> &'i [u8] {
        let rest = self.remaining();
        let taken = rest.get(..len).unwrap_or(rest);
        self.remaining_len = self.remaining_len.saturating_sub(len);
        taken
    }
}
