//! Runs a `Framer` and its oracle in lockstep, and compares them after every call.
//!
//! A transcript shows what came out in the end. A lockstep run also shows when, and from which memory. It therefore
//! proves what a transcript cannot: how many bytes are held (F4), that data borrows the input (F12), and that the
//! terminator can change (F8), or an input move to another framer, between any two calls.

use std::fmt;

use asynchat_core::{Event, Framer, Input, Terminator};

use crate::harness::case::Case;
use crate::harness::cuts::Cut;
use crate::harness::transcript::member;
use crate::oracle::{FramerOracle, Step, TerminatorSpec};

/// A framer and its oracle.
#[derive(Clone, Debug)]
pub struct FramerLockstep {
    framer: Framer,
    oracle: FramerOracle,
}

impl FramerLockstep {
    /// Creates both at the beginning of a stream.
    #[must_use]
    pub fn new(spec: &TerminatorSpec) -> Self {
        Self { framer: Framer::new(spec.terminator()), oracle: FramerOracle::new(spec.clone()) }
    }

    /// Sets the terminator of both.
    pub fn set_terminator(&mut self, spec: &TerminatorSpec) {
        self.framer.set_terminator(spec.terminator());
        self.oracle.set_terminator(spec.clone());
    }

    /// Requests the framer's next event and checks it. Returns it, or `None` if the framer needs more input.
    ///
    /// # Panics
    ///
    /// When the contract requires another event.
    pub fn next_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let mut before = input.remaining();
        if self.oracle.awaits_lf() {
            before = before.strip_prefix(b"\n").unwrap_or(before);
        }
        self.oracle.feed(input.remaining());
        let expected = self.oracle.step();
        let held = self.oracle.unread().len() - before.len();
        let state = OracleState(self.oracle.clone());
        let step = match (self.framer.next_event(input), expected) {
            (None, Step::NeedsInput) => None,
            (Some(Event::Data(data)), Step::Data(most)) => {
                assert!((1..=most).contains(&data.len()), "{data:?} is not the next {most} bytes: {state}");
                assert!(is_borrowed(data, before, held), "{data:?} is not borrowed from the input: {state}");
                let step = Step::Data(data.len());
                assert_eq!(data, self.oracle.take(step), "{state}");
                Some(step)
            }
            (Some(Event::Terminator), Step::Terminator { length, .. }) => {
                let step = Step::Terminator { length, member: member(&self.framer) };
                assert_eq!(step, expected, "another member matched: {state}");
                self.oracle.take(step);
                Some(step)
            }
            (answer, expected) => panic!("got {answer:?}, expected {expected:?}: {state}"),
        };
        if step.is_none() {
            assert!(input.is_empty(), "the framer needs more input, but leaves {:?}: {state}", input.remaining());
        }
        assert!(self.oracle.unread().ends_with(input.remaining()), "bytes were skipped: {state}");
        self.oracle.take_back(input.remaining().len());
        self.check_terminator(&state);
        step
    }

    /// Ends the stream of both.
    ///
    /// # Panics
    ///
    /// When the framer loses a byte, or returns another [`End`](asynchat_core::End).
    pub fn finish(&mut self) {
        let state = OracleState(self.oracle.clone());
        let (held, end) = self.oracle.finish();
        assert_eq!(self.framer.finish(), (held.as_slice(), end), "{state}");
    }

    /// Drops the held bytes.
    pub fn discard(&mut self) {
        self.framer.discard();
        self.oracle.finish();
    }

    /// Checks that the framer's terminator is the oracle's: `None` after a count, and within a count the missing bytes
    /// (F6).
    fn check_terminator(&self, state: &OracleState) {
        let same = match (self.framer.terminator(), self.oracle.spec()) {
            (Terminator::Delimiter(delimiter), TerminatorSpec::Delimiter(expected)) => delimiter.as_bytes() == expected,
            (Terminator::AnyOf(set), expected @ TerminatorSpec::AnyOf(_)) => set.members().eq(expected.delimiters()),
            (Terminator::Count(count), TerminatorSpec::Count(expected)) => count == expected,
            (Terminator::None, TerminatorSpec::None) => true,
            (Terminator::UniversalNewline, TerminatorSpec::UniversalNewline) => true,
            _ => false,
        };
        assert!(same, "the terminator is {:?} after: {state}", self.framer.terminator());
    }
}

/// The oracle before the call, for the panic message.
struct OracleState(FramerOracle);

impl fmt::Display for OracleState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "under {:?} with \"{}\" unread", self.0.spec(), self.0.unread().escape_ascii())
    }
}

/// Runs a case under a cut and checks every call.
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
                    lockstep.set_terminator(&spec);
                }
            }
        }
        if let Some(spec) = &segment.then {
            lockstep.set_terminator(spec);
        }
    }
    lockstep.finish();
}

/// Returns whether data begins at the cursor of the input or, while bytes are held, is no longer than they are.
fn is_borrowed(data: &[u8], input: &[u8], held: usize) -> bool {
    if held == 0 { data.as_ptr() == input.as_ptr() } else { data.len() <= held }
}
