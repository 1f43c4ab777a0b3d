//! Every delimiter and every stream of two letters up to some length. Most mistakes show up here.

use std::ops::RangeInclusive;

use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::Cut;
use asynchat_tests::harness::framer_lockstep;
use asynchat_tests::harness::suite::check_cuts;
use asynchat_tests::harness::transcript::framer_transcript;
use asynchat_tests::oracle::{TerminatorSpec, naive};

/// All strings of `a` and `b` of these lengths.
pub(crate) fn words(lengths: RangeInclusive<u32>) -> Vec<Vec<u8>> {
    let of_length = |length: u32| {
        (0..1_u32 << length)
            .map(move |bits| (0..length).map(|at| if bits >> at & 1 == 0 { b'a' } else { b'b' }).collect())
    };
    lengths.flat_map(of_length).collect()
}

/// Byte by byte, and every two-way cut. Together they continue a match from every state over every remainder.
fn cuts(length: usize) -> Vec<Cut> {
    (0..=length).map(Cut::two_way).chain([Cut::byte_by_byte(length)]).collect()
}

fn check(case: &Case, cuts: &[Cut]) {
    check_cuts(case, cuts, framer_transcript);
    for cut in cuts {
        framer_lockstep::run(case, cut);
    }
}

// F1, F2, F3, F4, F5
#[test]
fn framer_finds_every_delimiter_in_every_stream() {
    let streams = words(0..=8);
    for delimiter in words(1..=3) {
        for stream in &streams {
            check(&Case::new(TerminatorSpec::delimiter(&delimiter), stream), &cuts(stream.len()));
        }
    }
}

// F1, F2, F4, F5
#[test]
fn framer_finds_every_longer_delimiter_byte_by_byte() {
    let streams = words(7..=9);
    for delimiter in words(4..=5) {
        for stream in &streams {
            check(
                &Case::new(TerminatorSpec::delimiter(&delimiter), stream),
                &[Cut::whole(), Cut::byte_by_byte(stream.len())],
            );
        }
    }
}

// F1, F4, F10
#[test]
fn framer_finds_every_delimiter_pair_in_every_stream() {
    let words_of_delimiters = words(1..=4);
    let streams = words(5..=6);
    for one in &words_of_delimiters {
        for two in &words_of_delimiters {
            let members = [one.clone(), two.clone()];
            if (0..2).any(|member| naive::never_matches(&members, member)) {
                continue;
            }
            let spec = TerminatorSpec::any_of(&members);
            for stream in &streams {
                check(&Case::new(spec.clone(), stream), &[Cut::whole(), Cut::byte_by_byte(stream.len())]);
            }
        }
    }
}

// F4, F8
#[test]
fn framer_handles_every_delimiter_change_at_every_place() {
    let delimiters = words(1..=3);
    let streams = words(5..=5);
    for one in &delimiters {
        for two in &delimiters {
            for stream in &streams {
                for at in 0..=stream.len() {
                    let (before, after) = stream.split_at(at);
                    let case =
                        Case::new(TerminatorSpec::delimiter(one), before).switch(TerminatorSpec::delimiter(two), after);
                    check(&case, &[Cut::whole(), Cut::byte_by_byte(stream.len())]);
                }
            }
        }
    }
}

// F6, F8, F9
#[test]
fn framer_counts_after_every_held_prefix() {
    for delimiter in words(2..=4) {
        for held in 1..delimiter.len() {
            for count in 0..=5 {
                let case = Case::new(TerminatorSpec::delimiter(&delimiter), &delimiter[..held])
                    .switch(TerminatorSpec::Count(count), "ab")
                    .after_next(TerminatorSpec::delimiter("b"));
                check(&case, &cuts(held + 2));
            }
        }
    }
}
