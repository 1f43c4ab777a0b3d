//! Transcripts of `Frames` and of its oracle.
//!
//! The schedule of a [`Case`] is asked after each frame and after each frame that is too long. In the second case, a
//! change takes effect at the first byte beyond the limit (L2, F8).

use asynchat_core::{End, FrameTooLong, Frames, Input};

use crate::harness::case::Case;
use crate::harness::cuts::Cut;
use crate::oracle::{FramesOracle, TooLong};

/// A frame, or that it was too long.
pub type FrameResult = Result<Vec<u8>, TooLong>;

/// Everything that came out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramesTranscript {
    /// The whole frames and the errors.
    pub frames: Vec<FrameResult>,
    /// The partial frame at the end.
    pub rest: Vec<u8>,
    /// The state of the stream at its end.
    pub end: End,
}

/// Runs the oracle over a case.
#[must_use]
pub fn oracle_transcript(case: &Case, max_len: usize) -> FramesTranscript {
    let mut oracle = FramesOracle::new(case.first().clone(), max_len);
    let mut schedule = case.schedule();
    let mut results = Vec::new();
    for segment in case.segments() {
        oracle.feed(&segment.bytes);
        while let Some(result) = oracle.next_frame() {
            if let Some(spec) = schedule.after_terminator() {
                oracle.set_terminator(spec);
            }
            results.push(result);
        }
        if let Some(spec) = &segment.then {
            oracle.set_terminator(spec.clone());
        }
    }
    let (rest, end) = oracle.finish();
    FramesTranscript { frames: results, rest, end }
}

/// Runs core's `Frames` over a case under a cut, and compares it with the oracle after each frame.
///
/// # Panics
///
/// When a frame comes with another chunk than the oracle's does (L2), or a frame that lies whole in one chunk is a copy
/// of it (L4).
#[must_use]
pub fn frames_transcript(case: &Case, cut: &Cut, max_len: usize) -> FramesTranscript {
    let mut frames = Frames::with_max_len(case.first().terminator(), max_len);
    let mut oracle = FramesOracle::new(case.first().clone(), max_len);
    let mut schedule = case.schedule();
    let mut results = Vec::new();
    for (segment, chunks) in case.segments().iter().zip(cut.segments(case)) {
        for chunk in chunks {
            let mut input = Input::new(chunk);
            oracle.feed(chunk);
            loop {
                let begins_here = oracle.begins_within(chunk.len());
                let Some(frame) = frames.next_frame(&mut input) else { break };
                if let (Ok(frame), true) = (frame, begins_here) {
                    assert!(lies_within(frame, chunk), "{frame:?} is a copy, under {cut:?} in {case:?}");
                }
                let result = frame.map(<[u8]>::to_vec).map_err(too_long);
                assert_eq!(Some(&result), oracle.next_frame().as_ref(), "under {cut:?} in {case:?}");
                if let Some(spec) = schedule.after_terminator() {
                    frames.set_terminator(spec.terminator());
                    oracle.set_terminator(spec);
                }
                results.push(result);
            }
            assert_eq!(oracle.next_frame(), None, "a frame is missing under {cut:?} in {case:?}");
            assert!(input.is_empty(), "the frames need more input, but leave {:?}", input.remaining());
        }
        if let Some(spec) = &segment.then {
            frames.set_terminator(spec.terminator());
            oracle.set_terminator(spec.clone());
        }
    }
    let (rest, end) = frames.finish();
    FramesTranscript { frames: results, rest: rest.to_vec(), end }
}

/// The error as the oracle has it.
pub(crate) fn too_long(error: FrameTooLong) -> TooLong {
    error.skipped_len().map_or(TooLong::Begun, TooLong::Ended)
}

fn lies_within(frame: &[u8], chunk: &[u8]) -> bool {
    frame.is_empty()
        || (chunk.as_ptr_range().contains(&frame.as_ptr()) && frame.as_ptr_range().end <= chunk.as_ptr_range().end)
}
