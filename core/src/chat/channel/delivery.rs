//! The events that a chat delivers.

use super::Channel;
use crate::framing::{Event, Input, Span, Step};
use crate::invariant::difference;

impl Channel {
    /// The frames in a row that may end without a byte of input between them, after each of which the handler asks for
    /// another [`Count(0)`](crate::framing::Terminator::Count). More than any protocol needs; a thousand events take
    /// less than a millisecond.
    pub(super) const MAX_EMPTY_FRAMES: u32 = 1024;

    /// Returns whether something has changed that the loop which delivers events has to look at.
    #[inline(always)]
    pub(crate) fn needs_attention(&self) -> bool {
        self.needs_attention
    }

    /// Returns whether the input that was read and not delivered is to be dropped, and clears the request.
    pub(crate) fn take_discards_input(&mut self) -> bool {
        self.needs_attention = self.is_closing() || self.is_spinning() || self.is_paused;
        core::mem::take(&mut self.discards_input)
    }

    /// Drops the first `len` bytes of the input. An LF at its beginning may belong to the last line end.
    pub(crate) fn drop_input(&mut self, input: &mut Input<'_>, len: usize) {
        let is_lf = len > 0 && self.take_lf_of_line_end(input);
        input.take(len.saturating_sub(is_lf.into()));
    }

    /// Returns input that was not delivered, without an LF that belongs to the last line end (F14).
    pub(crate) fn without_lf<'i>(&mut self, left_over: &'i [u8]) -> &'i [u8] {
        let mut input = Input::new(left_over);
        self.take_lf_of_line_end(&mut input);
        input.remaining()
    }

    /// Takes the LF at the beginning of the input that belongs to the last line end (F14). Returns whether there was one.
    fn take_lf_of_line_end(&mut self, input: &mut Input<'_>) -> bool {
        !input.is_empty() && self.framer.awaits_lf() && self.framer.take_lf(input)
    }

    /// Returns whether the next event needs no further input, since the terminator was changed.
    pub(crate) fn has_event_without_input(&self) -> bool {
        self.framer.has_event_without_input()
    }

    /// Returns whether the handler keeps asking for frames that have no byte.
    pub(crate) fn is_spinning(&self) -> bool {
        self.empty_frames > Self::MAX_EMPTY_FRAMES
    }

    /// Notes that the next input has this many bytes that no earlier one had.
    pub(crate) fn input_arrived(&mut self, len: usize) {
        self.empty_frames = 0;
        self.received = self.received.saturating_add(len as u64);
    }

    pub(super) fn drop_buffers(&mut self) {
        self.needs_attention = true;
        self.framer.drop_held();
        self.queue.discard();
    }

    /// Returns the next event for the handler, within the limit on frames, if the fast path of the framer has it.
    // Inlined into the loop of `State::deliver`: a line of 8 bytes costs a chat 146 instructions, and 195 otherwise.
    #[inline(always)]
    pub(crate) fn next_event_fast<'i>(&mut self, input: &mut Input<'i>) -> Option<Event<'i>> {
        if self.limit.is_skipping() {
            return None;
        }
        if let Some(event) = self.framer.next_event_fast(input, self.limit.room()) {
            match event {
                Event::Data(data) => self.limit.add(data.len()),
                Event::Terminator => self.end_frame(),
            }
            return Some(event);
        }
        let event = self.framer.next_count_event_fast(input)?;
        if event == Event::Terminator {
            self.end_frame();
            self.count_empty_frame(input.remaining_len());
        }
        Some(event)
    }

    /// Returns the next step for the handler, within the limit on frames. Skips what is left of a frame that was too
    /// long, up to its end: [`take_skipped`](Self::take_skipped).
    #[inline(never)]
    pub(crate) fn next_step(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let whole = input.remaining_len();
        loop {
            let passed = difference(whole, input.remaining_len());
            let delimited = self.is_delimited();
            let skipped = self.limit.is_skipping().then(|| self.limit.skipped_len());
            let limit = if delimited { self.limit.room() } else { usize::MAX };
            let step = self.framer.next_step(input, limit)?;
            self.observe(step, delimited);
            if matches!(step, Step::Terminator) && !delimited {
                self.count_empty_frame(input.remaining_len());
            }
            match step {
                Step::Terminator => self.skipped = skipped,
                Step::Data(_) if skipped.is_some() => continue,
                // While a frame is skipped, no limit holds.
                Step::Data(_) | Step::TooLong => {}
            }
            return Some(step.behind(passed));
        }
    }

    /// Returns the whole length of the frame that has ended with the last step, in bytes of data, if it was too long.
    pub(crate) fn take_skipped(&mut self) -> Option<u64> {
        self.skipped.take()
    }

    #[inline(always)]
    pub(super) fn end_frame(&mut self) {
        self.limit.end_frame();
        self.completed |= self.last_completed;
        self.last_completed = true;
        self.frame_expected = false;
    }

    /// Notes that a count has ended its frame, which takes no byte, with this much input left.
    #[inline(always)]
    pub(super) fn count_empty_frame(&mut self, left: usize) {
        let is_same = left == self.empty_frame_at;
        self.empty_frame_at = left;
        self.empty_frames = if is_same { self.empty_frames.saturating_add(1) } else { 1 };
        self.needs_attention |= self.is_spinning();
    }

    /// Notes a step that was taken, under a delimiter or not.
    #[inline]
    pub(super) fn observe(&mut self, step: Step, delimited: bool) {
        match step {
            Step::Terminator => self.end_frame(),
            Step::TooLong => drop(self.limit.exceed()),
            Step::Data(Span::Input { len, .. } | Span::Held { len, .. }) if delimited => self.limit.add(len),
            Step::Data(_) => {}
        }
    }

    /// Returns whether a request was completed, or skipped, since the last call.
    pub(crate) fn take_completed(&mut self) -> bool {
        core::mem::take(&mut self.completed) | core::mem::take(&mut self.last_completed)
    }

    /// Returns the next step in the bytes that were held at the end of the stream, which now are data, within the limit
    /// on frames.
    pub(crate) fn next_step_at_eof(&mut self) -> Option<Step> {
        let skipped = self.limit.is_skipping();
        let step = self.framer.take_held(self.limit.room())?;
        // Only delimiters hold bytes back.
        self.observe(step, true);
        (!skipped).then_some(step)
    }

    pub(super) fn is_delimited(&self) -> bool {
        self.framer.terminator().is_delimited()
    }
}
