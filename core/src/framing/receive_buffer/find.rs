//! Finding, which keeps where something lies, and lending, which returns its bytes.

use bytes::Bytes;

use super::ReceiveBuffer;
use crate::framing::event::Event;
use crate::framing::frames::Frames;
use crate::framing::input::Input;
use crate::framing::limit::FrameTooLong;
use crate::framing::search::FromEnd;
use crate::framing::span::{Span, Step};
use crate::invariant::{difference, range, sum, tail};

impl ReceiveBuffer {
    pub(super) fn find_next_event(&mut self) -> bool {
        self.find_known_event() || self.find_searched_event() || self.find(Frames::find_event, Some).is_some()
    }

    pub(super) fn find_whole_frame(&mut self) -> Option<Result<(), FrameTooLong>> {
        if self.find_known_frame() || self.find_searched_frame() {
            return Some(Ok(()));
        }
        let found = self.find(Frames::find_frame, |found| found.ok().map(Step::Data))?;
        Some(found.map(drop))
    }

    /// Finds the next frame if a search before has found its end.
    #[inline(always)]
    pub(super) fn find_known_frame(&mut self) -> bool {
        let at = FromEnd::new(self.waiting());
        let found = self.frames.take_known_frame(&mut self.cache, at);
        self.keep(found)
    }

    /// Finds the next event if a search before has found it.
    #[inline(always)]
    pub(super) fn find_known_event(&mut self) -> bool {
        let at = FromEnd::new(self.waiting());
        let found = self.frames.take_known_event(&mut self.cache, at);
        self.keep(found)
    }

    /// Finds the next frame if the delimiter has one or two bytes, and the frame lies whole in the buffer.
    // Not by `find`: an `Input` is a copy of the cache, forth and back.
    #[inline(always)]
    pub(super) fn find_searched_frame(&mut self) -> bool {
        let unread = range(self.storage.bytes(), self.start, self.waiting());
        let found = self.frames.take_searched_frame(&mut self.cache, unread);
        self.keep(found)
    }

    /// Finds the next event as [`find_searched_frame`](Self::find_searched_frame) finds a frame.
    #[inline(always)]
    pub(super) fn find_searched_event(&mut self) -> bool {
        let unread = range(self.storage.bytes(), self.start, self.waiting());
        let found = self.frames.take_searched_event(&mut self.cache, unread);
        self.keep(found)
    }

    /// Keeps a step that was found and has taken bytes, up to a position. Returns whether there is one.
    #[inline(always)]
    fn keep(&mut self, found: Option<(Step, FromEnd)>) -> bool {
        let Some((step, behind)) = found else { return false };
        self.found = Some((step, self.start));
        self.start = difference(self.end, behind.left());
        self.empty_finds = 0;
        true
    }

    /// Looks into what was read, and keeps the step that was found, if any.
    pub(super) fn find<T: Copy>(
        &mut self,
        look: impl FnOnce(&mut Frames, &mut Input<'_>) -> Option<T>,
        step: impl FnOnce(T) -> Option<Step>,
    ) -> Option<T> {
        let at = self.start;
        let mut input = Input::resume(range(self.storage.bytes(), at, self.waiting()), self.cache);
        let found = look(&mut self.frames, &mut input);
        self.cache = input.cache();
        self.start = difference(self.end, input.remaining_len());
        let is_empty = found.is_some() && self.start == at;
        self.empty_finds = if is_empty { self.empty_finds.saturating_add(1) } else { 0 };
        self.found = found.and_then(step).map(|step| (step, at));
        found
    }

    /// Returns the event that was found.
    #[inline]
    pub(crate) fn event(&self) -> Event<'_> {
        match self.found {
            Some((Step::Data(Span::Input { from, len }), at)) => Event::Data(self.lent(at, from, len)),
            Some((Step::Terminator, _)) => Event::Terminator,
            _ => self.event_slow(),
        }
    }

    #[inline(never)]
    fn event_slow(&self) -> Event<'_> {
        match self.found {
            Some((step, at)) => self.frames.event(step, tail(self.storage.bytes(), at)),
            // `PollConnection::event` is public: a caller can ask before an event was found.
            None => Event::Data(&[]),
        }
    }

    /// Returns the frame that was found, or the part of it that had come: before it was cut, or was too long (L8), or so
    /// far.
    #[inline]
    pub(crate) fn frame(&self) -> &[u8] {
        match self.found {
            Some((Step::Data(Span::Input { from, len }), at)) => self.lent(at, from, len),
            _ => self.frame_slow(),
        }
    }

    /// Returns the frame that was found, owned. Then it is gone from here: `frame` returns what has come of the next one.
    pub(crate) fn frame_owned(&mut self) -> Bytes {
        let frame = match self.found {
            Some((Step::Data(Span::Input { from, len }), at)) if self.is_worth_sharing(len) => {
                self.storage.share(sum(at, from), len)
            }
            Some((Step::Data(Span::Buffered), _)) => self.frames.take_buffered(),
            _ => Bytes::copy_from_slice(self.frame()),
        };
        self.found = None;
        frame
    }

    /// Returns whether a frame of this length may keep the whole buffer alive.
    #[inline(always)]
    fn is_worth_sharing(&self, len: usize) -> bool {
        len >= Self::MIN_SHARED && len >= self.storage.size() / 8
    }

    /// The `len` bytes, `from` bytes behind those that were unread at `at`.
    #[inline(always)]
    fn lent(&self, at: usize, from: usize, len: usize) -> &[u8] {
        range(self.storage.bytes(), sum(at, from), len)
    }

    #[inline(never)]
    fn frame_slow(&self) -> &[u8] {
        match self.found {
            Some((Step::Data(span), at)) => self.frames.bytes(span, tail(self.storage.bytes(), at)),
            Some((Step::Terminator | Step::TooLong, _)) => &[],
            None => self.frames.partial(),
        }
    }
}
