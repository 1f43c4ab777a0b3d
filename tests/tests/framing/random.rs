//! Random cases under random cuts, against the oracle.

use asynchat_core::{Event, Framer, Input};
use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::framer_lockstep;
use asynchat_tests::harness::suite::{check_cuts, check_every_cut};
use asynchat_tests::harness::transcript::framer_transcript;
use asynchat_tests::oracle::naive;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::strategies::{case, cases, cut, delimiter_spec, pieces, stream};

proptest! {
    #![proptest_config(cases(1200))]

    // F1, F2, F6, F7, F8, F9, F10
    #[test]
    fn framer_events_are_the_same_under_random_cuts(case in case(), cuts in vec(cut(), 1..6)) {
        let length = case.stream().len();
        let cuts: Vec<_> = cuts.iter().map(|cut| cut.length(length)).collect();
        check_cuts(&case, &cuts, framer_transcript);
    }

    // F3, F4, F5, F6, F8, F9, F12
    #[test]
    fn framer_events_match_the_oracle_call_by_call(case in case(), cut in cut()) {
        framer_lockstep::run(&case, &cut.length(case.stream().len()));
    }

    // F4
    #[test]
    fn framer_holds_no_more_than_necessary(spec in delimiter_spec(), pieces in pieces()) {
        let bytes = stream(&pieces, &[&spec]);
        let mut framer = Framer::new(spec.terminator());
        let mut input = Input::new(&bytes);
        let mut taken = 0;
        while let Some(event) = framer.next_event(&mut input) {
            taken += match event {
                Event::Data(data) => data.len(),
                Event::Terminator => spec.delimiters()[framer.matched()].len(),
            };
        }
        let unread = &bytes[taken..];
        prop_assert!(input.is_empty());
        prop_assert_eq!(unread.len(), naive::held(spec.delimiters(), unread));
        prop_assert_eq!(framer.finish().0, unread);
    }
}

proptest! {
    #![proptest_config(cases(100))]

    // F1
    #[test]
    fn framer_events_are_the_same_under_every_cut(case in case()) {
        check_every_cut(&case, framer_transcript);
    }

    // F1, F2, F5
    #[test]
    fn framer_single_delimiter_survives_every_cut(spec in delimiter_spec(), pieces in pieces()) {
        let case = Case::new(spec.clone(), stream(&pieces, &[&spec]));
        check_every_cut(&case, framer_transcript);
        for cut in every_cut(case.stream().len()) {
            framer_lockstep::run(&case, &cut);
        }
    }
}
