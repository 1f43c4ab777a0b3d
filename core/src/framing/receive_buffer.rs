use alloc::vec::Vec;

use crate::error::Error;
use crate::framing::event::{End, Event};
use crate::framing::frames::Frames;
use crate::framing::input::Input;
use crate::framing::place::{Found, Place};
use crate::framing::step::Step;

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
    found: Lent,
    stream: Stream,
}

/// Where that which was found last lies.
#[derive(Debug, Clone, Copy)]
enum Lent {
    Nothing,
    /// In the buffer, or in the framer.
    Step {
        step: Step,
        at: usize,
    },
    Frame {
        place: Place,
        at: usize,
    },
    /// All that `Frames` has buffered.
    Buffered,
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
        Self { frames, buffer: Vec::new(), start: 0, end: 0, found: Lent::Nothing, stream: Stream::Open }
    }

    /// Finds the next event, if what has been read has one.
    pub(crate) fn find_event(&mut self) -> bool {
        self.found = Lent::Nothing;
        loop {
            let at = self.start;
            match self.look(Frames::find_event) {
                Some(Found::Skipped) => {}
                Some(Found::Buffered) => self.found = Lent::Buffered,
                Some(Found::Step(step)) => self.found = Lent::Step { step, at },
                None => return self.find_last().is_some_and(|(len, _)| len > 0),
            }
            if !matches!(self.found, Lent::Nothing) {
                return true;
            }
        }
    }

    /// Finds the next frame, if what has been read has one.
    ///
    /// A frame that is too long, and one that the end of the stream has cut, are errors, and afterwards are done with.
    pub(crate) fn find_frame(&mut self) -> Result<bool, Error> {
        let at = self.start;
        self.found = Lent::Nothing;
        self.found = match self.look(Frames::find_frame) {
            Some(Place::TooLong) => {
                return Err(Error::FrameTooLong(crate::framing::FrameTooLong::new(self.frames.max_len())));
            }
            Some(place) => Lent::Frame { place, at },
            None => Lent::Nothing,
        };
        if matches!(self.found, Lent::Frame { .. }) {
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
            Lent::Step { step, at } => self.frames.event(step, self.buffer.get(at..).unwrap_or_default()),
            Lent::Buffered | Lent::Frame { .. } | Lent::Nothing => Event::Data(self.frame()),
        }
    }

    /// The frame that was found, or the part of it that had come before it was cut.
    pub(crate) fn frame(&self) -> &[u8] {
        match self.found {
            // Only frames that are not too long are lent.
            Lent::Frame { place, at } => {
                self.frames.frame(place, self.buffer.get(at..).unwrap_or_default()).unwrap_or_default()
            }
            Lent::Buffered => self.frames.buffered(),
            Lent::Step { .. } | Lent::Nothing => &[],
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
        self.found = Lent::Nothing;
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
            self.found = Lent::Nothing;
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
        self.found = Lent::Nothing;
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
        self.found = Lent::Buffered;
        Some((len, end))
    }
}
