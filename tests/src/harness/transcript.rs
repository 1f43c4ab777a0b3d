//! Transcripts of `Framer` and of its oracle. Two transcripts are equal if the contract says that the runs are.

use std::fmt;

use asynchat_core::{End, Event, Framer, Input, Terminator};

use crate::harness::case::Case;
use crate::harness::cuts::Cut;
use crate::oracle::{FramerOracle, Step};

/// An event. Adjacent `Data` is merged, because its lengths depend on the cut (F1).
#[derive(Clone, PartialEq, Eq)]
pub enum RecordedEvent {
    /// Bytes of a frame.
    Data(Vec<u8>),
    /// The end of a frame, and which member of an `AnyOf` matched.
    Terminator(Option<usize>),
}

impl RecordedEvent {
    /// Creates a data event.
    pub fn data(bytes: impl AsRef<[u8]>) -> Self {
        Self::Data(bytes.as_ref().to_vec())
    }
}

impl fmt::Debug for RecordedEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(formatter, "\"{}\"", data.escape_ascii()),
            Self::Terminator(None) => formatter.write_str("|"),
            Self::Terminator(Some(member)) => write!(formatter, "|{member}"),
        }
    }
}

/// Every event of a stream, including the bytes that were held at its end (F9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The events.
    pub events: Vec<RecordedEvent>,
    /// The state of the stream at its end.
    pub end: End,
}

/// More events than any case has. Without this limit, a framer that never needs more input would fill the memory.
const MAX_EVENTS: usize = 100_000;

/// Records a [`Transcript`] during a run.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    events: Vec<RecordedEvent>,
}

impl Recorder {
    /// Records bytes of a frame.
    ///
    /// # Panics
    ///
    /// If there are no bytes: an event never has empty data (F3).
    pub fn data(&mut self, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "empty Data after {:?}", self.events);
        match self.events.last_mut() {
            Some(RecordedEvent::Data(data)) => data.extend_from_slice(bytes),
            _ => self.events.push(RecordedEvent::Data(bytes.to_vec())),
        }
    }

    /// Records the end of a frame, and which member of an `AnyOf` matched.
    ///
    /// # Panics
    ///
    /// After so many events that the run would not end.
    pub fn terminator(&mut self, member: Option<usize>) {
        assert!(self.events.len() < MAX_EVENTS, "endless frames: {:?}", &self.events[MAX_EVENTS - 4..]);
        self.events.push(RecordedEvent::Terminator(member));
    }

    /// Ends the transcript with the bytes that were held.
    #[must_use]
    pub fn finish(mut self, held: &[u8], end: End) -> Transcript {
        if !held.is_empty() {
            self.data(held);
        }
        Transcript { events: self.events, end }
    }
}

/// Runs the oracle over a case. Each segment is fed as one piece: cuts make no difference to the oracle.
#[must_use]
pub fn oracle_transcript(case: &Case) -> Transcript {
    let mut oracle = FramerOracle::new(case.first().clone());
    let mut schedule = case.schedule();
    let mut recorder = Recorder::default();
    for segment in case.segments() {
        oracle.feed(&segment.bytes);
        loop {
            let step = oracle.step();
            let taken = oracle.take(step);
            match step {
                Step::NeedsInput => break,
                Step::Data(_) => recorder.data(&taken),
                Step::Terminator { member, .. } => {
                    recorder.terminator(member);
                    if let Some(spec) = schedule.after_terminator() {
                        oracle.set_terminator(spec);
                    }
                }
            }
        }
        if let Some(spec) = &segment.then {
            oracle.set_terminator(spec.clone());
        }
    }
    let (held, end) = oracle.finish();
    recorder.finish(&held, end)
}

/// Runs core's framer over a case under a cut.
#[must_use]
pub fn framer_transcript(case: &Case, cut: &Cut) -> Transcript {
    let mut framer = Framer::new(case.first().terminator());
    let mut schedule = case.schedule();
    let mut recorder = Recorder::default();
    for (segment, chunks) in case.segments().iter().zip(cut.segments(case)) {
        for chunk in chunks {
            let mut input = Input::new(chunk);
            while let Some(event) = framer.next_event(&mut input) {
                match event {
                    Event::Data(data) => recorder.data(data),
                    Event::Terminator => {
                        recorder.terminator(member(&framer));
                        if let Some(spec) = schedule.after_terminator() {
                            framer.set_terminator(spec.terminator());
                        }
                    }
                }
            }
            assert!(input.is_empty(), "the framer needs more input, but leaves {:?}", input.remaining());
        }
        if let Some(spec) = &segment.then {
            framer.set_terminator(spec.terminator());
        }
    }
    let (held, end) = framer.finish();
    recorder.finish(held, end)
}

/// Returns which member of an `AnyOf` matched, if the terminator is one.
#[must_use]
pub fn member(framer: &Framer) -> Option<usize> {
    matches!(framer.terminator(), Terminator::AnyOf(_)).then(|| framer.matched())
}
