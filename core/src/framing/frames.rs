mod buffer;
mod limits;
mod parts;

use alloc::vec::Vec;
use core::fmt;

use buffer::append;

use crate::framing::event::{End, Event};
use crate::framing::framer::Framer;
use crate::framing::input::Input;
use crate::framing::limit::{DEFAULT_MAX_LEN, FrameLimit, FrameTooLong};
use crate::framing::terminator::Terminator;

/// Whole frames, for protocols whose frames fit in memory.
///
/// A [`Framer`] with a bounded buffer behind it. A frame that lies whole in one input is returned without a copy. No
/// more than `max_len` bytes are buffered. A frame that is too long is reported once, as soon as that is certain, and
/// skipped; the next frame is returned as usual. None of this depends on how the stream was cut. Between frames it
/// holds at most 256 bytes of memory.
///
/// # States
///
/// ```text
///              a frame begins in one input and ends in another
///   ┌─ empty ─┐ ─────────────────────────────────────────────▶ ┌─ partial ─┐
///   │         │ ◀───────────── Terminator: Ok(frame) ───────── │ ≤ max_len │
///   └─────────┘                                                └───────────┘
///        ▲                        ┌── skipping ──┐                   │
///        └──── Terminator ─────── │ holds nothing│ ◀─ byte max_len + 1: Err(FrameTooLong)
///                                 └──────────────┘
/// ```
///
/// Under [`Terminator::None`] no frame ends: all data is kept, within `max_len`, until a terminator is set and ends it
/// or [`finish`](Frames::finish) returns it.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Frames, Input};
///
/// let mut frames = Frames::with_max_len(b"\r\n", 8);
/// let mut input = Input::new(b"short\r\nmuch too long\r\nagain\r\nhal");
/// assert_eq!(frames.next_frame(&mut input).unwrap()?, b"short");
/// assert!(frames.next_frame(&mut input).unwrap().is_err());
/// assert_eq!(frames.next_frame(&mut input).unwrap()?, b"again");
/// assert!(frames.next_frame(&mut input).is_none());
///
/// let mut input = Input::new(b"f\r\n");
/// assert_eq!(frames.next_frame(&mut input).unwrap()?, b"half");
/// # Ok::<(), asynchat_core::FrameTooLong>(())
/// ```
///
/// # Complexity
///
/// As for [`Framer`]. A frame that is cut by the end of an input is copied once.
#[derive(Clone)]
pub struct Frames {
    framer: Framer,
    /// The part of the present frame that came in earlier inputs. If the limit counts no byte, it was returned already.
    buffer: Vec<u8>,
    limit: FrameLimit,
    /// A frame of fewer bytes that ends in the input can be returned at once: 0 while part of it is in the buffer, or
    /// while skipping. To derive it for each frame costs a tenth of `next_frame`.
    fast_below: usize,
}

impl Frames {
    /// Creates frames of at most 64 KiB, the delimiter not counted.
    pub fn new(terminator: impl Into<Terminator>) -> Self {
        Self::with_max_len(terminator, DEFAULT_MAX_LEN)
    }

    /// Creates frames of at most `max_len` bytes of data. The delimiter is not counted, and exactly `max_len` passes.
    pub fn with_max_len(terminator: impl Into<Terminator>, max_len: usize) -> Self {
        Self {
            framer: Framer::new(terminator),
            buffer: Vec::new(),
            limit: FrameLimit::new(max_len),
            fast_below: max_len.saturating_add(1),
        }
    }

    /// Creates frames without a limit, for peers that may use all of this process's memory.
    pub fn unlimited(terminator: impl Into<Terminator>) -> Self {
        Self::with_max_len(terminator, usize::MAX)
    }

    /// Returns the next whole frame without its delimiter, or `None` when all of the input has been taken and more is
    /// needed.
    ///
    /// # Errors
    ///
    /// [`FrameTooLong`], once for each such frame, as soon as its byte `max_len + 1` is known to be data. It is not
    /// fatal: the next calls skip the rest of that frame and return the frame behind it. A terminator set in between
    /// takes effect at byte `max_len + 1`, and ends the skipped frame.
    ///
    /// # Examples
    ///
    /// Lines and counted bodies, as in RESP:
    ///
    /// ```
    /// use asynchat_core::{Frames, Input};
    ///
    /// let mut frames = Frames::new(b"\r\n");
    /// let mut input = Input::new(b"$5\r\nhello\r\n");
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"$5"[..])));
    /// frames.set_terminator(5u64);
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"hello"[..])));
    /// frames.set_terminator(b"\r\n");
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b""[..])));
    /// ```
    #[inline]
    pub fn next_frame<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Result<&'e [u8], FrameTooLong>> {
        if let Some(frame) = self.framer.take_frame(input, self.fast_below) {
            return Some(Ok(frame));
        }
        self.next_frame_slow(input)
    }

    /// [`next_frame`](Self::next_frame), where the search cache alone does not decide. Out of line, so that the rest is
    /// small enough to be inlined.
    #[inline(never)]
    fn next_frame_slow<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Result<&'e [u8], FrameTooLong>> {
        if let Some(frame) = self.framer.take_counted_frame(input, self.fast_below) {
            return Some(Ok(frame));
        }
        self.next_frame_search_slow(input)
    }

    #[inline(never)]
    fn next_frame_search_slow<'e, 'i: 'e>(
        &'e mut self,
        input: &mut Input<'i>,
    ) -> Option<Result<&'e [u8], FrameTooLong>> {
        if let Some(frame) = self.framer.take_frame_slow(input, self.fast_below) {
            return Some(Ok(frame));
        }
        let unread = input.remaining();
        let found = self.find_frame(input)?;
        Some(found.map(|span| self.bytes(span, unread)))
    }

    /// Returns the next event, for frames that are better streamed than collected: a head as a frame, and its body, of
    /// any size, as events.
    ///
    /// If [`next_frame`](Frames::next_frame) has buffered part of a frame, that comes first, as `Data`. If the frame
    /// was too long, the rest of it is skipped, its terminator included.
    pub fn next_event<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        let unread = input.remaining();
        let step = self.find_event(input)?;
        Some(self.event(step, unread))
    }

    /// Sets what ends the frame: [`Framer::set_terminator`]. The buffered part of the present frame stays part of it.
    #[inline]
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.framer.set_terminator(terminator);
    }

    /// Returns what ends the frame now: [`Framer::terminator`].
    pub fn terminator(&self) -> &Terminator {
        self.framer.terminator()
    }

    /// Returns which member of a set matched last: [`Framer::matched`].
    pub fn matched(&self) -> usize {
        self.framer.matched()
    }

    /// Returns the most bytes of data that a frame may have.
    pub fn max_len(&self) -> usize {
        self.limit.max_len()
    }

    /// Ends the stream: returns the part of a frame that had come, held bytes included, and how the stream ended.
    ///
    /// With [`End::Clean`] the bytes are the last frame of a stream without a terminator, or there are none. Otherwise
    /// they are a frame that was cut. It may be longer than `max_len` by the held beginning of a delimiter. Of a frame
    /// that was too long there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{End, Frames, Input};
    ///
    /// let mut frames = Frames::new(b"\r\n");
    /// assert_eq!(frames.next_frame(&mut Input::new(b"cut\r")), None);
    /// assert_eq!(frames.finish(), (&b"cut\r"[..], End::MidFrame));
    /// ```
    pub fn finish(&mut self) -> (&[u8], End) {
        self.forget_returned();
        let (held, end) = self.framer.finish();
        if !self.limit.is_skipping() {
            append(&mut self.buffer, held, self.limit.max_len());
        }
        self.limit.end_frame();
        self.refresh();
        (&self.buffer, end)
    }

    /// Drops the part of the present frame that has come. The terminator stays.
    pub fn discard(&mut self) {
        self.framer.discard();
        self.buffer = Vec::new();
        self.limit.end_frame();
        self.refresh();
    }

    /// Updates `fast_below`. Call it after each change of the limit's state.
    fn refresh(&mut self) {
        let is_plain = self.limit.len() == 0 && !self.limit.is_skipping();
        self.fast_below = if is_plain { self.limit.max_len().saturating_add(1) } else { 0 };
    }

    /// Clears the buffer if its frame has been returned.
    fn forget_returned(&mut self) {
        if self.limit.len() == 0 {
            self.buffer.clear();
        }
    }
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames")
            .field("framer", &self.framer)
            .field("buffered", &self.limit.len())
            .field("skipping", &self.limit.is_skipping())
            .field("max_len", &self.limit.max_len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
