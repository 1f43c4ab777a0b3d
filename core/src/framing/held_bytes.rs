use crate::framing::delimiter_set::Prefix;
use crate::framing::terminator::Terminator;
use crate::invariant::{difference, range, sum};

/// The bytes that have been taken and not emitted, because they may be, or were, the beginning of a delimiter.
///
/// They equal the beginning of that delimiter, so a length stands for them: holding bytes copies and allocates nothing.
///
/// | `source` | the bytes are | what happens next |
/// |---|---|---|
/// | `None` | the beginning of the present delimiter | the next input decides whether it goes on |
/// | `Some` | the beginning of a delimiter of this earlier terminator | they are read again, under the present one |
/// | `UniversalNewline` | none: a CR, emitted as a line end | an LF that comes next is dropped |
///
/// Bytes are never held under the present terminator while bytes of an earlier one are unread, so one record is enough.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeldBytes {
    /// Without a byte if nothing is held.
    prefix: Prefix,
    /// The number of bytes of the prefix that have been emitted: never all of them, except for the CR of a line end.
    from: usize,
    /// Stays when the bytes have been emitted, until others are held: spans of them are looked up in it.
    source: Option<Terminator>,
}

impl HeldBytes {
    /// Bytes of an earlier terminator, or ones that are to be looked at apart from the framer.
    pub(crate) fn of(source: Terminator, prefix: Prefix, from: usize) -> Self {
        Self { prefix, from, source: Some(source) }
    }

    /// A CR has ended a line, and an LF may follow that belongs to it. No byte is held, and yet it
    /// [is not clear](Self::is_clear): so the fast paths, which ask just that, leave the next byte to the general one.
    pub(crate) fn awaiting_lf() -> Self {
        Self::of(Terminator::UniversalNewline, Prefix::of_single(1), 1)
    }

    /// Returns whether it is that.
    pub(crate) fn awaits_lf(&self) -> bool {
        !self.is_clear() && self.is_empty()
    }

    /// Returns whether no byte is held, and no LF awaited.
    #[inline(always)]
    pub(crate) fn is_clear(&self) -> bool {
        self.prefix.len == 0
    }

    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns whether there are bytes to be read again, or an LF is awaited: there may be an event without input.
    #[inline(always)]
    pub(crate) fn is_reread(&self) -> bool {
        self.source.is_some() && !self.is_clear()
    }

    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        difference(self.prefix.len, self.from)
    }

    pub(crate) fn prefix(&self) -> Prefix {
        self.prefix
    }

    pub(crate) fn from(&self) -> usize {
        self.from
    }

    /// The earlier terminator of which they are the beginning, if it is not the present one.
    #[inline(always)]
    pub(crate) fn source(&self) -> Option<&Terminator> {
        self.source.as_ref()
    }

    /// The bytes, which are of an earlier terminator.
    pub(crate) fn unread(&self) -> &[u8] {
        debug_assert!(self.source.is_some(), "bytes under the present terminator are not read again");
        self.source.as_ref().map_or(&[], |source| range(source.prefix(self.prefix), self.from, self.len()))
    }

    /// Holds this beginning of the present delimiter instead.
    #[inline(always)]
    pub(crate) fn hold(&mut self, prefix: Prefix) {
        (self.prefix, self.from) = (prefix, 0);
        // There is rarely one, and this check is cheaper than dropping it.
        if self.source.is_some() {
            self.source = None;
        }
    }

    /// Counts the first `len` of them as emitted.
    pub(crate) fn emit(&mut self, len: usize) {
        self.from = sum(self.from, len);
        if self.from >= self.prefix.len {
            (self.prefix, self.from) = (Prefix::NONE, 0);
        }
    }
}
