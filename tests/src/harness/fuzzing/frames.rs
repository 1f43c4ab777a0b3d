use asynchat_core::{Frames, Input};

use super::fuzz_input::FuzzInput;
use crate::harness::cuts::Cut;
use crate::harness::frames_lockstep::FramesLockstep;
use crate::harness::frames_transcript::{frames_transcript, oracle_transcript};

/// Checks that a case gives the same frames under any cut, and that no order of calls panics.
///
/// # Panics
///
/// Where `Frames` and the oracle differ.
pub fn frames(data: &[u8]) {
    frames_and_events(data);
    let mut fuzz = FuzzInput::new(data);
    let max_len = fuzz.below(48);
    let specs = fuzz.specs(4);
    let case = fuzz.case(&specs);
    let cut = fuzz.cut(case.stream().len());
    let expected = oracle_transcript(&case, max_len);
    for cut in [Cut::whole(), cut] {
        assert_eq!(frames_transcript(&case, &cut, max_len), expected, "under {cut:?} in {case:?} with {max_len}");
    }

    let streams = [fuzz.stream(&specs), fuzz.stream(&specs), fuzz.stream(&specs)];
    let mut inputs = streams.iter();
    let mut input = Input::new(b"");
    let mut lockstep = FramesLockstep::new(&specs[0], max_len);
    let mut remembered = input.clone();
    while !fuzz.is_empty() {
        match fuzz.below(12) {
            0..=3 => drop(lockstep.next_frame(&mut input)),
            4 => lockstep.skip_frame(&mut input),
            5 => lockstep.set_max_frame_len(fuzz.below(48)),
            6 => lockstep.set_eof_ends_frame(fuzz.below(2) == 1),
            7 => lockstep.set_terminator(&specs[fuzz.below(specs.len())]),
            8 => lockstep.discard_input(&mut input),
            9 => input = inputs.next().map_or(Input::new(b""), |stream| Input::new(stream)),
            10 => remembered = std::mem::replace(&mut input, remembered.clone()),
            _ => lockstep.finish(),
        }
    }
}

/// Checks that no order of calls panics, events included.
fn frames_and_events(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let mut max_len = fuzz.below(48);
    let specs = fuzz.specs(4);
    let streams = [fuzz.stream(&specs), fuzz.stream(&specs), fuzz.stream(&specs)];
    let mut inputs = streams.iter();
    let mut input = Input::new(b"");
    let mut frames = Frames::with_max_len(specs[0].terminator(), max_len);
    while !fuzz.is_empty() {
        match fuzz.below(11) {
            0..=2 => {
                if let Some(Ok(frame)) = frames.next_frame(&mut input) {
                    assert!(frame.len() <= max_len, "{frame:?} is longer than {max_len}");
                }
            }
            3 => drop(frames.next_event(&mut input)),
            4 => frames.set_terminator(specs[fuzz.below(specs.len())].terminator()),
            5 => input = inputs.next().map_or(Input::new(b""), |stream| Input::new(stream)),
            6 => drop(frames.finish()),
            7 => frames.discard_input(&mut input),
            8 => drop(frames.skip_frame(&mut input)),
            9 => {
                max_len = fuzz.below(48).max(max_len);
                frames.set_max_frame_len(max_len);
            }
            _ => frames.discard(),
        }
    }
}
