use crate::scan::{Key, Memo};

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
    rest: &'i [u8],
    /// Where the next delimiters are, as far as that is known.
    memo: Memo,
}

impl<'i> Input<'i> {
    /// A cursor at the first of these bytes.
    #[inline]
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { rest: bytes, memo: Memo::EMPTY }
    }

    /// The bytes that no framer has taken yet.
    #[inline]
    pub fn remaining(&self) -> &'i [u8] {
        self.rest
    }

    /// Whether all bytes have been taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Goes back to where this was what remained.
    #[inline]
    pub(crate) fn rewind(&mut self, rest: &'i [u8]) {
        self.rest = rest;
    }

    /// Takes the data before the next delimiter, if it has one or two bytes and this key: none if it is next itself.
    #[inline(always)]
    pub(crate) fn take_data_quickly(&mut self, key: Key) -> Option<&'i [u8]> {
        let found = match self.memo.peek(key, self.rest.len()) {
            Some(found) => found,
            None if key == Key::NONE => return None,
            None => self.memo.advance(key, self.rest)?,
        };
        let (data, rest) = self.rest.split_at_checked(found)?;
        self.rest = rest;
        Some(data)
    }

    /// Takes the bytes of a delimiter that is next.
    #[inline(always)]
    pub(crate) fn take_delimiter(&mut self, key: Key) {
        if let Some((_, rest)) = self.rest.split_at_checked(key.len()) {
            self.rest = rest;
        }
    }

    /// Where the next delimiter begins, of at most sixteen bytes: how many bytes from here.
    pub(crate) fn find(&mut self, key: Key, delimiter: &[u8]) -> Option<usize> {
        self.memo.find(key, delimiter, self.rest)
    }

    /// Takes the first `len` bytes, or all if there are fewer.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'i [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }
}
