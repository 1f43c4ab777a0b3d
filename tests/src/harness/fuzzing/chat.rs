use super::fuzz_input::FuzzInput;
use crate::harness::chat_lockstep::{Action, Call, Script, run, run_cut};
use crate::harness::cuts::Cut;
use crate::oracle::{TerminatorSpec, WaterMarks};

/// The pushes are small and the water marks are low, so that pushes often cross them.
const WATER_MARKS: WaterMarks = WaterMarks { high: 20, low: 8 };

/// Checks that a handler gets the calls that the contract requires, whenever it changes the terminator, the limit, the
/// output, the timer or the end of the conversation, and that they are the same under any cut.
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
        calls.push(match fuzz.below(17) {
            0..=5 => Call::Feed(fuzz.stream(&specs)),
            6..=8 => Call::Write(fuzz.below(40)),
            9 | 10 => Call::FromOutside(action(&mut fuzz, &specs)),
            11 | 12 => Call::Inside(action(&mut fuzz, &specs)),
            13 | 14 => Call::Answer(fuzz.below(8), fuzz.below(30)),
            15 => Call::Advance(fuzz.below(9) as u64),
            _ => Call::End,
        });
    }
    let _ = run(&script, &calls);
}

fn actions(fuzz: &mut FuzzInput<'_>, specs: &[TerminatorSpec]) -> Vec<Vec<Action>> {
    (0..fuzz.below(12)).map(|_| (0..fuzz.below(3)).map(|_| action(fuzz, specs)).collect()).collect()
}

fn action(fuzz: &mut FuzzInput<'_>, specs: &[TerminatorSpec]) -> Action {
    match fuzz.below(33) {
        0..=11 => Action::Set(specs[fuzz.below(specs.len())].clone()),
        12..=14 => Action::Limit(fuzz.below(16)),
        15..=20 => Action::Push(fuzz.below(30)),
        21 | 22 => Action::Defer,
        23 => Action::Timer(Some(fuzz.below(9) as u64).filter(|seconds| *seconds > 0)),
        24 => Action::Close,
        25 => Action::Upgrade,
        26 => Action::Finish,
        27 => Action::Discard,
        28 | 29 => Action::Pause,
        30 | 31 => Action::Resume,
        _ => Action::Fail,
    }
}
