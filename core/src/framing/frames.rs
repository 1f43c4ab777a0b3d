mod buffer;
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
/// A [`Framer`] with a bounded buffer behind it. It promises that a frame which lies whole in one input is returned
/// without a copy; that no more than `max_len` bytes are ever buffered; that a frame which is too long is reported once,
/// as soon as that is certain, skipped, and does not harm the one behind it; and that none of this depends on how the
/// stream was cut. Between frames it holds next to nothing.
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
/// Under [`Terminator::None`] no frame ever ends: what comes is kept, within `max_len`, until a terminator ends it or
/// [`finish`](Frames::finish) returns it.
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
/// As for [`Framer`]; a frame that is cut by the end of an input is copied once.
#[derive(Clone)]
pub struct Frames {
    framer: Framer,
    /// The part of the present frame that earlier inputs brought; or, when the limit counts no byte, what was returned last.
    buffer: Vec<u8>,
    limit: FrameLimit,
    /// A frame of fewer bytes that ends in the input may be returned at once: 0 while part of it is in the buffer, or is
    /// being skipped. To derive it for each frame would cost a tenth of `next_frame`.
    fast_below: usize,
}

impl Frames {
    /// Frames of at most 64 KiB, the delimiter not counted.
    pub fn new(terminator: impl Into<Terminator>) -> Self {
        Self::with_max_len(terminator, DEFAULT_MAX_LEN)
    }

    /// Frames of at most `max_len` bytes of data. The delimiter is not counted, and exactly `max_len` passes.
    pub fn with_max_len(terminator: impl Into<Terminator>, max_len: usize) -> Self {
        Self {
            framer: Framer::new(terminator),
            buffer: Vec::new(),
            limit: FrameLimit::new(max_len),
            fast_below: max_len.saturating_add(1),
        }
    }

    /// Frames without a limit: for peers that are trusted with all of this process's memory.
    pub fn unlimited(terminator: impl Into<Terminator>) -> Self {
        Self::with_max_len(terminator, usize::MAX)
    }

    /// The next whole frame without its delimiter, or `None` when all of the input has been taken and more is needed.
    ///
    /// # Errors
    ///
    /// [`FrameTooLong`], once for each such frame, as soon as its byte `max_len + 1` is known to be data. It is not
    /// fatal: the rest of that frame is skipped by the calls that follow, and the next frame is returned as if nothing had
    /// been. A terminator set in between takes effect at byte `max_len + 1`, and ends what is skipped.
    ///
    /// # Examples
    ///
    /// Lines and counted bodies, as RESP has them:
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

    /// The next frame, where more than the next delimiter matters. Kept out of line, so that the rest is small enough to be
    /// in line.
    #[inline(never)]
    fn next_frame_slow<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Result<&'e [u8], FrameTooLong>> {
        if let Some(frame) = self.framer.take_counted_frame(input, self.fast_below) {
            return Some(Ok(frame));
        }
        self.next_frame_by_search(input)
    }

    #[inline(never)]
    fn next_frame_by_search<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Result<&'e [u8], FrameTooLong>> {
        if let Some(frame) = self.framer.take_frame_slow(input, self.fast_below) {
            return Some(Ok(frame));
        }
        let unread = input.remaining();
        let found = self.find_frame(input)?;
        Some(found.map(|span| self.bytes(span, unread)))
    }

    /// The next event, for the frames of a protocol that are better streamed than collected: a head is taken as a frame
    /// and its body, of any size, as events.
    ///
    /// If part of a frame has been buffered by [`next_frame`](Frames::next_frame), it comes first, as `Data`. If the
    /// frame was too long, the rest of it is skipped, its terminator included.
    pub fn next_event<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        let unread = input.remaining();
        let step = self.find_event(input)?;
        Some(self.event(step, unread))
    }

    /// As [`Framer::set_terminator`]. What has been buffered of the present frame stays part of it.
    #[inline]
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.framer.set_terminator(terminator);
    }

    /// As [`Framer::terminator`].
    pub fn terminator(&self) -> &Terminator {
        self.framer.terminator()
    }

    /// As [`Framer::matched`].
    pub fn matched(&self) -> usize {
        self.framer.matched()
    }

    /// The most bytes of data that a frame may have.
    pub fn max_len(&self) -> usize {
        self.limit.max_len()
    }

    /// The end of the stream: the part of a frame that had come, held bytes included, and how the stream ended.
    ///
    /// With [`End::Clean`] the bytes are the last frame of a stream that had no terminator, or there are none. Otherwise
    /// they are a frame that was cut, which may be longer than `max_len` by the held beginning of a delimiter; of a frame
    /// being skipped there are none.
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

    /// Drops what has been taken of the present frame. The terminator stays.
    pub fn discard(&mut self) {
        self.framer.discard();
        self.buffer = Vec::new();
        self.limit.end_frame();
        self.refresh();
    }

    /// To be called whenever what is in the buffer, or is skipped, may have changed.
    fn refresh(&mut self) {
        let is_plain = self.limit.len() == 0 && !self.limit.is_skipping();
        self.fast_below = if is_plain { self.limit.max_len().saturating_add(1) } else { 0 };
    }

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
