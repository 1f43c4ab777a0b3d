use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::framing::event::{End, Event};
use crate::framing::frames::Frames;
use crate::framing::input::Input;
use crate::framing::into_terminator::IntoTerminator;
use crate::framing::limit::{DEFAULT_MAX_LEN, FrameTooLong};
use crate::framing::search::SearchCache;
use crate::framing::span::Step;
use crate::framing::terminator::Terminator;
use crate::invariant::{difference, range, sum};

mod find;
mod polling;
mod storage;

use storage::Storage;

/// A receive buffer that splits into frames what is read into it: bytes in, frames out, for a read loop of your own.
///
/// [`Frames`] with the buffer of the bytes that were read and not yet returned. A frame that lies whole in the buffer
/// is lent from it, without a copy. Bytes are moved to the front of the buffer only when more are read behind them.
///
/// In scope: buffering, framing, the limit on frames. Out of scope: reading, and when to stop. An error of your
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
    /// The search of those bytes: a later look at them goes on where an earlier one ended.
    cache: SearchCache,
    /// The last find, and the `start` from which it was looked for.
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
        self.frames_mut().set_terminator(terminator);
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

    /// Returns whether the bytes that were not taken begin with the LF of the line that has ended (F14).
    fn begins_with_lf(&self) -> bool {
        self.frames.awaits_lf() && range(self.storage.bytes(), self.start, self.waiting()).starts_with(b"\n")
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
