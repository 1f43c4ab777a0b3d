mod buffer;
mod parts;

use alloc::vec::Vec;
use core::fmt;

use buffer::append;

use crate::framing::event::{End, Event};
use crate::framing::framer::Framer;
use crate::framing::input::Input;
use crate::framing::into_terminator::IntoTerminator;
use crate::framing::limit::{DEFAULT_MAX_LEN, FrameLimit, FrameTooLong};
use crate::framing::terminator::Terminator;

/// Whole frames, for protocols whose frames fit in memory.
///
/// A [`Framer`] with a bounded buffer behind it. A frame that lies whole in one input is returned without a copy. No
/// more than `max_len` bytes are buffered. A frame that is too long is reported once, as soon as that is certain, and
/// skipped; the next frame is returned as usual. None of this depends on how the stream was cut. Between frames it
/// holds at most 256 bytes of memory.
///
/// # Frames that are too long
///
/// After [`FrameTooLong`] the caller chooses:
///
/// | to | call |
/// |---|---|
/// | look at the first `max_len` bytes | [`partial`](Frames::partial), before any other call |
/// | go on with the next frame, under the same delimiter | [`next_frame`](Frames::next_frame) |
/// | learn where the frame ends, and how long it was | [`skip_frame`](Frames::skip_frame) |
/// | receive a large counted body in pieces | [`next_event`](Frames::next_event), if the count was refused |
/// | allow it | [`set_max_frame_len`](Frames::set_max_frame_len), if the count was refused |
///
/// A protocol whose terminator changes with its state calls `skip_frame`. `next_frame` would go on under the terminator
/// of the frame that was too long, and take the commands behind a mail for the next mail.
///
/// # States
///
/// ```text
///              a frame begins in one input and ends in another
///   ┌─ empty ─┐ ─────────────────────────────────────────────▶ ┌─ partial ─┐
///   │         │ ◀───────────── Terminator: Ok(frame) ───────── │ ≤ max_len │
///   └─────────┘                                                └───────────┘
///        ▲                        ┌── skipping ──┐                   │
///        └──── Terminator ─────── │ holds nothing│ ◀─ byte max_len + 1, or a larger count: Err(FrameTooLong)
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
    eof_ends_frame: bool,
}

impl Frames {
    /// Creates frames of at most 64 KiB, the delimiter not counted.
    pub fn new(terminator: impl IntoTerminator) -> Self {
        Self::with_max_len(terminator, DEFAULT_MAX_LEN)
    }

    /// Creates frames of at most `max_len` bytes of data. The delimiter is not counted, and exactly `max_len` passes.
    pub fn with_max_len(terminator: impl IntoTerminator, max_len: usize) -> Self {
        Self {
            framer: Framer::new(terminator),
            buffer: Vec::new(),
            limit: FrameLimit::new(max_len),
            fast_below: max_len.saturating_add(1),
            eof_ends_frame: false,
        }
    }

    /// Creates frames without a limit, for peers that may use all of this process's memory.
    pub fn unlimited(terminator: impl IntoTerminator) -> Self {
        Self::with_max_len(terminator, usize::MAX)
    }

    /// Returns the next whole frame without its delimiter, or `None` when all of the input has been taken and more is
    /// needed.
    ///
    /// # Errors
    ///
    /// [`FrameTooLong`], once for each such frame, as soon as its byte `max_len + 1` is known to be data. A
    /// [`Terminator::Count`] that is too large is refused as soon as it is set, before a byte of it has come. The error
    /// is not fatal: the next calls skip the rest of that frame and return the frame behind it. A terminator set in
    /// between takes effect at the first byte that was not taken, and ends the skipped frame.
    ///
    /// A count has no frame behind it before another terminator is set. So when the bytes of a refused count have been
    /// skipped, the error comes again, with [`FrameTooLong::skipped_len`].
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
        let found = self.find_frame_slow(input)?;
        Some(found.map(|span| self.bytes(span, unread)))
    }

    /// Returns the next event, for frames that are better streamed than collected: a head as a frame, and its body, of
    /// any size, as events.
    ///
    /// If [`next_frame`](Frames::next_frame) has buffered part of a frame, that comes first, as `Data`. If the frame
    /// was too long, the rest of it is skipped, its terminator included. A count that was refused before a byte of it was
    /// taken is streamed: events have no limit.
    pub fn next_event<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        let unread = input.remaining();
        let step = self.find_event(input)?;
        Some(self.event(step, unread))
    }

    /// Skips the present frame, or the next one if none has begun. Returns its length in bytes of data when its end was
    /// found, or `None` when all of the input has been taken and more is needed: then call it again.
    ///
    /// After [`FrameTooLong`] it reports the end of that frame: a protocol whose terminator changes with its state then
    /// sets the next terminator. At any other time it drops a frame that the caller does not want. Bytes that
    /// [`next_event`](Frames::next_event) has returned are not counted.
    ///
    /// Under [`Terminator::None`] no frame ends, so that all of the input is dropped. If `next_frame` is called in
    /// between, it skips the rest of the frame without a report.
    ///
    /// # Examples
    ///
    /// A mail that is too long, and the commands behind it:
    ///
    /// ```
    /// use asynchat_core::{Frames, Input};
    ///
    /// let mut frames = Frames::with_max_len(b"\r\n.\r\n", 8);
    /// let mut input = Input::new(b"Subject: hi\r\nDATA\r\n.\r\nRSET\r\nQUIT\r\n");
    /// assert!(frames.next_frame(&mut input).unwrap().is_err());
    /// assert_eq!(frames.partial(), b"Subject:");
    /// assert_eq!(frames.skip_frame(&mut input), Some(17));
    /// frames.set_terminator(b"\r\n");
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"RSET"[..])));
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"QUIT"[..])));
    /// ```
    pub fn skip_frame(&mut self, input: &mut Input<'_>) -> Option<u64> {
        let skipped = self.search_skipped(input);
        self.refresh();
        skipped
    }

    /// Returns the part of the present frame that [`next_frame`](Frames::next_frame) has buffered, at most `max_len`
    /// bytes: for a log, or to answer a peer that has stopped in the middle of a frame.
    ///
    /// After [`FrameTooLong`] it returns the first `max_len` bytes of that frame, until the next call that takes input.
    /// Bytes that may begin a delimiter are not part of it. Between two frames, and for a frame that is returned as
    /// events, it is empty.
    pub fn partial(&self) -> &[u8] {
        if self.limit.len() > 0 || self.limit.is_too_long() { &self.buffer } else { &[] }
    }

    /// Sets what ends the frame: [`Framer::set_terminator`]. The buffered part of the present frame stays part of it.
    #[inline]
    pub fn set_terminator(&mut self, terminator: impl IntoTerminator) {
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

    /// Sets the most bytes of data that a frame may have, the present one included, unless that was too long already.
    ///
    /// Bytes of the present frame that were taken stay in it: a limit below their number is exceeded by the next one. A count
    /// that was refused before a byte of it was taken is judged again if the limit is raised.
    pub fn set_max_frame_len(&mut self, max_len: usize) {
        if max_len > self.limit.max_len() && self.is_count_refused() {
            self.limit.end_frame();
        }
        self.limit.set_max_len(max_len);
        self.refresh();
    }

    /// Sets whether the end of the stream ends the last frame, as `BufRead::lines` of std has it.
    /// It does not by default: a stream that ends in the middle of a frame was cut.
    ///
    /// If set, [`finish`](Frames::finish) returns the bytes behind the last delimiter with [`End::Clean`]; if there are
    /// none, there was no further frame. The beginning of a delimiter is part of the frame: `ab\r` under `b"\r\n"` is a
    /// frame of three bytes. A count that has not run out is [`End::Short`] nevertheless.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{End, Frames, Input};
    ///
    /// let mut frames = Frames::new(b"\n");
    /// frames.set_eof_ends_frame(true);
    /// let mut input = Input::new(b"one\ntwo");
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"one"[..])));
    /// assert_eq!(frames.next_frame(&mut input), None);
    /// assert_eq!(frames.finish(), (&b"two"[..], End::Clean));
    /// assert_eq!(frames.finish(), (&b""[..], End::Clean));
    /// ```
    pub fn set_eof_ends_frame(&mut self, eof_ends_frame: bool) {
        self.eof_ends_frame = eof_ends_frame;
    }

    /// Ends the stream: returns the part of a frame that had come, held bytes included, and how the stream ended.
    ///
    /// With [`End::Clean`] the bytes are the last frame of a stream without a terminator or
    /// [of one whose end ends it](Frames::set_eof_ends_frame), or there are none. Otherwise they are a frame that was
    /// cut. It may be longer than `max_len` by the held beginning of a delimiter. Of a frame that was too long there are
    /// none. A count that was announced and of which no byte came is [`End::Short`].
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
        let (held, mut end) = self.framer.finish();
        if self.eof_ends_frame && end == End::MidFrame {
            end = End::Clean;
        }
        if !self.limit.is_skipping() {
            append(&mut self.buffer, held, self.limit.max_len());
        }
        self.limit.end_frame();
        self.refresh();
        (&self.buffer, end)
    }

    /// Drops all of the input, and the part of the present frame that had come before it: input that has become stale,
    /// such as what was sent behind a command that failed. The terminator stays.
    ///
    /// The next frame begins behind a terminator, as it would have without this call: if the input ends in the middle
    /// of a frame, the rest of that frame is skipped when it comes. A counted frame that is skipped has no other behind
    /// it before a terminator is set: [`skip_frame`](Frames::skip_frame) reports its end. To begin anew at the next
    /// byte instead, see [`discard`](Frames::discard).
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Frames, Input};
    ///
    /// let mut frames = Frames::new(b"\r\n");
    /// frames.discard_input(&mut Input::new(b"stale\r\nstale too, and cut\r"));
    /// let mut input = Input::new(b"\nfresh\r\n");
    /// assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"fresh"[..])));
    /// ```
    pub fn discard_input(&mut self, input: &mut Input<'_>) {
        self.drop_input(input);
        self.refresh();
    }

    /// Drops the part of the present frame that has come. The terminator stays, and the next byte begins a frame: for
    /// another stream, or one that is at its end. In the middle of a stream use
    /// [`discard_input`](Frames::discard_input).
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
            .field("eof_ends_frame", &self.eof_ends_frame)
            .finish()
    }
}

#[cfg(test)]
mod tests;
