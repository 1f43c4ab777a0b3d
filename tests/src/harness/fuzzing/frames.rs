use asynchat_core::{Frames, Input};

use super::fuzz_input::FuzzInput;
use crate::harness::cuts::Cut;
use crate::harness::frames_transcript::{frames_transcript, oracle_transcript};

/// Checks that a case gives the same frames under any cut, and that no order of calls panics.
///
/// # Panics
///
/// Where `Frames` and the oracle differ.
pub fn frames(data: &[u8]) {
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
    let mut frames = Frames::with_max_len(specs[0].terminator(), max_len);
    while !fuzz.is_empty() {
        match fuzz.below(8) {
            0..=2 => {
                if let Some(Ok(frame)) = frames.next_frame(&mut input) {
                    assert!(frame.len() <= max_len, "{frame:?} is longer than {max_len}");
                }
            }
            3 => drop(frames.next_event(&mut input)),
            4 => frames.set_terminator(specs[fuzz.below(specs.len())].terminator()),
            5 => input = inputs.next().map_or(Input::new(b""), |stream| Input::new(stream)),
            6 => drop(frames.finish()),
            _ => frames.discard(),
        }
    }
}
