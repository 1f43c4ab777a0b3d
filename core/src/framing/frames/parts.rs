//! Frames that come in parts, that are too long, or that are streamed.

use alloc::vec::Vec;

use bytes::Bytes;

use super::Frames;
use super::buffer::{append, release};
use crate::framing::event::Event;
use crate::framing::input::Input;
use crate::framing::limit::FrameTooLong;
use crate::framing::search::{FromEnd, SearchCache};
use crate::framing::span::{Span, Step};
use crate::framing::terminator::Terminator;
use crate::invariant::{difference, range, sum};

impl Frames {
    /// The next event if the cache decides it after a search, and the cursor behind it.
    #[inline(always)]
    pub(crate) fn take_searched_event(&mut self, cache: &mut SearchCache, unread: &[u8]) -> Option<(Step, FromEnd)> {
        if self.fast_below == 0 { None } else { self.framer.take_searched_event(cache, unread) }
    }

    /// Finds the next frame: [`next_frame`](Self::next_frame) by its span.
    #[inline]
    pub(crate) fn find_frame(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        let limit = self.fast_below;
        let whole = self.framer.take_frame(input, limit);
        let whole = whole.or_else(|| self.framer.take_counted_frame(input, limit));
        match whole.or_else(|| self.framer.take_frame_slow(input, limit)) {
            Some(frame) => Some(Ok(Span::Input { from: 0, len: frame.len() })),
            None => self.find_frame_slow(input),
        }
    }

    /// The next frame if a search before has found its end, and the cursor behind it.
    #[inline(always)]
    pub(crate) fn take_known_frame(&mut self, cache: &mut SearchCache, at: FromEnd) -> Option<(Step, FromEnd)> {
        self.framer.take_known_frame(cache, at, self.fast_below)
    }

    /// The next frame if the cache decides it after a search, and the cursor behind it.
    #[inline(always)]
    pub(crate) fn take_searched_frame(&mut self, cache: &mut SearchCache, unread: &[u8]) -> Option<(Step, FromEnd)> {
        self.framer.take_searched_frame(cache, unread, self.fast_below)
    }

    /// The next event if a search before has found it, and the cursor behind it.
    #[inline(always)]
    pub(crate) fn take_known_event(&mut self, cache: &mut SearchCache, at: FromEnd) -> Option<(Step, FromEnd)> {
        // 0 while part of a frame is buffered, or the rest of one is skipped.
        if self.fast_below == 0 { None } else { self.framer.take_known_event(cache, at) }
    }

    /// [`find_frame`](Self::find_frame) for a frame that has parts elsewhere, is too long or is skipped.
    pub(super) fn find_frame_slow(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        let found = self.search_frame(input);
        self.refresh();
        found
    }

    fn search_frame(&mut self, input: &mut Input<'_>) -> Option<Result<Span, FrameTooLong>> {
        self.forget_returned();
        if let Some(refused) = self.refuse_count() {
            // An LF of the line end before is no byte of the count (F14).
            if self.framer.awaits_lf() && !input.is_empty() {
                self.framer.take_lf(input);
            }
            return Some(Err(refused));
        }
        let whole = input.remaining();
        // The part of the frame in this input. It is copied only when the frame does not end here, so a frame that lies
        // whole in one input is lent from it and never copied.
        let (mut from, mut len) = (0, 0);
        loop {
            let unread = input.remaining();
            let skipping = self.limit.is_skipping();
            match self.framer.next_step(input, self.limit.room()) {
                Some(Step::Terminator) => {
                    let skipped = self.skipped_count();
                    self.limit.end_frame();
                    if let Some(skipped) = skipped {
                        return Some(Err(skipped));
                    }
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
                    // Kept until the next call, to be looked at (L8).
                    self.append(range(whole, from, len));
                    return Some(Err(self.limit.exceed()));
                }
                Some(Step::Data(span)) if skipping => self.limit.add(span.len()),
                Some(Step::Data(Span::Input { from: behind, len: here })) if self.limit.len() == 0 => {
                    self.limit.add(here);
                    (from, len) = (sum(difference(whole.len(), unread.len()), behind), here);
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

    /// Refuses a count above the limit, before a byte of it has come (L7).
    fn refuse_count(&mut self) -> Option<FrameTooLong> {
        let &Terminator::Count(missing) = self.framer.terminator() else { return None };
        let is_refused = !self.limit.is_skipping() && missing > self.limit.room() as u64;
        is_refused.then(|| self.limit.exceed())
    }

    /// Returns whether a count was refused and none of its bytes was taken since: it can still be received.
    pub(super) fn is_count_refused(&self) -> bool {
        self.limit.is_refused() && matches!(self.framer.terminator(), Terminator::Count(_))
    }

    /// Returns the error that reports the end of a count that was too long: no terminator is set behind it, so that
    /// there is no next frame to go on with. `None` if another frame has ended.
    fn skipped_count(&self) -> Option<FrameTooLong> {
        (self.limit.is_too_long() && matches!(self.framer.terminator(), Terminator::None))
            .then(|| FrameTooLong::skipped(self.limit.max_len(), self.limit.skipped_len()))
    }

    /// Skips the present frame: [`skip_frame`](Self::skip_frame).
    pub(super) fn search_skipped(&mut self, input: &mut Input<'_>) -> Option<u64> {
        self.limit.skip();
        self.buffer = Vec::new();
        loop {
            match self.framer.next_step(input, usize::MAX)? {
                Step::Terminator => {
                    let len = self.limit.skipped_len();
                    self.limit.end_frame();
                    return Some(len);
                }
                Step::Data(span) => self.limit.add(span.len()),
                Step::TooLong => {
                    debug_assert!(false, "there is no limit");
                    return None;
                }
            }
        }
    }

    /// Drops all of the input: [`discard_input`](Self::discard_input).
    pub(super) fn drop_input(&mut self, input: &mut Input<'_>) {
        self.buffer = Vec::new();
        while !input.is_empty() || self.framer.held() > 0 {
            match self.framer.next_step(input, usize::MAX) {
                Some(Step::Data(span)) => {
                    self.limit.skip();
                    self.limit.add(span.len());
                }
                Some(Step::Terminator) => self.limit.end_frame(),
                Some(Step::TooLong) | None => break,
            }
        }
        if matches!(self.framer.terminator(), Terminator::None) {
            // Bytes that nothing ends belong to no frame, and those before them are dropped.
            self.framer.forget_frame();
            self.limit.end_frame();
        } else if self.limit.len() > 0 || self.framer.is_mid_frame() {
            self.limit.skip();
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
        if self.is_count_refused() {
            // No byte of the count was dropped, so it can still be streamed.
            self.limit.end_frame();
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
            match step {
                Step::Terminator => self.limit.end_frame(),
                Step::Data(span) => self.limit.add(span.len()),
                Step::TooLong => {}
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

    /// Takes the frame that came in parts, and was found: without a copy, unless its memory is much larger.
    pub(crate) fn take_buffered(&mut self) -> Bytes {
        if self.buffer.capacity() / 2 > self.buffer.len() {
            return Bytes::copy_from_slice(&self.buffer);
        }
        core::mem::take(&mut self.buffer).into()
    }

    /// Returns the event of a step just found, where `unread` is what the input had before the call.
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        match step {
            Step::Data(span) => Event::Data(self.bytes(span, unread)),
            step => self.framer.event(step, unread),
        }
    }

    /// Returns how many bytes of data the frame has had that is being skipped, or 0.
    pub(crate) fn skipped_len(&self) -> u64 {
        self.limit.skipped_len()
    }

    /// Returns whether an LF that comes next belongs to the line that has ended: [`Framer::awaits_lf`].
    ///
    /// [`Framer::awaits_lf`]: crate::framing::Framer
    pub(crate) fn awaits_lf(&self) -> bool {
        self.framer.awaits_lf()
    }

    /// Returns how many bytes were taken and not returned.
    pub(crate) fn unread(&self) -> usize {
        sum(self.limit.len(), self.framer.held())
    }
}
