//! What comes next, where that can be told without the matcher, or in fewer steps than it takes: at the speed of the scan.

use super::Framer;
use crate::framing::event::Event;
use crate::framing::input::Input;
use crate::framing::matcher::Found;
use crate::framing::search::CacheKey;
use crate::framing::step::Step;
use crate::framing::terminator::Terminator;

impl Framer {
    /// The next event, where more than the next delimiter matters. Kept out of line, so that the rest is small enough to be
    /// in line. (That it does not come back in registers keeps the loop around the rest straight: it is measured.)
    #[inline(never)]
    pub(super) fn next_event_slow<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        let unread = input.remaining();
        if let Some(step) = self.next_step_of_count(input) {
            return Some(self.event(step, unread));
        }
        self.next_event_search_slow(input)
    }

    /// The same where no count has one.
    #[inline(never)]
    fn next_event_search_slow<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        if self.fast_key != CacheKey::NONE {
            return self.take_all_as_data(input).map(Event::Data);
        }
        if input.is_empty() && self.held_bytes.is_spent() {
            return None;
        }
        let unread = input.remaining();
        let step = self.find_step(input);
        self.refresh();
        Some(self.event(step?, unread))
    }

    /// Takes all of the input, in which the terminator has been looked for quickly and does not occur: the data in it.
    pub(super) fn take_all_as_data<'i>(&mut self, input: &mut Input<'i>) -> Option<&'i [u8]> {
        let rest = input.take_until(0)?;
        if rest.is_empty() {
            return None;
        }
        let held = self.matcher.hold(rest);
        if held > 0 {
            self.fast_key = CacheKey::NONE;
        }
        rest.get(..rest.len().wrapping_sub(held)).filter(|data| !data.is_empty())
    }

    /// The next step if it can be found quickly, and is no more than `limit` bytes of data.
    #[inline(always)]
    pub(crate) fn next_step_fast(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        let next = input.find_fast(self.fast_key, limit)?;
        let len = input.remaining_len().checked_sub(next).filter(|&len| len <= limit)?;
        if len == 0 {
            self.consume_delimiter(input, next);
            return Some(Step::Terminator);
        }
        input.seek(next);
        self.matcher.mid_frame = true;
        Some(Step::Input { len })
    }

    /// The rest of the frame, less than `limit` bytes of it, if its end can be found quickly.
    #[inline(always)]
    pub(crate) fn take_frame<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<&'i [u8]> {
        let next = input.find_fast(self.fast_key, limit)?;
        if input.remaining_len().wrapping_sub(next) >= limit {
            return None;
        }
        let data = input.take_until(next)?;
        self.consume_delimiter(input, next);
        Some(data)
    }

    /// Takes the rest of a counted frame, if all of it is here and it has less than `limit` bytes.
    #[inline(always)]
    pub(crate) fn take_counted_frame<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<&'i [u8]> {
        let Terminator::Count(count) = *self.matcher.terminator() else { return None };
        let len = usize::try_from(count).ok().filter(|&len| len < limit)?;
        if !self.held_bytes.is_spent() {
            return None;
        }
        let data = input.take_until(input.remaining_len().checked_sub(len)?)?;
        // All of it is there: its data, and then its end.
        self.matcher.replace_terminator(Terminator::None);
        self.matcher.end_frame(0);
        Some(data)
    }

    /// The rest of the frame, if its end is in the input, and that has fewer than `limit` bytes: so many would have to be
    /// searched again if the end were farther.
    #[inline(never)]
    pub(crate) fn take_frame_slow<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<&'i [u8]> {
        // What can be found quickly has been looked for.
        if self.fast_key != CacheKey::NONE || input.remaining_len() >= limit || self.held() > 0 {
            return None;
        }
        self.matcher.take_frame(input)
    }

    /// The next step of a count, unless it is another terminator or there is something to look at before the input.
    #[inline(always)]
    pub(crate) fn next_step_of_count(&mut self, input: &mut Input<'_>) -> Option<Step> {
        if !self.held_bytes.is_spent() {
            return None;
        }
        let taken = self.matcher.count(input.remaining_len())?;
        input.seek(input.remaining_len().wrapping_sub(taken.bytes));
        match taken.found {
            Found::Terminator => Some(Step::Terminator),
            _ if taken.bytes == 0 => None,
            _ => Some(Step::Input { len: taken.bytes }),
        }
    }

    /// Takes the delimiter that was found quickly.
    #[inline(always)]
    pub(super) fn consume_delimiter(&mut self, input: &mut Input<'_>, next: usize) {
        input.take_delimiter(self.fast_key, next);
        self.matcher.end_frame(0);
    }
}
