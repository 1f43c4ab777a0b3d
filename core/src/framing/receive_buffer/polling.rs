//! For the loop behind a `Connection`: it reports the end of the stream, borrows its buffer from the thread, and returns a
//! found frame in a later call.

use alloc::vec::Vec;

use super::storage::Storage;
use super::{ReceiveBuffer, Stream};
use crate::error::Error;
use crate::framing::event::End;
use crate::framing::frames::Frames;
use crate::framing::limit::FrameTooLong;
use crate::framing::span::{Span, Step};
use crate::invariant::{difference, range, sum};

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
        if self.drop_found_behind_end() {
            return Ok(false);
        }
        let found = self.find_next_event();
        self.stop_spinning()?;
        Ok(found || self.find_last().is_some_and(|(len, _)| len > 0))
    }

    /// Finds the next frame, if what was read has one.
    ///
    /// A frame that is too long, and one that the end of the stream has cut, are errors, once each.
    pub(crate) fn find_frame(&mut self) -> Result<bool, Error> {
        if self.drop_found_behind_end() {
            return Ok(false);
        }
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
        if self.drop_found_behind_end() {
            return Ok(None);
        }
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

    /// Returns whether the end of the stream was reported, and drops what was found last if so. No frame follows the end, not
    /// even one that needs no byte: a count of 0, or one that the limit refuses.
    fn drop_found_behind_end(&mut self) -> bool {
        let has_ended = matches!(self.stream, Stream::Ended(_));
        if has_ended {
            self.found = None;
        }
        has_ended
    }

    /// Stops a caller that keeps asking for frames without a byte: its loop would never wait, and hang its task.
    fn stop_spinning(&mut self) -> Result<(), Error> {
        if self.empty_finds <= Self::MAX_EMPTY_FINDS {
            return Ok(());
        }
        self.empty_finds = 0;
        Err(Error::handler("the caller asks for one frame without a byte after another (Count(0))"))
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
