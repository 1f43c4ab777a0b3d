//! Frames that came in parts, and whatever else cannot be returned at once.

use alloc::vec::Vec;

use super::Frames;
use super::buffer::{append, release};
use crate::framing::event::Event;
use crate::framing::input::Input;
use crate::framing::limit::FrameTooLong;
use crate::framing::span::{Span, Step};
use crate::invariant::{difference, range};

impl Frames {
    /// The next frame, by where its bytes lie.
    pub(crate) fn find_frame(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        let found = self.search_frame(input);
        self.refresh();
        found
    }

    fn search_frame(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        self.forget_returned();
        let whole = input.remaining();
        // The part of the frame that lies in this input. It is copied only if the frame does not end here.
        let (mut from, mut len) = (0, 0);
        loop {
            let unread = input.remaining();
            let earlier = range(whole, from, len);
            let known = self.buffer.len().saturating_add(earlier.len());
            let limit = if self.skipping { usize::MAX } else { self.max_len.saturating_sub(known) };
            match self.framer.next_step(input, limit) {
                Some(Step::Terminator) if self.skipping => self.skipping = false,
                Some(Step::Terminator) if self.buffer.is_empty() => return Some(Ok(Span::Input { from, len })),
                Some(Step::Terminator) => {
                    append(&mut self.buffer, earlier, self.max_len);
                    self.returned = true;
                    return Some(Ok(Span::Buffered));
                }
                Some(Step::TooLong) => {
                    self.skipping = true;
                    self.buffer = Vec::new();
                    return Some(Err(FrameTooLong::new(self.max_len)));
                }
                Some(_) if self.skipping => {}
                Some(Step::Data(Span::Input { len: here, .. })) if known == 0 => {
                    (from, len) = (difference(whole.len(), unread.len()), here);
                }
                Some(Step::Data(span)) => {
                    append(&mut self.buffer, earlier, self.max_len);
                    append(&mut self.buffer, self.framer.bytes(span, unread), self.max_len);
                    (from, len) = (0, 0);
                }
                None => {
                    append(&mut self.buffer, earlier, self.max_len);
                    release(&mut self.buffer);
                    return None;
                }
            }
        }
    }

    /// The next event, by where its bytes lie, the buffered part of a frame included.
    pub(crate) fn find_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let found = self.search_event(input);
        self.refresh();
        found
    }

    fn search_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        self.forget_returned();
        if !self.buffer.is_empty() {
            self.returned = true;
            return Some(Step::Data(Span::Buffered));
        }
        let whole = input.remaining_len();
        loop {
            let skipped = difference(whole, input.remaining_len());
            let Some(step) = self.framer.next_step(input, usize::MAX) else {
                release(&mut self.buffer);
                return None;
            };
            if !self.skipping {
                return Some(step.behind(skipped));
            }
            self.skipping = !matches!(step, Step::Terminator);
        }
    }

    /// The bytes that were found, where `unread` is what the input had before.
    pub(crate) fn bytes<'e, 'i: 'e>(&'e self, span: Span, unread: &'i [u8]) -> &'e [u8] {
        match span {
            Span::Buffered => &self.buffer,
            span => self.framer.bytes(span, unread),
        }
    }

    /// The event that was found, where `unread` is what the input had before.
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        match step {
            Step::Data(span) => Event::Data(self.bytes(span, unread)),
            step => self.framer.event(step, unread),
        }
    }

    /// How many bytes have been taken and not been returned.
    pub(crate) fn unread(&self) -> usize {
        self.partial().saturating_add(self.framer.held())
    }

    /// Whether part of a frame has come and its end has not.
    pub(crate) fn is_mid_frame(&self) -> bool {
        self.framer.is_mid_frame()
    }
}
