//! Any script, any stream and any calls, against the oracle.

use asynchat_tests::harness::chat_lockstep::{Act, Call, Script, run, run_cut};
use asynchat_tests::harness::cuts::{Cut, every_cut};
use asynchat_tests::oracle::{Marks, TerminatorSpec};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::strategies::{Piece, cases, pieces, rule, stream};

/// Pushes are small and the marks are low, so that they are often passed.
const MARKS: Marks = Marks { high: 20, low: 8 };

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => rule().prop_map(Act::Set),
        3 => (0_usize..12).prop_map(Act::Limit),
        6 => (0_usize..30).prop_map(Act::Push),
        1 => Just(Act::Close),
        1 => Just(Act::Discard),
        1 => Just(Act::Fail),
    ]
}

/// What is done in the first calls of a kind.
fn acts() -> impl Strategy<Value = Vec<Vec<Act>>> {
    vec(prop_oneof![3 => Just(Vec::new()), 4 => vec(act(), 1..3)], 0..12)
}

/// A script that begins with a terminator.
fn script() -> impl Strategy<Value = Script> {
    (rule(), acts(), 0_usize..20).prop_map(|(first, acts, max_len)| {
        let acts = [vec![Act::Set(first)]].into_iter().chain(acts).collect();
        Script { max_len, marks: MARKS, acts, acts_on_data: Vec::new() }
    })
}

fn rules(script: &Script) -> Vec<&TerminatorSpec> {
    fn rule(act: &Act) -> Option<&TerminatorSpec> {
        if let Act::Set(rule) = act { Some(rule) } else { None }
    }
    script.acts.iter().chain(&script.acts_on_data).flatten().filter_map(rule).collect()
}

/// A call from outside, before it is known which delimiters there are.
#[derive(Clone, Debug)]
enum Outside {
    Feed(Vec<Piece>),
    Call(Call),
}

fn outside() -> impl Strategy<Value = Outside> {
    prop_oneof![
        6 => pieces().prop_map(Outside::Feed),
        3 => (0_usize..40).prop_map(|most| Outside::Call(Call::Write(most))),
        2 => act().prop_map(|act| Outside::Call(Call::Outside(act))),
        1 => Just(Outside::Call(Call::End)),
    ]
}

proptest! {
    #![proptest_config(cases(60))]

    // F1, F8, L1, L5, O6, C1, C2, C3
    #[test]
    fn chat_calls_are_the_same_under_every_cut(script in script(), pieces in pieces()) {
        let stream = stream(&pieces, &rules(&script));
        let whole = run_cut(&script, &stream, &Cut::whole());
        for cut in every_cut(stream.len()) {
            prop_assert_eq!(&run_cut(&script, &stream, &cut), &whole, "under {:?}", cut);
        }
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    // F8, L5, O5, O6, C1, C2, C3
    #[test]
    fn chat_calls_match_the_oracle(
        script in script(),
        acts_on_data in acts(),
        calls in vec(outside(), 0..20),
    ) {
        let script = Script { acts_on_data, ..script };
        let rules = rules(&script);
        let calls: Vec<Call> = calls
            .into_iter()
            .map(|call| match call {
                Outside::Feed(pieces) => Call::Feed(stream(&pieces, &rules)),
                Outside::Call(call) => call,
            })
            .collect();
        let _ = run(&script, &calls);
    }
}
