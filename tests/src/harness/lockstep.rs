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
pub struct Lockstep {
    framer: Framer,
    oracle: FramerOracle,
}

impl Lockstep {
    /// Both at the beginning of a stream.
    #[must_use]
    pub fn new(rule: &TerminatorSpec) -> Self {
        Self { framer: Framer::new(rule.terminator()), oracle: FramerOracle::new(rule.clone()) }
    }

    /// Sets the terminator of both.
    pub fn set(&mut self, rule: &TerminatorSpec) {
        self.framer.set_terminator(rule.terminator());
        self.oracle.set(rule.clone());
    }

    /// Asks the framer for its next event. Whether it is one is the answer; which one is judged.
    ///
    /// # Panics
    ///
    /// When the contract wants another answer.
    pub fn next_event(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let before = input.remaining();
        self.oracle.feed(before);
        let wanted = self.oracle.step();
        let held = self.oracle.unread().len() - before.len();
        let scene = Scene(self.oracle.clone());
        let step = match (self.framer.next_event(input), wanted) {
            (None, Step::Starved) => None,
            (Some(Event::Data(data)), Step::Data(most)) => {
                assert!((1..=most).contains(&data.len()), "{data:?} is not the next {most} bytes: {scene}");
                assert!(is_borrowed(data, before, held), "{data:?} lies elsewhere: {scene}");
                let step = Step::Data(data.len());
                assert_eq!(data, self.oracle.take(step), "{scene}");
                Some(step)
            }
            (Some(Event::Terminator), Step::Terminator { length, .. }) => {
                let step = Step::Terminator { length, member: member(&self.framer) };
                assert_eq!(step, wanted, "another member: {scene}");
                self.oracle.take(step);
                Some(step)
            }
            (answer, wanted) => panic!("{answer:?}, and not {wanted:?}: {scene}"),
        };
        if step.is_none() {
            assert!(input.is_empty(), "the framer asks for more, and leaves {:?}: {scene}", input.remaining());
        }
        assert!(self.oracle.unread().ends_with(input.remaining()), "bytes were skipped: {scene}");
        self.oracle.take_back(input.remaining().len());
        self.judge_terminator(&scene);
        step
    }

    /// Ends the stream of both.
    ///
    /// # Panics
    ///
    /// When the framer loses a byte, or reads the end in another way.
    pub fn finish(&mut self) {
        let scene = Scene(self.oracle.clone());
        let (held, end) = self.oracle.finish();
        assert_eq!(self.framer.finish(), (held.as_slice(), end), "{scene}");
    }

    /// Drops what is held.
    pub fn discard(&mut self) {
        self.framer.discard();
        self.oracle.finish();
    }

    /// The terminator is what the oracle says it is: `None` after a count, and in a count what is missing (F6).
    fn judge_terminator(&self, scene: &Scene) {
        let same = match (self.framer.terminator(), self.oracle.rule()) {
            (Terminator::Delimiter(delimiter), TerminatorSpec::Delimiter(wanted)) => delimiter.as_bytes() == wanted,
            (Terminator::AnyOf(set), wanted @ TerminatorSpec::AnyOf(_)) => set.members().eq(wanted.delimiters()),
            (Terminator::Count(count), TerminatorSpec::Count(wanted)) => count == wanted,
            (Terminator::None, TerminatorSpec::None) => true,
            _ => false,
        };
        assert!(same, "{:?} is the terminator after: {scene}", self.framer.terminator());
    }
}

/// Where they were before the call, for the message when they part.
struct Scene(FramerOracle);

impl fmt::Display for Scene {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "under {:?} with \"{}\" unread", self.0.rule(), self.0.unread().escape_ascii())
    }
}

/// Runs a case under a cut, and judges every call.
///
/// # Panics
///
/// As [`Lockstep::next_event`] does.
pub fn run(case: &Case, cut: &Cut) {
    let mut both = Lockstep::new(case.first());
    let mut schedule = case.schedule();
    for (segment, chunks) in case.segments().iter().zip(cut.segments(case)) {
        for chunk in chunks {
            let mut input = Input::new(chunk);
            while let Some(step) = both.next_event(&mut input) {
                if let Step::Terminator { .. } = step
                    && let Some(rule) = schedule.after_terminator()
                {
                    both.set(&rule);
                }
            }
        }
        if let Some(rule) = &segment.then {
            both.set(rule);
        }
    }
    both.finish();
}

/// Whether data is the very input at the cursor or, while bytes are held, some of these.
fn is_borrowed(data: &[u8], input: &[u8], held: usize) -> bool {
    if held == 0 { data.as_ptr() == input.as_ptr() } else { data.len() <= held }
}
