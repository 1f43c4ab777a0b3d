use asynchat_core::{Frames, Input};

use super::source::Source;
use crate::harness::cuts::Cut;
use crate::harness::whole_frames::{of_frames, of_oracle};

/// Any case delivers the same frames under any cut, and no order of calls panics.
///
/// # Panics
///
/// Where the frames and the oracle differ.
pub fn frames(data: &[u8]) {
    let mut source = Source::new(data);
    let max_len = source.below(48);
    let rules = source.rules(4);
    let case = source.case(&rules);
    let cut = source.cut(case.stream().len());
    let delivered = of_oracle(&case, max_len);
    for cut in [Cut::whole(), cut] {
        assert_eq!(of_frames(&case, &cut, max_len), delivered, "under {cut:?} in {case:?} with {max_len}");
    }

    let streams = [source.stream(&rules), source.stream(&rules), source.stream(&rules)];
    let mut inputs = streams.iter();
    let mut input = Input::new(b"");
    let mut frames = Frames::with_max_len(rules[0].terminator(), max_len);
    while !source.is_empty() {
        match source.below(8) {
            0..=2 => {
                if let Some(Ok(frame)) = frames.next_frame(&mut input) {
                    assert!(frame.len() <= max_len, "{frame:?} is longer than {max_len}");
                }
            }
            3 => drop(frames.next_event(&mut input)),
            4 => frames.set_terminator(rules[source.below(rules.len())].terminator()),
            5 => input = inputs.next().map_or(Input::new(b""), |stream| Input::new(stream)),
            6 => drop(frames.finish()),
            _ => frames.discard(),
        }
    }
}
