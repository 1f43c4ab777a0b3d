use alloc::vec::Vec;

use crate::error::Error;
use crate::framing::event::{End, Event};
use crate::framing::frames::Frames;
use crate::framing::input::Input;
use crate::framing::span::{Span, Step};
use crate::invariant::tail;

/// What a pull-style connection has read and not yet handed out, and the frames in it.
///
/// Finding and lending are two calls: `find_*` says whether there is something, and keeps where; `event` and `frame` lend
/// it. So a future can look, wait, look again, and borrow only when it returns; dropped in between, it has changed nothing.
///
/// The buffer is borrowed from the thread's read_buffer space for as long as there is something in it.
#[derive(Debug)]
pub(crate) struct ReceiveBuffer {
    pub(crate) frames: Frames,
    buffer: Vec<u8>,
    /// The bytes read and not yet taken by the framer are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// What was found last, and the `start` from which it was looked for.
    found: Option<(Step, usize)>,
    stream: Stream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Open,
    /// Its end has been read; what was held has not been handed out.
    AtEnd,
    /// All has been handed out.
    Ended(End),
}

impl ReceiveBuffer {
    pub(crate) fn new(frames: Frames) -> Self {
        Self { frames, buffer: Vec::new(), start: 0, end: 0, found: None, stream: Stream::Open }
    }

    /// Finds the next event, if what has been read has one.
    pub(crate) fn find_event(&mut self) -> bool {
        let at = self.start;
        self.found = self.look(Frames::find_event).map(|step| (step, at));
        self.found.is_some() || self.find_last().is_some_and(|(len, _)| len > 0)
    }

    /// Finds the next frame, if what has been read has one.
    ///
    /// A frame that is too long, and one that the end of the stream has cut, are errors, and afterwards are done with.
    pub(crate) fn find_frame(&mut self) -> Result<bool, Error> {
        let at = self.start;
        self.found = None;
        if let Some(found) = self.look(Frames::find_frame) {
            self.found = Some((Step::Data(found.map_err(Error::FrameTooLong)?), at));
            return Ok(true);
        }
        // Between two frames the end is no error, though a count may be set: its frame has not begun.
        let begun = self.frames.is_mid_frame();
        match self.find_last() {
            // What was cut can still be looked at.
            Some((_, end)) if begun => Err(Error::Truncated(end)),
            last => Ok(last.is_some_and(|(len, _)| len > 0)),
        }
    }

    /// The event that was found.
    pub(crate) fn event(&self) -> Event<'_> {
        match self.found {
            Some((step, at)) => self.frames.event(step, tail(&self.buffer, at)),
            None => Event::Data(&[]),
        }
    }

    /// The frame that was found, or the part of it that had come before it was cut.
    pub(crate) fn frame(&self) -> &[u8] {
        match self.found {
            Some((Step::Data(span), at)) => self.frames.bytes(span, tail(&self.buffer, at)),
            Some((Step::Terminator | Step::TooLong, _)) | None => &[],
        }
    }

    /// How the stream ended, once all of it has been handed out.
    pub(crate) fn end(&self) -> Option<End> {
        match self.stream {
            Stream::Ended(end) => Some(end),
            Stream::Open | Stream::AtEnd => None,
        }
    }

    /// Whether more can be read.
    pub(crate) fn wants_read(&self) -> bool {
        self.stream == Stream::Open
    }

    /// How many bytes have been read and not been taken by the framer.
    pub(crate) fn waiting(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// How many bytes have been read and not been handed out.
    pub(crate) fn unread(&self) -> usize {
        self.waiting().saturating_add(self.frames.unread())
    }

    /// Room to read up to `size` bytes into, behind those that wait.
    pub(crate) fn space(&mut self, read_buffer: &mut Vec<u8>, size: usize) -> &mut [u8] {
        self.found = None;
        if self.waiting() == 0 {
            (self.start, self.end) = (0, 0);
            if self.buffer.is_empty() {
                core::mem::swap(&mut self.buffer, read_buffer);
            }
        } else if self.start > 0 && self.buffer.len().saturating_sub(self.end) < size {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.waiting());
        }
        let needed = self.end.saturating_add(size);
        if self.buffer.len() < needed {
            self.buffer.resize(needed, 0);
        }
        self.buffer.get_mut(self.end..needed).unwrap_or_default()
    }

    /// So many bytes have been read into the space.
    pub(crate) fn received(&mut self, len: usize) {
        self.end = self.end.saturating_add(len).min(self.buffer.len());
    }

    /// The end of the stream has been read.
    pub(crate) fn received_end(&mut self) {
        if self.stream == Stream::Open {
            self.stream = Stream::AtEnd;
        }
    }

    /// Gives the buffer back while there is nothing in it.
    pub(crate) fn give_back(&mut self, read_buffer: &mut Vec<u8>) {
        if self.waiting() == 0 {
            self.found = None;
            let buffer = core::mem::take(&mut self.buffer);
            if read_buffer.is_empty() {
                *read_buffer = buffer;
            }
        }
    }

    /// Everything that has been read and not been handed out.
    pub(crate) fn take_unread(&mut self) -> Vec<u8> {
        let (taken, _) = self.frames.finish();
        let mut unread = taken.to_vec();
        unread.extend_from_slice(self.buffer.get(self.start..self.end).unwrap_or_default());
        self.buffer = Vec::new();
        (self.start, self.end) = (0, 0);
        unread
    }

    /// Drops everything that has been read and not been handed out.
    pub(crate) fn discard(&mut self) {
        self.frames.discard();
        self.found = None;
        self.start = self.end;
    }

    fn look<T>(&mut self, find: impl FnOnce(&mut Frames, &mut Input<'_>) -> Option<T>) -> Option<T> {
        let mut input = Input::new(self.buffer.get(self.start..self.end).unwrap_or_default());
        let found = find(&mut self.frames, &mut input);
        self.start = self.end.saturating_sub(input.remaining().len());
        found
    }

    /// At the end of the stream, once: how much had been held or buffered, and how the stream ended.
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
