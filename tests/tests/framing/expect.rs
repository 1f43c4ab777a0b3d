//! Hand-written expectations, checked on the oracle and on core under every cut.

use asynchat_core::End;
use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::transcript::{Said, Transcript, of_framer, of_oracle};
use asynchat_tests::harness::{lockstep, suite};
use asynchat_tests::oracle::TerminatorSpec;

/// The oracle says this of the case, and so does core under every cut, step by step and in the end.
///
/// In `events`, `"|"` is a `Terminator`, `"|1"` one of the member 1 of a set, and all else data.
#[track_caller]
pub(crate) fn expect(case: &Case, events: &[&str], end: End) {
    let events = events.iter().map(|event| read(event)).collect();
    assert_eq!(of_oracle(case), Transcript { events, end }, "left, the oracle; right, the expectation; {case:?}");
    prove(case);
}

/// As [`expect`], for a stream of lines that ends after one.
#[track_caller]
pub(crate) fn expect_lines(delimiter: &str, stream: &str, events: &[&str]) {
    expect(&Case::new(TerminatorSpec::delimiter(delimiter), stream), events, End::Clean);
}

/// Core does what the oracle says under every cut, step by step and in the end.
pub(crate) fn prove(case: &Case) {
    suite::prove(case, of_framer);
    for cut in every_cut(case.stream().len()) {
        lockstep::run(case, &cut);
    }
}

fn read(event: &str) -> Said {
    match event.strip_prefix('|') {
        None => Said::data(event),
        Some("") => Said::Terminator(None),
        Some(member) => Said::Terminator(member.parse().ok()),
    }
}
