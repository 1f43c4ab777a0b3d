//! Runs a `Frames` and its oracle in lockstep, and compares them after every call.

use asynchat_core::{Frames, Input};

use crate::harness::frames_transcript::too_long;
use crate::oracle::{FramesOracle, TerminatorSpec};

/// `Frames` and their oracle.
#[derive(Clone, Debug)]
pub struct FramesLockstep {
    frames: Frames,
    oracle: FramesOracle,
}

impl FramesLockstep {
    /// Creates both at the beginning of a stream.
    #[must_use]
    pub fn new(spec: &TerminatorSpec, max_len: usize) -> Self {
        Self {
            frames: Frames::with_max_len(spec.terminator(), max_len),
            oracle: FramesOracle::new(spec.clone(), max_len),
        }
    }

    /// Sets the terminator of both.
    pub fn set_terminator(&mut self, spec: &TerminatorSpec) {
        self.frames.set_terminator(spec.terminator());
        self.oracle.set_terminator(spec.clone());
    }

    /// Sets the limit of both.
    pub fn set_max_frame_len(&mut self, max_len: usize) {
        self.frames.set_max_frame_len(max_len);
        self.oracle.set_max_len(max_len);
    }

    /// Sets of both whether the end of the stream ends the last frame.
    pub fn set_eof_ends_frame(&mut self, eof_ends_frame: bool) {
        self.frames.set_eof_ends_frame(eof_ends_frame);
        self.oracle.set_eof_ends_frame(eof_ends_frame);
    }

    /// Requests the next frame of both. Returns whether there was one, or an error.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn next_frame(&mut self, input: &mut Input<'_>) -> bool {
        self.oracle.feed(input.remaining());
        let expected = self.oracle.next_frame();
        let frame = self.frames.next_frame(input).map(|frame| frame.map(<[u8]>::to_vec).map_err(too_long));
        assert_eq!(frame, expected, "the oracle is on the right: {:?}", self.oracle);
        assert!(frame.is_some() || input.is_empty(), "the frames need more input, and leave some");
        self.compare(input);
        frame.is_some()
    }

    /// Skips the present frame of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn skip_frame(&mut self, input: &mut Input<'_>) {
        self.oracle.feed(input.remaining());
        assert_eq!(self.frames.skip_frame(input), self.oracle.skip_frame(), "{:?}", self.oracle);
        self.compare(input);
    }

    /// Discards the input of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn discard_input(&mut self, input: &mut Input<'_>) {
        self.oracle.feed(input.remaining());
        self.frames.discard_input(input);
        self.oracle.discard_input();
        assert!(input.is_empty(), "input is left");
        self.compare(input);
    }

    /// Ends the stream of both.
    ///
    /// # Panics
    ///
    /// When they differ.
    pub fn finish(&mut self) {
        let (rest, end) = self.oracle.finish();
        assert_eq!(self.frames.finish(), (&*rest, end), "the oracle is on the right: {:?}", self.oracle);
        self.compare(&Input::new(b""));
    }

    /// Compares what was not taken, and what can be looked at.
    fn compare(&mut self, input: &Input<'_>) {
        assert!(self.oracle.unread().ends_with(input.remaining()), "bytes were skipped: {:?}", self.oracle);
        self.oracle.take_back(input.remaining().len());
        assert_eq!(self.frames.partial(), self.oracle.partial(), "the oracle is on the right: {:?}", self.oracle);
    }
}
