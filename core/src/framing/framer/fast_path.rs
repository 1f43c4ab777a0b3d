//! The fast path: the next event when the search cache alone decides it, and other short cuts.
//!
//! Each of them earns its place by the instructions that it saves: to remove one costs 12 to 246 % in some row of
//! `core/benches/instructions.sh`. Run that before and after a change here.

use super::Framer;
use super::find::FrameEnd;
use crate::framing::event::Event;
use crate::framing::input::Input;
use crate::framing::search::{CacheKey, FromEnd, Haystack, SearchCache};
use crate::framing::span::{Span, Step};
use crate::framing::terminator::Terminator;
use crate::invariant::{difference, head};

impl Framer {
    /// [`next_event`](Self::next_event), where the search cache alone does not decide. Out of line, so that the rest is
    /// small enough to be inlined. (It returns its result in memory, not in registers, which is measured to be better
    /// for the caller's loop.)
    #[inline(never)]
    pub(super) fn next_event_slow<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        if let Some(event) = self.next_count_event_fast(input) {
            return Some(event);
        }
        self.next_event_search_slow(input)
    }

    /// The same, where the terminator is no count.
    #[inline(never)]
    fn next_event_search_slow<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        if input.is_empty() && !self.held.is_reread() {
            return None;
        }
        if self.fast_key != CacheKey::NONE {
            return self.take_all_as_data(input).map(Event::Data);
        }
        let unread = input.remaining();
        let step = self.next_step_slow(input, usize::MAX)?;
        Some(self.event(step, unread))
    }

    /// Takes all of the input, in which the fast path has found no delimiter, and returns the data in it. The general
    /// path does the same in 60 more instructions, and this is needed at the end of each input.
    #[inline(always)]
    fn take_all_as_data<'i>(&mut self, input: &mut Input<'i>) -> Option<&'i [u8]> {
        let rest = input.take_until(FromEnd::new(0))?;
        let prefix = self.tail(rest);
        let data = head(rest, difference(rest.len(), self.hold(prefix)));
        self.mid_frame |= !data.is_empty();
        (!data.is_empty()).then_some(data)
    }

    /// Returns the next step if the search cache decides it, and it is no more than `limit` bytes of data.
    #[inline(always)]
    pub(super) fn next_step_fast(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        Some(match self.next_event_fast(input, limit)? {
            Event::Data(data) => Step::Data(Span::Input { from: 0, len: data.len() }),
            Event::Terminator => Step::Terminator,
        })
    }

    /// Returns the next event if the search cache decides it, and it is no more than `limit` bytes of data.
    #[inline(always)]
    pub(crate) fn next_event_fast<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<Event<'i>> {
        let next = input.find_fast(self.fast_key, limit)?;
        if next == input.at() {
            self.consume_delimiter(input, next);
            return Some(Event::Terminator);
        }
        if input.at().checked_to(next)? > limit {
            return None;
        }
        let data = input.take_until(next)?;
        self.mid_frame = true;
        Some(Event::Data(data))
    }

    /// Takes the rest of the frame if the search cache has its end and it has less than `limit` bytes.
    #[inline(always)]
    pub(crate) fn take_frame<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<&'i [u8]> {
        let next = input.find_fast(self.fast_key, limit)?;
        if input.at().checked_to(next)? >= limit {
            return None;
        }
        let data = input.take_until(next)?;
        self.consume_delimiter(input, next);
        Some(data)
    }

    /// [`take_frame`](Self::take_frame) by positions, without a look at the input: if a search before has found the end of
    /// the frame. Returns the data, and the cursor behind the delimiter.
    #[inline(always)]
    pub(crate) fn take_known_frame(
        &mut self,
        cache: &mut SearchCache,
        at: FromEnd,
        limit: usize,
    ) -> Option<(Step, FromEnd)> {
        let next = cache.next(self.fast_key, at)?;
        let len = at.to(next);
        if len >= limit {
            return None;
        }
        cache.drop_next();
        self.end_frame(0);
        Some((Step::Data(Span::Input { from: 0, len }), next.skip(self.fast_key.len())))
    }

    /// [`take_known_frame`](Self::take_known_frame), after a search of the bytes behind the cursor if that is needed.
    #[inline(always)]
    pub(crate) fn take_searched_frame(
        &mut self,
        cache: &mut SearchCache,
        unread: &[u8],
        limit: usize,
    ) -> Option<(Step, FromEnd)> {
        let (key, at) = (self.fast_key, FromEnd::new(unread.len()));
        cache.find_exact(&mut Haystack::new(unread, key), key, at, limit)?;
        self.take_known_frame(cache, at, limit)
    }

    /// [`next_event_fast`](Self::next_event_fast) by positions, without a look at the input. Returns the step, and the
    /// cursor behind it.
    #[inline(always)]
    pub(crate) fn take_known_event(&mut self, cache: &mut SearchCache, at: FromEnd) -> Option<(Step, FromEnd)> {
        let next = cache.next(self.fast_key, at)?;
        if next == at {
            cache.drop_next();
            self.end_frame(0);
            return Some((Step::Terminator, next.skip(self.fast_key.len())));
        }
        self.mid_frame = true;
        Some((Step::Data(Span::Input { from: 0, len: at.to(next) }), next))
    }

    /// [`take_known_event`](Self::take_known_event), after a search of the bytes behind the cursor if that is needed.
    #[inline(always)]
    pub(crate) fn take_searched_event(&mut self, cache: &mut SearchCache, unread: &[u8]) -> Option<(Step, FromEnd)> {
        let (key, at) = (self.fast_key, FromEnd::new(unread.len()));
        cache.find_exact(&mut Haystack::new(unread, key), key, at, usize::MAX)?;
        self.take_known_event(cache, at)
    }

    /// Takes the rest of a counted frame, if all of it is here and it has less than `limit` bytes.
    #[inline(always)]
    pub(crate) fn take_counted_frame<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<&'i [u8]> {
        let Terminator::Count(count) = self.terminator else { return None };
        let len = usize::try_from(count).ok().filter(|&len| len < limit)?;
        if !self.held.is_clear() {
            return None;
        }
        let data = input.take_until(FromEnd::new(input.remaining_len().checked_sub(len)?))?;
        // All of the data is there, and the end needs no byte.
        self.end_count();
        Some(data)
    }

    /// Takes the rest of the frame if its end is in the input, and the input has less than `limit` bytes. More are not
    /// searched: if the end is not among them, the general path searches all of them again.
    #[inline(never)]
    pub(crate) fn take_frame_slow<'i>(&mut self, input: &mut Input<'i>, limit: usize) -> Option<&'i [u8]> {
        // The fast path has searched for an exact key.
        if self.fast_key != CacheKey::NONE || input.remaining_len() >= limit || !self.held.is_clear() {
            return None;
        }
        let found = self.search(input);
        let FrameEnd::Found { len, member } = found.end else { return None };
        let data = input.take(found.data);
        input.take(len);
        self.end_found_frame(member);
        Some(data)
    }

    /// Returns the next event of a count. `None` for another terminator, and while held bytes come before the input.
    #[inline(always)]
    pub(crate) fn next_count_event_fast<'i>(&mut self, input: &mut Input<'i>) -> Option<Event<'i>> {
        let Terminator::Count(missing) = &mut self.terminator else { return None };
        if !self.held.is_clear() {
            return None;
        }
        if *missing == 0 {
            self.end_count();
            return Some(Event::Terminator);
        }
        let len = usize::try_from(*missing).unwrap_or(usize::MAX).min(input.remaining_len());
        debug_assert!(len as u64 <= *missing, "{len} of {missing}");
        *missing = missing.wrapping_sub(len as u64);
        if len == 0 {
            return None;
        }
        self.mid_frame = true;
        input.take_until(input.at().skip(len)).map(Event::Data)
    }

    #[inline(always)]
    pub(super) fn end_count(&mut self) {
        self.replace_terminator(Terminator::None);
        self.end_frame(0);
    }

    /// Takes the delimiter that the fast path found.
    #[inline(always)]
    pub(super) fn consume_delimiter(&mut self, input: &mut Input<'_>, next: FromEnd) {
        input.take_delimiter(self.fast_key, next);
        self.end_frame(0);
    }
}
