//! Runs a `ReceiveBuffer` and the oracle of `Frames` in lockstep, and compares them after every call.

use asynchat_core::{Event, ReceiveBuffer};
use bytes::Bytes;

use crate::harness::frames_transcript::too_long;
use crate::oracle::{FrameEvent, FramesOracle, TerminatorSpec};

/// A `ReceiveBuffer` and the oracle, which has all of the bytes at once.
#[derive(Debug)]
pub struct ReceiveBufferLockstep {
    received: ReceiveBuffer,
    oracle: FramesOracle,
    /// Owned frames that are still alive, and what they have to contain.
    kept: Vec<(Bytes, Vec<u8>)>,
}

impl ReceiveBufferLockstep {
    /// Creates both at the beginning of a stream.
    #[must_use]
    pub fn new(spec: &TerminatorSpec, max_len: usize) -> Self {
        Self {
            received: ReceiveBuffer::with_max_len(spec.terminator(), max_len),
            oracle: FramesOracle::new(spec.clone(), max_len),
            kept: Vec::new(),
        }
    }

    /// Sets the terminator of both.
    pub fn set_terminator(&mut self, spec: &TerminatorSpec) {
        self.received.set_terminator(spec.terminator());
        self.oracle.set_terminator(spec.clone());
        self.compare();
    }

    /// Sets the limit of both.
    pub fn set_max_frame_len(&mut self, max_len: usize) {
        self.received.set_max_frame_len(max_len);
        self.oracle.set_max_len(max_len);
        self.compare();
    }

    /// Sets of both whether the end of the stream ends the last frame.
    pub fn set_eof_ends_frame(&mut self, eof_ends_frame: bool) {
        self.received.set_eof_ends_frame(eof_ends_frame);
        self.oracle.set_eof_ends_frame(eof_ends_frame);
    }

    /// Appends a copy of these bytes, behind those that are unread.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        self.oracle.feed(bytes);
        self.compare();
    }

    /// Reads these bytes into a space that is larger by `spare` bytes.
    pub fn read(&mut self, bytes: &[u8], spare: usize) {
        self.received.space(bytes.len() + spare)[..bytes.len()].copy_from_slice(bytes);
        self.compare();
        self.received.advance(bytes.len());
        self.oracle.feed(bytes);
        self.compare();
    }

    /// Requests the next frame of both. Returns whether there was one, or an error.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn next_frame(&mut self) -> bool {
        let expected = self.oracle.next_frame();
        let frame = self.received.next_frame().map(|frame| frame.map(<[u8]>::to_vec).map_err(too_long));
        assert_eq!(frame, expected, "the oracle is on the right: {self:?}");
        self.compare();
        frame.is_some()
    }

    /// Requests the next frame of both, owned, and keeps it.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn next_frame_owned(&mut self) {
        let expected = self.oracle.next_frame();
        let frame = self.received.next_frame_owned().map(|frame| frame.map_err(too_long));
        let found = frame.clone().map(|frame| frame.map(|frame| frame.to_vec()));
        assert_eq!(found, expected, "the oracle is on the right: {self:?}");
        if let (Some(Ok(frame)), Some(Ok(expected))) = (frame, expected) {
            self.kept.push((frame, expected));
        }
        self.compare();
    }

    /// Drops one of the owned frames.
    ///
    /// # Panics
    ///
    /// If it has changed since it was returned.
    pub fn drop_kept(&mut self, which: usize) {
        if !self.kept.is_empty() {
            let (frame, expected) = self.kept.swap_remove(which % self.kept.len());
            assert_eq!(frame, expected, "a frame that was kept has changed");
        }
    }

    /// Requests the next event of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn next_event(&mut self) {
        let event = self.received.next_event().map(|event| match event {
            Event::Data(data) => FrameEvent::Data(data.to_vec()),
            Event::Terminator => FrameEvent::Terminator,
        });
        // Data may come in several events, none of which is empty (F1, F3).
        let most = if let Some(FrameEvent::Data(data)) = &event { data.len() } else { usize::MAX };
        let expected = self.oracle.next_event(most);
        assert_eq!(event, expected, "the oracle is on the right: {self:?}");
        self.compare();
    }

    /// Skips the present frame of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn skip_frame(&mut self) {
        assert_eq!(self.received.skip_frame(), self.oracle.skip_frame(), "{self:?}");
        self.compare();
    }

    /// Discards the input of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn discard_input(&mut self) {
        self.received.discard_input();
        self.oracle.discard_input();
        self.compare();
    }

    /// Discards everything of both, and begins anew.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn discard(&mut self) {
        self.received.discard();
        self.oracle.finish();
        self.compare();
    }

    /// Takes all frames that are there, and ends the stream of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn finish(&mut self) {
        while self.next_frame() {}
        let (rest, end) = self.oracle.finish();
        assert_eq!(self.received.finish(), (&*rest, end), "the oracle is on the right: {:?}", self.oracle);
        self.compare();
    }

    /// Compares what was not returned, and what can be looked at.
    fn compare(&self) {
        assert_eq!(self.received.partial(), self.oracle.partial(), "the oracle is on the right: {self:?}");
        assert_eq!(self.received.unread(), self.oracle.unread_len(), "the oracle is on the right: {self:?}");
    }
}

/// The frames that are left are as they were.
impl Drop for ReceiveBufferLockstep {
    fn drop(&mut self) {
        while !self.kept.is_empty() && !std::thread::panicking() {
            self.drop_kept(0);
        }
    }
}
