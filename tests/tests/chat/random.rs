//! Random scripts, streams and calls, against the oracle.

use asynchat_tests::harness::chat_lockstep::{Action, Call, Script, run, run_cut};
use asynchat_tests::harness::cuts::{Cut, every_cut};
use asynchat_tests::oracle::{TerminatorSpec, WaterMarks};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::strategies::{Piece, cases, pieces, spec, stream};

/// The pushes are small and the water marks are low, so that pushes often cross them.
const WATER_MARKS: WaterMarks = WaterMarks { high: 20, low: 8 };

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        12 => spec().prop_map(Action::Set),
        3 => (0_usize..12).prop_map(Action::Limit),
        6 => (0_usize..30).prop_map(Action::Push),
        2 => Just(Action::Defer),
        1 => prop_oneof![Just(None), (1_u64..9).prop_map(Some)].prop_map(Action::Timer),
        1 => Just(Action::Close),
        1 => Just(Action::Upgrade),
        1 => Just(Action::Finish),
        1 => Just(Action::Discard),
        2 => Just(Action::Pause),
        2 => Just(Action::Resume),
        1 => Just(Action::Fail),
    ]
}

/// The actions in the first calls of a kind.
fn actions() -> impl Strategy<Value = Vec<Vec<Action>>> {
    vec(prop_oneof![3 => Just(Vec::new()), 4 => vec(action(), 1..3)], 0..12)
}

/// A script that first sets a terminator.
fn script() -> impl Strategy<Value = Script> {
    (spec(), actions(), 0_usize..20).prop_map(|(first, actions, max_len)| {
        let actions = [vec![Action::Set(first)]].into_iter().chain(actions).collect();
        Script { max_len, water_marks: WATER_MARKS, actions, data_actions: Vec::new() }
    })
}

fn specs(script: &Script) -> Vec<&TerminatorSpec> {
    fn spec(action: &Action) -> Option<&TerminatorSpec> {
        if let Action::Set(spec) = action { Some(spec) } else { None }
    }
    script.actions.iter().chain(&script.data_actions).flatten().filter_map(spec).collect()
}

/// A call from outside, before its delimiters are known.
#[derive(Clone, Debug)]
enum Outside {
    Feed(Vec<Piece>),
    Call(Call),
}

fn outside() -> impl Strategy<Value = Outside> {
    prop_oneof![
        6 => pieces().prop_map(Outside::Feed),
        3 => (0_usize..40).prop_map(|most| Outside::Call(Call::Write(most))),
        2 => action().prop_map(|action| Outside::Call(Call::FromOutside(action))),
        2 => action().prop_map(|action| Outside::Call(Call::Inside(action))),
        2 => (any::<usize>(), 0_usize..30).prop_map(|(which, length)| Outside::Call(Call::Answer(which, length))),
        1 => (0_u64..9).prop_map(|seconds| Outside::Call(Call::Advance(seconds))),
        1 => Just(Outside::Call(Call::End)),
    ]
}

proptest! {
    #![proptest_config(cases(60))]

    // F1, F8, L1, L5, O6, C1, C2, C3, C12
    #[test]
    fn chat_calls_are_the_same_under_every_cut(script in script(), pieces in pieces()) {
        let stream = stream(&pieces, &specs(&script));
        let whole = run_cut(&script, &stream, &Cut::whole());
        for cut in every_cut(stream.len()) {
            prop_assert_eq!(&run_cut(&script, &stream, &cut), &whole, "under {:?}", cut);
        }
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    // F8, L5, O1, O5, O6, O8, C1, C2, C3, C12, C13, C14, C15, C18
    #[test]
    fn chat_calls_match_the_oracle(
        script in script(),
        data_actions in actions(),
        calls in vec(outside(), 0..20),
    ) {
        let script = Script { data_actions, ..script };
        let specs = specs(&script);
        let calls: Vec<Call> = calls
            .into_iter()
            .map(|call| match call {
                Outside::Feed(pieces) => Call::Feed(stream(&pieces, &specs)),
                Outside::Call(call) => call,
            })
            .collect();
        let _ = run(&script, &calls);
    }
}
