//! Frames that come in parts, that are too long, or that are streamed.

use alloc::vec::Vec;

use super::Frames;
use super::buffer::{append, release};
use crate::framing::event::Event;
use crate::framing::input::Input;
use crate::framing::limit::FrameTooLong;
use crate::framing::span::{Span, Step};
use crate::invariant::{difference, range, sum};

impl Frames {
    /// Finds the next frame.
    pub(crate) fn find_frame(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        let found = self.search_frame(input);
        self.refresh();
        found
    }

    fn search_frame(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        self.forget_returned();
        let whole = input.remaining();
        // The part of the frame in this input. It is copied only when the frame does not end here, so a frame that lies
        // whole in one input is lent from it and never copied.
        let (mut from, mut len) = (0, 0);
        loop {
            let unread = input.remaining();
            let skipping = self.limit.is_skipping();
            match self.framer.next_step(input, self.limit.room()) {
                Some(Step::Terminator) => {
                    self.limit.end_frame();
                    if skipping {
                        continue;
                    }
                    if self.buffer.is_empty() {
                        return Some(Ok(Span::Input { from, len }));
                    }
                    self.append(range(whole, from, len));
                    return Some(Ok(Span::Buffered));
                }
                Some(Step::TooLong) => {
                    self.buffer = Vec::new();
                    return Some(Err(self.limit.exceed()));
                }
                Some(Step::Data(_)) if skipping => {}
                Some(Step::Data(Span::Input { len: here, .. })) if self.limit.len() == 0 => {
                    self.limit.add(here);
                    (from, len) = (difference(whole.len(), unread.len()), here);
                }
                Some(Step::Data(span)) => {
                    self.append(range(whole, from, len));
                    let data = self.framer.bytes(span, unread);
                    self.limit.add(data.len());
                    append(&mut self.buffer, data, self.limit.max_len());
                    (from, len) = (0, 0);
                }
                None => {
                    self.append(range(whole, from, len));
                    release(&mut self.buffer);
                    return None;
                }
            }
        }
    }

    fn append(&mut self, data: &[u8]) {
        append(&mut self.buffer, data, self.limit.max_len());
    }

    /// Finds the next event. The buffered part of a frame comes first.
    pub(crate) fn find_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let found = self.search_event(input);
        self.refresh();
        found
    }

    fn search_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        self.forget_returned();
        if !self.buffer.is_empty() {
            self.limit.end_frame();
            return Some(Step::Data(Span::Buffered));
        }
        let whole = input.remaining_len();
        loop {
            let skipped = difference(whole, input.remaining_len());
            let Some(step) = self.framer.next_step(input, usize::MAX) else {
                release(&mut self.buffer);
                return None;
            };
            if !self.limit.is_skipping() {
                return Some(step.behind(skipped));
            }
            if matches!(step, Step::Terminator) {
                self.limit.end_frame();
            }
        }
    }

    /// Returns the bytes of a span just found, where `unread` is what the input had before the call.
    pub(crate) fn bytes<'e, 'i: 'e>(&'e self, span: Span, unread: &'i [u8]) -> &'e [u8] {
        match span {
            Span::Buffered => &self.buffer,
            span => self.framer.bytes(span, unread),
        }
    }

    /// Returns the event of a step just found, where `unread` is what the input had before the call.
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        match step {
            Step::Data(span) => Event::Data(self.bytes(span, unread)),
            step => self.framer.event(step, unread),
        }
    }

    /// Returns how many bytes were taken and not returned.
    pub(crate) fn unread(&self) -> usize {
        sum(self.limit.len(), self.framer.held())
    }

    /// Returns whether part of a frame has come and its end has not.
    pub(crate) fn is_mid_frame(&self) -> bool {
        self.framer.is_mid_frame()
    }
}
