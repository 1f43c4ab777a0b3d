//! The bytes that are held back: the only code that changes them, and keeps `fast_key` true to them.

use super::{Framer, fast_key};
use crate::framing::delimiter_set::Prefix;
use crate::framing::event::Event;
use crate::framing::held_bytes::HeldBytes;
use crate::framing::input::Input;
use crate::framing::search::CacheKey;
use crate::framing::span::{Span, Step};
use crate::framing::terminator::Terminator;
use crate::invariant::range;

impl Framer {
    /// Holds this beginning of the present delimiter, unless it is empty. Nothing is held, or an earlier such
    /// beginning. Returns its length.
    #[inline(always)]
    pub(super) fn hold(&mut self, prefix: Prefix) -> usize {
        if prefix.len > 0 {
            self.held.hold(prefix);
            self.fast_key = CacheKey::NONE;
        }
        prefix.len
    }

    /// Holds this beginning of the present delimiter instead of an earlier one, or nothing if it is empty.
    #[inline(always)]
    pub(super) fn hold_instead(&mut self, prefix: Prefix) {
        if self.hold(prefix) == 0 {
            self.clear_held();
        }
    }

    /// Marks the held bytes, which are the beginning of a delimiter of this terminator, to be read again.
    pub(super) fn reread_held(&mut self, source: Terminator) {
        self.held = HeldBytes::of(source, self.held.prefix(), self.held.from());
    }

    /// Puts back held bytes that were taken out. There are some.
    pub(super) fn restore_held(&mut self, held: HeldBytes) {
        self.held = held;
        self.fast_key = CacheKey::NONE;
    }

    /// Counts held bytes as emitted.
    pub(super) fn emit_held(&mut self, len: usize) {
        self.held.emit(len);
        if self.held.is_clear() {
            self.fast_key = fast_key(&self.terminator);
        }
    }

    /// Drops the bytes that are held back. The frame they belonged to goes on. An LF that belongs to the last line end is
    /// still dropped when it comes.
    pub(crate) fn drop_held(&mut self) {
        if !self.held.awaits_lf() {
            self.clear_held();
        }
    }

    /// Forgets everything that is held.
    pub(super) fn clear_held(&mut self) {
        self.emit_held(self.held.len());
    }

    /// Notes that a CR has ended a line, and was the last byte of the input: an LF that follows belongs to it (F14).
    pub(super) fn await_lf(&mut self) {
        self.held = HeldBytes::awaiting_lf();
        self.fast_key = CacheKey::NONE;
    }

    /// Returns whether an LF that comes next belongs to the line that has ended.
    pub(crate) fn awaits_lf(&self) -> bool {
        self.held.awaits_lf()
    }

    /// Takes an LF that belongs to the line that has ended, if it comes next. Returns whether it did. There is input.
    pub(crate) fn take_lf(&mut self, input: &mut Input<'_>) -> bool {
        debug_assert!(self.held.awaits_lf() && !input.is_empty());
        self.clear_held();
        let follows = input.remaining().first() == Some(&b'\n');
        if follows {
            input.take(1);
        }
        follows
    }

    /// Returns the event of a step just found, where `unread` is what the input had before it.
    #[inline]
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        match step {
            Step::Data(span) => Event::Data(self.bytes(span, unread)),
            Step::Terminator => Event::Terminator,
            Step::TooLong => {
                debug_assert!(false, "events have no limit");
                Event::Terminator
            }
        }
    }

    /// Returns the bytes of a span just found, where `unread` is what the input had before it.
    #[inline]
    pub(crate) fn bytes<'e, 'i: 'e>(&'e self, span: Span, unread: &'i [u8]) -> &'e [u8] {
        match span {
            Span::Held { prefix, from, len } => self.held_bytes(prefix, from, len),
            span => span.within(unread),
        }
    }

    pub(super) fn held_bytes(&self, prefix: Prefix, from: usize, len: usize) -> &[u8] {
        range(self.held_source().prefix(prefix), from, len)
    }

    /// Copies a span of held bytes out of the framer, which may then be changed. Costs a clone of the terminator:
    /// nothing, or a reference count.
    pub(crate) fn detach(&self, prefix: Prefix, from: usize, len: usize) -> HeldBytes {
        HeldBytes::of(self.held_source().clone(), prefix.shortened(from, len), from)
    }

    fn held_source(&self) -> &Terminator {
        self.held.source().unwrap_or(&self.terminator)
    }
}
