//! A framer and its oracle, in step: after every single call the answer is judged.
//!
//! A transcript shows what came out in the end. This shows when, and by whose memory, so it also proves what a transcript
//! cannot: how much is held (F4), that data is the input itself (F12), and what happens when the terminator changes
//! between any two calls (F8) or an input goes on to another framer.

use std::fmt;

use asynchat_core::{Event, Framer, Input, Terminator};

use crate::harness::case::Case;
use crate::harness::cuts::Cut;
use crate::harness::transcript::member;
use crate::oracle::{FramerOracle, Step, TerminatorSpec};

/// A framer that is watched.
#[derive(Clone, Debug)]
pub struct FramerLockstep {
    framer: Framer,
    oracle: FramerOracle,
}

impl FramerLockstep {
    /// Both at the beginning of a stream.
    #[must_use]
    pub fn new(spec: &TerminatorSpec) -> Self {
        Self { framer: Framer::new(spec.terminator()), oracle: FramerOracle::new(spec.clone()) }
    }

    /// Sets the terminator of lockstep.
    pub fn set(&mut self, spec: &TerminatorSpec) {
        self.framer.set_terminator(spec.terminator());
        self.oracle.set(spec.clone());
    }

    /// Asks the framer for its next event. Whether it is one is the answer; which one is judged.
    ///
    /// # Panics
    ///
    /// When the contract wants another answer.
    pub fn next_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let before = input.remaining();
        self.oracle.feed(before);
        let expected = self.oracle.step();
        let held = self.oracle.unread().len() - before.len();
        let state = OracleState(self.oracle.clone());
        let step = match (self.framer.next_event(input), expected) {
            (None, Step::NeedsInput) => None,
            (Some(Event::Data(data)), Step::Data(most)) => {
                assert!((1..=most).contains(&data.len()), "{data:?} is not the next {most} bytes: {state}");
                assert!(is_borrowed(data, before, held), "{data:?} lies elsewhere: {state}");
                let step = Step::Data(data.len());
                assert_eq!(data, self.oracle.take(step), "{state}");
                Some(step)
            }
            (Some(Event::Terminator), Step::Terminator { length, .. }) => {
                let step = Step::Terminator { length, member: member(&self.framer) };
                assert_eq!(step, expected, "another member: {state}");
                self.oracle.take(step);
                Some(step)
            }
            (answer, expected) => panic!("{answer:?}, and not {expected:?}: {state}"),
        };
        if step.is_none() {
            assert!(input.is_empty(), "the framer asks for more, and leaves {:?}: {state}", input.remaining());
        }
        assert!(self.oracle.unread().ends_with(input.remaining()), "bytes were skipped: {state}");
        self.oracle.take_back(input.remaining().len());
        self.check_terminator(&state);
        step
    }

    /// Ends the stream of lockstep.
    ///
    /// # Panics
    ///
    /// When the framer loses a byte, or reads the end in another way.
    pub fn finish(&mut self) {
        let state = OracleState(self.oracle.clone());
        let (held, end) = self.oracle.finish();
        assert_eq!(self.framer.finish(), (held.as_slice(), end), "{state}");
    }

    /// Drops what is held.
    pub fn discard(&mut self) {
        self.framer.discard();
        self.oracle.finish();
    }

    /// The terminator is what the oracle says it is: `None` after a count, and in a count what is missing (F6).
    fn check_terminator(&self, state: &OracleState) {
        let same = match (self.framer.terminator(), self.oracle.spec()) {
            (Terminator::Delimiter(delimiter), TerminatorSpec::Delimiter(expected)) => delimiter.as_bytes() == expected,
            (Terminator::AnyOf(set), expected @ TerminatorSpec::AnyOf(_)) => set.members().eq(expected.delimiters()),
            (Terminator::Count(count), TerminatorSpec::Count(expected)) => count == expected,
            (Terminator::None, TerminatorSpec::None) => true,
            _ => false,
        };
        assert!(same, "{:?} is the terminator after: {state}", self.framer.terminator());
    }
}

/// Where they were before the call, for the message when they part.
struct OracleState(FramerOracle);

impl fmt::Display for OracleState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "under {:?} with \"{}\" unread", self.0.spec(), self.0.unread().escape_ascii())
    }
}

/// Runs a case under a cut, and judges every call.
///
/// # Panics
///
/// As [`FramerLockstep::next_event`] does.
pub fn run(case: &Case, cut: &Cut) {
    let mut lockstep = FramerLockstep::new(case.first());
    let mut schedule = case.schedule();
    for (segment, chunks) in case.segments().iter().zip(cut.segments(case)) {
        for chunk in chunks {
            let mut input = Input::new(chunk);
            while let Some(step) = lockstep.next_event(&mut input) {
                if let Step::Terminator { .. } = step
                    && let Some(spec) = schedule.after_terminator()
                {
                    lockstep.set(&spec);
                }
            }
        }
        if let Some(spec) = &segment.then {
            lockstep.set(spec);
        }
    }
    lockstep.finish();
}

/// Whether data is the very input at the cursor or, while bytes are held, some of these.
fn is_borrowed(data: &[u8], input: &[u8], held: usize) -> bool {
    if held == 0 { data.as_ptr() == input.as_ptr() } else { data.len() <= held }
}
