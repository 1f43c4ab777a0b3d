use super::fuzz_input::FuzzInput;
use crate::harness::chat_lockstep::{Action, Call, Script, run, run_cut};
use crate::harness::cuts::Cut;
use crate::oracle::{TerminatorSpec, WaterMarks};

/// The pushes are small and the water marks are low, so that pushes often cross them.
const WATER_MARKS: WaterMarks = WaterMarks { high: 20, low: 8 };

/// Checks that a handler gets the calls that the contract requires, whenever it changes the terminator, the limit or
/// the output, and that they are the same under any cut.
///
/// # Panics
///
/// Where `Chat` and the oracle differ.
pub fn chat(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let specs = fuzz.specs(4);
    let mut script = Script {
        max_len: fuzz.below(24),
        water_marks: WATER_MARKS,
        actions: [vec![Action::Set(specs[0].clone())]].into_iter().chain(actions(&mut fuzz, &specs)).collect(),
        data_actions: Vec::new(),
    };
    let stream = fuzz.stream(&specs);
    let cut = fuzz.cut(stream.len());
    assert_eq!(run_cut(&script, &stream, &cut), run_cut(&script, &stream, &Cut::whole()), "under {cut:?}");

    script.data_actions = actions(&mut fuzz, &specs);
    let mut calls = Vec::new();
    while !fuzz.is_empty() {
        calls.push(match fuzz.below(12) {
            0..=5 => Call::Feed(fuzz.stream(&specs)),
            6..=8 => Call::Write(fuzz.below(40)),
            9 | 10 => Call::FromOutside(action(&mut fuzz, &specs)),
            _ => Call::End,
        });
    }
    let _ = run(&script, &calls);
}

fn actions(fuzz: &mut FuzzInput<'_>, specs: &[TerminatorSpec]) -> Vec<Vec<Action>> {
    (0..fuzz.below(12)).map(|_| (0..fuzz.below(3)).map(|_| action(fuzz, specs)).collect()).collect()
}

fn action(fuzz: &mut FuzzInput<'_>, specs: &[TerminatorSpec]) -> Action {
    match fuzz.below(38) {
        0..=15 => Action::Set(specs[fuzz.below(specs.len())].clone()),
        16..=20 => Action::Limit(fuzz.below(16)),
        21..=28 => Action::Push(fuzz.below(30)),
        29 => Action::Close,
        30 => Action::Discard,
        31..=33 => Action::Pause,
        34..=36 => Action::Resume,
        _ => Action::Fail,
    }
}
