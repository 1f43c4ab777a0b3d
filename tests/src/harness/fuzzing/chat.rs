use super::source::Source;
use crate::harness::chat_lockstep::{Act, Call, Script, run, run_cut};
use crate::harness::cuts::Cut;
use crate::oracle::{Marks, TerminatorSpec};

/// Pushes are small and the marks are low, so that they are often passed.
const MARKS: Marks = Marks { high: 20, low: 8 };

/// Any handler is told what the contract wants, whenever it changes the terminator, the limit or the output, and the same
/// under any cut.
///
/// # Panics
///
/// Where the conversation and the oracle differ.
pub fn chat(data: &[u8]) {
    let mut source = Source::new(data);
    let rules = source.rules(4);
    let mut script = Script {
        max_len: source.below(24),
        marks: MARKS,
        acts: [vec![Act::Set(rules[0].clone())]].into_iter().chain(acts(&mut source, &rules)).collect(),
        acts_on_data: Vec::new(),
    };
    let stream = source.stream(&rules);
    let cut = source.cut(stream.len());
    assert_eq!(run_cut(&script, &stream, &cut), run_cut(&script, &stream, &Cut::whole()), "under {cut:?}");

    script.acts_on_data = acts(&mut source, &rules);
    let mut calls = Vec::new();
    while !source.is_empty() {
        calls.push(match source.below(12) {
            0..=5 => Call::Feed(source.stream(&rules)),
            6..=8 => Call::Write(source.below(40)),
            9 | 10 => Call::Outside(act(&mut source, &rules)),
            _ => Call::End,
        });
    }
    let _ = run(&script, &calls);
}

fn acts(source: &mut Source<'_>, rules: &[TerminatorSpec]) -> Vec<Vec<Act>> {
    (0..source.below(12)).map(|_| (0..source.below(3)).map(|_| act(source, rules)).collect()).collect()
}

fn act(source: &mut Source<'_>, rules: &[TerminatorSpec]) -> Act {
    match source.below(32) {
        0..=15 => Act::Set(rules[source.below(rules.len())].clone()),
        16..=20 => Act::Limit(source.below(16)),
        21..=28 => Act::Push(source.below(30)),
        29 => Act::Close,
        30 => Act::Discard,
        _ => Act::Fail,
    }
}
