//! Calls in any order: none panics, and each result is right.

use asynchat_core::{Event, Framer, Input};
use asynchat_tests::harness::framer_lockstep::FramerLockstep;
use asynchat_tests::oracle::TerminatorSpec;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::strategies::{cases, pieces, spec, stream};

/// A call on one of two framers that share their inputs.
#[derive(Clone, Debug)]
enum Call {
    /// Requests the next event, this many times.
    Next(usize),
    SetTerminator(Index),
    /// Drops the present input, with the bytes that are left in it.
    NextInput,
    /// Swaps the present input with a clone that was saved earlier.
    SwapInput,
    /// Continues with the other framer, on the same input.
    Other,
    Finish,
    Discard,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => (1_usize..4).prop_map(Call::Next),
        4 => any::<Index>().prop_map(Call::SetTerminator),
        3 => Just(Call::NextInput),
        1 => Just(Call::SwapInput),
        1 => Just(Call::Other),
        1 => Just(Call::Finish),
        1 => Just(Call::Discard),
    ]
}

proptest! {
    #![proptest_config(cases(1500))]

    // F8, F9, F12, F13
    #[test]
    fn framer_answers_any_order_of_calls(
        specs in vec(spec(), 1..5),
        inputs in vec(pieces(), 1..6),
        calls in vec(call(), 0..60),
    ) {
        let in_play: Vec<&TerminatorSpec> = specs.iter().collect();
        let inputs: Vec<Vec<u8>> = inputs.iter().map(|pieces| stream(pieces, &in_play)).collect();
        let mut inputs = inputs.iter();
        let mut input = Input::new(b"");
        let mut remembered = input.clone();
        let (mut present, mut other) = (FramerLockstep::new(&specs[0]), FramerLockstep::new(&specs[specs.len() - 1]));
        for call in calls {
            match call {
                Call::Next(times) => (0..times).for_each(|_| { present.next_event(&mut input); }),
                Call::SetTerminator(which) => present.set_terminator(which.get(&specs)),
                Call::NextInput => input = inputs.next().map_or(Input::new(b""), |bytes| Input::new(bytes)),
                Call::SwapInput => remembered = std::mem::replace(&mut input, remembered.clone()),
                Call::Other => std::mem::swap(&mut present, &mut other),
                Call::Finish => present.finish(),
                Call::Discard => present.discard(),
            }
        }
    }
}

// F8
#[test]
fn framer_terminator_change_applies_at_next_byte() {
    let mut framer = Framer::new(b"\r\n");
    let mut input = Input::new(b"ab\r\ncd\n");
    assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"ab")));
    framer.set_terminator(b"\n");
    assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"\r")));
    assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
    framer.set_terminator(b"d");
    assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"c")));
    framer.set_terminator(b"d\n");
    assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
    assert!(input.is_empty());
}

// F8
#[test]
fn framer_continues_input_of_another_framer() {
    let mut lines = Framer::new(b"\n");
    let mut words = Framer::new(b" ");
    let mut input = Input::new(b"a b\nc d\n");
    assert_eq!(words.next_event(&mut input), Some(Event::Data(b"a")));
    assert_eq!(lines.next_event(&mut input), Some(Event::Data(b" b")));
    assert_eq!(words.next_event(&mut input), Some(Event::Data(b"\nc")));
    assert_eq!(words.next_event(&mut input), Some(Event::Terminator));
    assert_eq!(lines.next_event(&mut input), Some(Event::Data(b"d")));
    assert_eq!(input.remaining(), b"\n");
}

// F12
#[test]
fn framer_data_borrows_the_input() {
    let bytes = b"one\r\ntwo\rthree\r";
    let mut framer = Framer::new(b"\r\n");
    let mut input = Input::new(bytes);
    let mut at = 0;
    while let Some(event) = framer.next_event(&mut input) {
        match event {
            Event::Data(data) => {
                assert!(std::ptr::eq(data, &bytes[at..at + data.len()]));
                at += data.len();
            }
            Event::Terminator => at += 2,
        }
    }
    assert_eq!(at, bytes.len() - 1);
}
