use crate::framing::scan::{Key, Memo, last};

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
    left: usize,
    /// All of them, and where the next delimiters are, as far as that is known.
    memo: Memo<'i>,
}

impl<'i> Input<'i> {
    /// A cursor at the first of these bytes.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { left: bytes.len(), memo: Memo::new(bytes) }
    }

    /// The bytes that no framer has taken yet.
    #[inline]
    pub fn remaining(&self) -> &'i [u8] {
        last(self.memo.whole(), self.left).unwrap_or_default()
    }

    /// Whether all bytes have been taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// How many bytes no framer has taken yet.
    #[inline(always)]
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Goes on, or back, to where so many bytes are left.
    #[inline(always)]
    pub(crate) fn go_to(&mut self, left: usize) {
        self.left = left;
    }

    /// How many bytes are left at the next delimiter, if that has one or two bytes and this key. If more than `limit` bytes
    /// are left, nothing is said of a delimiter that is far away: what it costs to look again and again is then in proportion
    /// to what is taken, whatever delimiters are set meanwhile.
    #[inline(always)]
    pub(crate) fn find_quickly(&mut self, key: Key, limit: usize) -> Option<usize> {
        match self.memo.next(key, self.left) {
            Some(next) => Some(next),
            None if key == Key::NONE => None,
            None if self.left > limit => self.memo.advance_near(key, self.left),
            None => self.memo.advance(key, self.left),
        }
    }

    /// Takes bytes until so many are left; nothing, if there are fewer.
    #[inline(always)]
    pub(crate) fn take_until(&mut self, left: usize) -> Option<&'i [u8]> {
        let taken = last(self.memo.whole(), self.left)?.get(..self.left.checked_sub(left)?)?;
        self.left = left;
        Some(taken)
    }

    /// Takes the bytes of the delimiter that was found where so many were left.
    #[inline(always)]
    pub(crate) fn take_delimiter(&mut self, key: Key, next: usize) {
        // All of it is in the input.
        self.left = next.wrapping_sub(key.len());
        self.memo.pass();
    }

    /// Where the next delimiter begins, of at most sixteen bytes: how many bytes from here.
    pub(crate) fn find(&mut self, key: Key, delimiter: &[u8]) -> Option<usize> {
        self.memo.find(key, delimiter, self.remaining())
    }

    /// Takes the first `len` bytes, or all if there are fewer.
    #[inline(always)]
    pub(crate) fn take(&mut self, len: usize) -> &'i [u8] {
        let rest = self.remaining();
        let taken = rest.get(..len).unwrap_or(rest);
        self.left = self.left.saturating_sub(len);
        taken
    }
}
