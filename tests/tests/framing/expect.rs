//! Hand-written expectations, checked on the oracle, and on core under every cut.

use asynchat_core::End;
use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::transcript::{RecordedEvent, Transcript, framer_transcript, oracle_transcript};
use asynchat_tests::harness::{framer_lockstep, suite};
use asynchat_tests::oracle::TerminatorSpec;

/// Checks that the oracle gives these events, and core as well, under every cut, in transcripts and in lockstep.
///
/// In `events`, `"|"` is a `Terminator`, `"|1"` one of member 1 of a set, and everything else is data.
#[track_caller]
pub(crate) fn expect(case: &Case, events: &[&str], end: End) {
    let events = events.iter().map(|event| read(event)).collect();
    assert_eq!(oracle_transcript(case), Transcript { events, end }, "the oracle is on the left: {case:?}");
    check(case);
}

/// As [`expect`], for a stream that ends with a delimiter.
#[track_caller]
pub(crate) fn expect_lines(delimiter: &str, stream: &str, events: &[&str]) {
    expect(&Case::new(TerminatorSpec::delimiter(delimiter), stream), events, End::Clean);
}

/// Checks that core gives the oracle's events under every cut, in transcripts and in lockstep.
pub(crate) fn check(case: &Case) {
    suite::check_every_cut(case, framer_transcript);
    for cut in every_cut(case.stream().len()) {
        framer_lockstep::run(case, &cut);
    }
}

fn read(event: &str) -> RecordedEvent {
    match event.strip_prefix('|') {
        None => RecordedEvent::data(event),
        Some("") => RecordedEvent::Terminator(None),
        Some(member) => RecordedEvent::Terminator(member.parse().ok()),
    }
}
