use crate::scan::Memo;

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
    pub(crate) memo: Memo,
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

    /// Goes back to where it was. The memo knows by itself where it holds.
    #[inline]
    pub(crate) fn rewind(&mut self, rest: &'i [u8]) {
        self.rest = rest;
    }

    /// Takes the first `len` bytes, or all if there are fewer.
    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> &'i [u8] {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }
}
