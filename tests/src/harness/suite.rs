//! Compares the transcripts of any implementation that splits a stream into frames with the oracle's.

use crate::harness::case::Case;
use crate::harness::cuts::{Cut, every_cut};
use crate::harness::transcript::{Transcript, oracle_transcript};

/// Runs a case under every cut and compares each transcript with the oracle's.
///
/// # Panics
///
/// Where they differ. The message names the case and the cut.
pub fn check_every_cut(case: &Case, run: impl FnMut(&Case, &Cut) -> Transcript) {
    check_cuts(case, &every_cut(case.stream().len()), run);
}

/// Runs a case under these cuts and compares each transcript with the oracle's.
///
/// # Panics
///
/// Where they differ. The message names the case and the cut.
pub fn check_cuts(case: &Case, cuts: &[Cut], mut run: impl FnMut(&Case, &Cut) -> Transcript) {
    let expected = oracle_transcript(case);
    for cut in cuts {
        let transcript = run(case, cut);
        assert_eq!(transcript, expected, "the oracle is on the right: under {cut:?} in {case:?}");
    }
}
