//! Frames that came in parts, and whatever else cannot be returned at once.

use alloc::vec::Vec;

use super::Frames;
use super::buffer::{append, release};
use crate::framing::event::Event;
use crate::framing::input::Input;
use crate::framing::limit::FrameTooLong;
use crate::framing::place::{Found, Place};
use crate::framing::step::Step;

impl Frames {
    /// The next frame, by where it lies: what is found can be kept without keeping anything borrowed.
    pub(crate) fn find_frame(&mut self, input: &mut Input<'_>) -> Option<Place> {
        let place = self.search_frame(input);
        self.refresh();
        place
    }

    fn search_frame(&mut self, input: &mut Input<'_>) -> Option<Place> {
        self.forget_returned();
        let whole = input.remaining();
        // The part of the frame that lies in this input. It is copied only if the frame does not end here.
        let mut here = Place::Input { from: 0, len: 0 };
        loop {
            let unread = input.remaining();
            let earlier = here.within(whole);
            let known = self.buffer.len().saturating_add(earlier.len());
            let limit = if self.skipping { usize::MAX } else { self.max_len.saturating_sub(known) };
            let step = self.framer.next_step_fast(input, limit);
            match step.or_else(|| self.framer.next_step_within(input, limit)) {
                Some(Step::Terminator) if self.skipping => self.skipping = false,
                Some(Step::Terminator) if self.buffer.is_empty() => return Some(here),
                Some(Step::Terminator) => {
                    append(&mut self.buffer, earlier, self.max_len);
                    self.returned = true;
                    return Some(Place::Buffer);
                }
                Some(Step::TooLong) => {
                    self.skipping = true;
                    self.buffer = Vec::new();
                    return Some(Place::TooLong);
                }
                Some(_) if self.skipping => {}
                Some(Step::Input { len }) if known == 0 => {
                    here = Place::Input { from: whole.len().saturating_sub(unread.len()), len };
                }
                Some(step) => {
                    append(&mut self.buffer, earlier, self.max_len);
                    if let Event::Data(data) = self.framer.event(step, unread) {
                        append(&mut self.buffer, data, self.max_len);
                    }
                    here = Place::Input { from: 0, len: 0 };
                }
                None => {
                    append(&mut self.buffer, here.within(whole), self.max_len);
                    release(&mut self.buffer);
                    return None;
                }
            }
        }
    }

    /// The next event, by where its bytes lie, the buffered part of a frame and what is skipped included.
    pub(crate) fn find_event(&mut self, input: &mut Input<'_>) -> Option<Found> {
        let found = self.search_event(input);
        self.refresh();
        found
    }

    fn search_event(&mut self, input: &mut Input<'_>) -> Option<Found> {
        self.forget_returned();
        if !self.buffer.is_empty() {
            self.returned = true;
            return Some(Found::Buffered);
        }
        let Some(step) = self.framer.next_step(input) else {
            release(&mut self.buffer);
            return None;
        };
        if self.skipping {
            self.skipping = !matches!(step, Step::Terminator);
            return Some(Found::Skipped);
        }
        Some(Found::Step(step))
    }

    /// The frame that was found, where `unread` is what the input had before.
    pub(crate) fn frame<'e, 'i: 'e>(&'e self, place: Place, unread: &'i [u8]) -> Result<&'e [u8], FrameTooLong> {
        match place {
            Place::Input { .. } => Ok(place.within(unread)),
            Place::Buffer => Ok(&self.buffer),
            Place::TooLong => Err(FrameTooLong::new(self.max_len)),
        }
    }

    /// The event that was found in an input that had these bytes unread.
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        self.framer.event(step, unread)
    }

    /// The part of a frame that is in the buffer.
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.buffer
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
