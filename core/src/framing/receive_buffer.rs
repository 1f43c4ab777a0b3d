use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::error::Error;
use crate::framing::event::{End, Event};
use crate::framing::frames::Frames;
use crate::framing::input::Input;
use crate::framing::into_terminator::IntoTerminator;
use crate::framing::limit::{DEFAULT_MAX_LEN, FrameTooLong};
use crate::framing::search::{FromEnd, SearchCache};
use crate::framing::span::{Span, Step};
use crate::framing::terminator::Terminator;
use crate::invariant::{difference, range, sum, tail};

mod storage;

use storage::Storage;

/// A receive buffer that splits into frames what is read into it: bytes in, frames out, for a read loop of your own.
///
/// [`Frames`] with the buffer of the bytes that were read and not yet returned. A frame that lies whole in the buffer
/// is lent from it, without a copy. Bytes are moved to the front of the buffer only when more are read behind them.
///
/// In scope: buffering, framing, the limit on frames. Out of scope: reading, and when to stop; an [`Error`] of your
/// transport is yours to handle.
///
/// # Examples
///
/// A loop over anything that reads into a slice, here two reads of a stream:
///
/// ```
/// use asynchat_core::{End, ReceiveBuffer};
///
/// let mut reads = [&b"GET a\r\nGET"[..], b" b\r\n3\r\nabc\r"].into_iter();
/// let mut received = ReceiveBuffer::with_max_len(b"\r\n", 1024);
/// let mut lines = Vec::new();
/// loop {
///     while let Some(line) = received.next_frame() {
///         lines.push(String::from_utf8(line?.to_vec())?);
///     }
///     // As `stream.read(received.space(4096))?` does.
///     let Some(bytes) = reads.next() else { break };
///     received.space(4096)[..bytes.len()].copy_from_slice(bytes);
///     received.advance(bytes.len());
/// }
/// assert_eq!(lines, ["GET a", "GET b", "3"]);
/// assert_eq!(received.finish(), (&b"abc\r"[..], End::MidFrame));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Complexity
///
/// Linear in the bytes that are read, as for [`Frames`]. The buffer is at most twice as large as the largest `size` asked
/// for, and what was unread then.
// Finding and lending are two calls inside: `find_*` keeps where something lies, `event` and `frame` lend it. So a
// future can look, wait, look again, and borrow only when it returns; dropped in between, it has changed nothing.
pub struct ReceiveBuffer {
    pub(crate) frames: Frames,
    storage: Storage,
    /// The bytes read and not yet taken by the framer are those in the storage from `start` to `end`.
    start: usize,
    end: usize,
    /// How far those bytes were searched: what one look at them finds, the next need not search again.
    cache: SearchCache,
    /// What was found last, and the `start` from which it was looked for.
    found: Option<(Step, usize)>,
    /// The finds in a row that took no byte.
    empty_finds: u32,
    stream: Stream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Open,
    /// Its end has been read, and what was held has not been returned.
    AtEnd,
    /// Everything has been returned.
    Ended(End),
}

impl ReceiveBuffer {
    /// The finds in a row that may take no byte of what was read, before a loop over them is stopped (F15).
    const MAX_EMPTY_FINDS: u32 = 1024;

    /// A shorter frame is copied, in bytes, however small the buffer is.
    const MIN_SHARED: usize = 1024;

    /// Creates an empty buffer for frames of at most 64 KiB, the delimiter not counted.
    pub fn new(terminator: impl IntoTerminator) -> Self {
        Self::with_max_len(terminator, DEFAULT_MAX_LEN)
    }

    /// Creates an empty buffer for frames of at most `max_len` bytes of data. The delimiter is not counted, and exactly
    /// `max_len` passes.
    pub fn with_max_len(terminator: impl IntoTerminator, max_len: usize) -> Self {
        let frames = Frames::with_max_len(terminator, max_len);
        Self {
            frames,
            storage: Storage::EMPTY,
            start: 0,
            end: 0,
            cache: SearchCache::NONE,
            found: None,
            empty_finds: 0,
            stream: Stream::Open,
        }
    }

    /// Returns room for `size` more bytes, to read into. Then call [`advance`](Self::advance).
    ///
    /// The bytes in it are whatever was there before, or zeros.
    pub fn space(&mut self, size: usize) -> &mut [u8] {
        self.space_from(&mut Vec::new(), size)
    }

    /// Appends the first `len` bytes of the [`space`](Self::space) to what was read, or all of it if `len` is larger.
    pub fn advance(&mut self, len: usize) {
        self.end = self.end.saturating_add(len).min(self.storage.bytes().len());
        // Positions are counted from the end.
        self.cache = SearchCache::NONE;
    }

    /// Appends a copy of these bytes to what was read.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.space(bytes.len()).copy_from_slice(bytes);
        self.advance(bytes.len());
    }

    /// Returns the next whole frame without its delimiter, or `None` if more has to be read.
    ///
    /// # Errors
    ///
    /// As for [`Frames::next_frame`]: [`FrameTooLong`] once for each such frame, the rest of which is skipped.
    pub fn next_frame(&mut self) -> Option<Result<&[u8], FrameTooLong>> {
        let found = self.find_whole_frame()?;
        Some(found.map(|()| self.frame()))
    }

    /// Returns the next whole frame owned, as [`next_frame`](Self::next_frame) returns it lent: for a loop that uses the
    /// buffer while it has the frame, or a frame that goes elsewhere.
    ///
    /// A frame of at least an eighth of the buffer, and one that came in parts, is not copied: it shares the memory of the
    /// buffer, or takes it. A shorter one is copied, so that it keeps no large buffer alive: a frame that is kept has at most
    /// eight times its length. While a frame shares the buffer, the next read allocates another one.
    ///
    /// # Errors
    ///
    /// As for [`next_frame`](Self::next_frame).
    pub fn next_frame_owned(&mut self) -> Option<Result<Bytes, FrameTooLong>> {
        let found = self.find_whole_frame()?;
        Some(found.map(|()| self.frame_owned()))
    }

    /// Returns the next event, or `None` if more has to be read: [`Frames::next_event`]. For frames that are streamed.
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        self.find_next_event().then(|| self.event())
    }

    /// Skips the present frame, or the next one if none has begun. Returns its length when its end was found, or `None`
    /// if more has to be read: [`Frames::skip_frame`]. After [`FrameTooLong`] it reports the end of that frame.
    pub fn skip_frame(&mut self) -> Option<u64> {
        self.find(Frames::skip_frame, |_| None)
    }

    /// Returns the part of the present frame that has come and was looked at, or the first bytes of a frame that was too
    /// long: [`Frames::partial`].
    pub fn partial(&self) -> &[u8] {
        self.frames.partial()
    }

    /// Sets what ends the frame, from the first byte that has not been returned: [`Frames::set_terminator`].
    pub fn set_terminator(&mut self, terminator: impl IntoTerminator) {
        self.found = None;
        self.frames.set_terminator(terminator);
    }

    /// Returns what ends the frame now. A [`Terminator::Count`] shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        self.frames.terminator()
    }

    /// Returns which member of a [`Terminator::AnyOf`] matched last: [`Frames::matched`].
    pub fn matched(&self) -> usize {
        self.frames.matched()
    }

    /// Returns the most bytes of data that a frame may have.
    pub fn max_len(&self) -> usize {
        self.frames.max_len()
    }

    /// Sets the most bytes of data that a frame may have: [`Frames::set_max_frame_len`].
    pub fn set_max_frame_len(&mut self, max_len: usize) {
        self.frames.set_max_frame_len(max_len);
    }

    /// Sets whether the end of the stream ends the last frame: [`Frames::set_eof_ends_frame`].
    pub fn set_eof_ends_frame(&mut self, eof_ends_frame: bool) {
        self.frames.set_eof_ends_frame(eof_ends_frame);
    }

    /// Returns how many bytes were read and not returned.
    pub fn unread(&self) -> usize {
        difference(sum(self.waiting(), self.frames.unread()), usize::from(self.begins_with_lf()))
    }

    /// Ends the stream: returns the part of a frame that had come, and how the stream ended. See [`Frames::finish`].
    ///
    /// Call it when [`next_frame`](Self::next_frame) or [`next_event`](Self::next_event) has returned `None`: bytes
    /// that they have not looked at are dropped. Afterwards the buffer is at the beginning of another stream.
    pub fn finish(&mut self) -> (&[u8], End) {
        (self.found, self.start) = (None, self.end);
        self.frames.finish()
    }

    /// Drops everything that was read and not returned. If that ends in the middle of a frame, the rest of that frame is
    /// skipped when it comes: [`Frames::discard_input`].
    pub fn discard_input(&mut self) {
        let bytes = range(self.storage.bytes(), self.start, self.waiting());
        self.frames.discard_input(&mut Input::new(bytes));
        (self.found, self.start) = (None, self.end);
    }

    /// Drops everything that was read and not returned, and begins a frame at the next byte: [`Frames::discard`]. In the
    /// middle of a stream use [`discard_input`](Self::discard_input).
    pub fn discard(&mut self) {
        (self.found, self.start) = (None, self.end);
        self.frames.discard();
    }

    fn find_next_event(&mut self) -> bool {
        self.find_known_event() || self.find_searched_event() || self.find(Frames::find_event, Some).is_some()
    }

    fn find_whole_frame(&mut self) -> Option<Result<(), FrameTooLong>> {
        if self.find_known_frame() || self.find_searched_frame() {
            return Some(Ok(()));
        }
        let found = self.find(Frames::find_frame, |found| found.ok().map(Step::Data))?;
        Some(found.map(drop))
    }

    /// Finds the next frame if a search before has found its end.
    #[inline(always)]
    fn find_known_frame(&mut self) -> bool {
        let at = FromEnd::new(self.waiting());
        let Some((len, behind)) = self.frames.take_known_frame(&mut self.cache, at) else { return false };
        self.found_known(Step::Data(Span::Input { from: 0, len }), behind);
        true
    }

    /// Finds the next frame if the delimiter has one or two bytes, and the frame lies whole in the buffer.
    // Not by `find`: an `Input` is a copy of the cache, forth and back.
    #[inline(always)]
    fn find_searched_frame(&mut self) -> bool {
        let unread = range(self.storage.bytes(), self.start, self.waiting());
        let Some((len, behind)) = self.frames.take_searched_frame(&mut self.cache, unread) else { return false };
        self.found_known(Step::Data(Span::Input { from: 0, len }), behind);
        true
    }

    /// Finds the next event as [`find_searched_frame`](Self::find_searched_frame) finds a frame.
    #[inline(always)]
    fn find_searched_event(&mut self) -> bool {
        let unread = range(self.storage.bytes(), self.start, self.waiting());
        let Some((step, behind)) = self.frames.take_searched_event(&mut self.cache, unread) else { return false };
        self.found_known(step, behind);
        true
    }

    /// Finds the next event if a search before has found it.
    #[inline(always)]
    fn find_known_event(&mut self) -> bool {
        let at = FromEnd::new(self.waiting());
        let Some((step, behind)) = self.frames.take_known_event(&mut self.cache, at) else { return false };
        self.found_known(step, behind);
        true
    }

    /// Keeps a step that has taken bytes.
    #[inline(always)]
    fn found_known(&mut self, step: Step, behind: FromEnd) {
        self.found = Some((step, self.start));
        self.start = difference(self.end, behind.left());
        self.empty_finds = 0;
    }

    /// Looks into what was read, and keeps the step that was found, if any.
    fn find<T: Copy>(
        &mut self,
        look: impl FnOnce(&mut Frames, &mut Input<'_>) -> Option<T>,
        step: impl FnOnce(T) -> Option<Step>,
    ) -> Option<T> {
        let at = self.start;
        let mut input = Input::resume(range(self.storage.bytes(), at, difference(self.end, at)), self.cache);
        let found = look(&mut self.frames, &mut input);
        self.cache = input.cache();
        self.start = difference(self.end, input.remaining_len());
        let is_empty = found.is_some() && self.start == at;
        self.empty_finds = if is_empty { self.empty_finds.saturating_add(1) } else { 0 };
        self.found = found.and_then(step).map(|step| (step, at));
        found
    }
}

/// For the loop behind a `Connection`: it reports the end of the stream, borrows its buffer from the thread, and returns
/// a found frame in a later call.
impl ReceiveBuffer {
    /// Finds the next frame in what was read and not taken, as [`find_frame`](Self::find_frame) does. The end of the stream
    /// is left to that.
    #[inline]
    pub(crate) fn find_ready_frame(&mut self) -> Option<Result<(), Error>> {
        if self.find_known_frame() { Some(Ok(())) } else { self.find_ready_frame_slow() }
    }

    #[inline(never)]
    fn find_ready_frame_slow(&mut self) -> Option<Result<(), Error>> {
        if self.waiting() == 0 {
            return None;
        }
        if self.find_searched_frame() {
            return Some(Ok(()));
        }
        self.find_frame().map(|found| found.then_some(())).transpose()
    }

    /// Finds the next event in what was read and not taken, as [`find_event`](Self::find_event) does. The end of the stream
    /// is left to that.
    #[inline]
    pub(crate) fn find_ready_event(&mut self) -> Option<Result<(), Error>> {
        if self.find_known_event() { Some(Ok(())) } else { self.find_ready_event_slow() }
    }

    #[inline(never)]
    fn find_ready_event_slow(&mut self) -> Option<Result<(), Error>> {
        if self.waiting() == 0 {
            return None;
        }
        if self.find_searched_event() {
            return Some(Ok(()));
        }
        self.find_event().map(|found| found.then_some(())).transpose()
    }

    /// Returns the framing, to be changed.
    #[inline]
    pub(crate) fn frames_mut(&mut self) -> &mut Frames {
        // Held bytes lie in the delimiter that they are the beginning of, which may be replaced now.
        if let Some((Step::Data(Span::Held { .. }), _)) = self.found {
            self.found = None;
        }
        &mut self.frames
    }

    /// Finds the next event, if what was read has one.
    pub(crate) fn find_event(&mut self) -> Result<bool, Error> {
        let found = self.find_next_event();
        self.stop_spinning()?;
        Ok(found || self.find_last().is_some_and(|(len, _)| len > 0))
    }

    /// Finds the next frame, if what was read has one.
    ///
    /// A frame that is too long, and one that the end of the stream has cut, are errors, once each.
    pub(crate) fn find_frame(&mut self) -> Result<bool, Error> {
        if let Some(found) = self.find_whole_frame() {
            self.stop_spinning()?;
            return found.map(|()| true).map_err(Error::from);
        }
        match self.find_last() {
            // The frame that was cut can still be looked at.
            Some((_, end @ (End::MidFrame | End::Short { .. }))) => Err(Error::Truncated(end)),
            // The last frame, which the end of the stream has ended, and the beginning of a delimiter that is part of it.
            Some((len, End::Clean)) if len > self.max_len() => Err(Error::from(FrameTooLong::new(self.max_len()))),
            Some((len, End::Clean)) => Ok(len > 0),
            None => Ok(false),
        }
    }

    /// Skips the present frame, and returns its length if what was read has its end.
    ///
    /// A frame that the end of the stream has cut is an error, once.
    pub(crate) fn find_skipped(&mut self) -> Result<Option<u64>, Error> {
        let skipped = self.skip_frame();
        self.stop_spinning()?;
        if skipped.is_some() {
            return Ok(skipped);
        }
        let len = self.frames.skipped_len();
        match self.find_last() {
            Some((_, end @ (End::MidFrame | End::Short { .. }))) => Err(Error::Truncated(end)),
            Some((_, End::Clean)) if len > 0 => Ok(Some(len)),
            Some((_, End::Clean)) | None => Ok(None),
        }
    }

    /// Stops a caller that keeps asking for frames without a byte: its loop would never wait, and hang its task.
    fn stop_spinning(&mut self) -> Result<(), Error> {
        if self.empty_finds <= Self::MAX_EMPTY_FINDS {
            return Ok(());
        }
        self.empty_finds = 0;
        Err(Error::handler("the caller asks for one frame without a byte after another (Count(0))"))
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

    /// Returns how the stream ended, once everything has been returned.
    pub(crate) fn end(&self) -> Option<End> {
        match self.stream {
            Stream::Ended(end) => Some(end),
            Stream::Open | Stream::AtEnd => None,
        }
    }

    /// Returns whether more can be read.
    pub(crate) fn wants_read(&self) -> bool {
        self.stream == Stream::Open
    }

    /// Returns how many bytes were read and not taken by the framer.
    pub(crate) fn waiting(&self) -> usize {
        difference(self.end, self.start)
    }

    /// As [`space`](Self::space), in a buffer that is borrowed from `read_buffer` while there is something in it.
    pub(crate) fn space_from(&mut self, read_buffer: &mut Vec<u8>, size: usize) -> &mut [u8] {
        self.found = None;
        let mut buffer = self.take_buffer();
        if self.waiting() == 0 {
            (self.start, self.end) = (0, 0);
            if buffer.is_empty() {
                core::mem::swap(&mut buffer, read_buffer);
            }
        } else if self.start > 0 && difference(buffer.len(), self.end) < size {
            buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.waiting());
        }
        let needed = sum(self.end, size);
        if buffer.len() < needed {
            buffer.resize(needed, 0);
        }
        self.storage = Storage::Own(buffer);
        let Storage::Own(buffer) = &mut self.storage else { return &mut [] };
        let space = buffer.get_mut(self.end..needed);
        debug_assert!(space.is_some(), "the buffer has room");
        space.unwrap_or_default()
    }

    /// Takes the memory, with the bytes that were not taken. While frames share it they keep it, and these bytes are copied.
    fn take_buffer(&mut self) -> Vec<u8> {
        self.storage.take().unwrap_or_else(|shared| {
            let rest = range(&shared, self.start, self.waiting()).to_vec();
            (self.start, self.end) = (0, rest.len());
            rest
        })
    }

    /// Notes that the end of the stream was read.
    pub(crate) fn received_end(&mut self) {
        if self.stream == Stream::Open {
            self.stream = Stream::AtEnd;
        }
    }

    /// Gives the buffer back while there is nothing in it.
    pub(crate) fn return_buffer(&mut self, read_buffer: &mut Vec<u8>) {
        if self.waiting() == 0 {
            self.found = None;
            let buffer = self.storage.take().unwrap_or_default();
            (self.start, self.end) = (0, 0);
            if read_buffer.is_empty() {
                *read_buffer = buffer;
            }
        }
    }

    /// Takes everything that was read and not returned.
    pub(crate) fn take_unread(&mut self) -> Vec<u8> {
        self.start = sum(self.start, usize::from(self.begins_with_lf()));
        let (taken, _) = self.frames.finish();
        let mut unread = taken.to_vec();
        unread.extend_from_slice(range(self.storage.bytes(), self.start, self.waiting()));
        self.storage = Storage::EMPTY;
        (self.found, self.start, self.end) = (None, 0, 0);
        unread
    }

    /// Returns whether the bytes that were not taken begin with the LF of the line that has ended (F14).
    fn begins_with_lf(&self) -> bool {
        self.frames.awaits_lf() && range(self.storage.bytes(), self.start, self.waiting()).starts_with(b"\n")
    }

    /// Finds, at the end of the stream and once, what was held or buffered: returns its length, and how the stream
    /// ended.
    fn find_last(&mut self) -> Option<(usize, End)> {
        if self.stream != Stream::AtEnd {
            return None;
        }
        let (last, end) = self.frames.finish();
        let len = last.len();
        self.stream = Stream::Ended(end);
        self.found = Some((Step::Data(Span::Buffered), 0));
        Some((len, end))
    }
}

impl fmt::Debug for ReceiveBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiveBuffer")
            .field("frames", &self.frames)
            .field("waiting", &self.waiting())
            .field("stream", &self.stream)
            .finish()
    }
}

#[cfg(test)]
mod tests;
