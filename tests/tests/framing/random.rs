//! Random cases under random cuts, against the oracle.

use asynchat_core::{Event, Framer, Input};
use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::lockstep;
use asynchat_tests::harness::suite::{prove, prove_under};
use asynchat_tests::harness::transcript::of_framer;
use asynchat_tests::oracle::naive;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::strategies::{case, cases, cut, delimiting_rule, pieces, stream};

proptest! {
    #![proptest_config(cases(1200))]

    // F1, F2, F6, F7, F8, F9, F10
    #[test]
    fn framer_events_are_the_same_under_random_cuts(case in case(), cuts in vec(cut(), 1..6)) {
        let length = case.stream().len();
        let cuts: Vec<_> = cuts.iter().map(|cut| cut.length(length)).collect();
        prove_under(&case, &cuts, of_framer);
    }

    // F3, F4, F5, F6, F8, F9, F12
    #[test]
    fn framer_events_match_the_oracle_call_by_call(case in case(), cut in cut()) {
        lockstep::run(&case, &cut.length(case.stream().len()));
    }

    // F4
    #[test]
    fn framer_holds_no_more_than_necessary(rule in delimiting_rule(), pieces in pieces()) {
        let bytes = stream(&pieces, &[&rule]);
        let mut framer = Framer::new(rule.terminator());
        let mut input = Input::new(&bytes);
        let mut taken = 0;
        while let Some(event) = framer.next_event(&mut input) {
            taken += match event {
                Event::Data(data) => data.len(),
                Event::Terminator => rule.delimiters()[framer.matched()].len(),
            };
        }
        let unread = &bytes[taken..];
        prop_assert!(input.is_empty());
        prop_assert_eq!(unread.len(), naive::held(rule.delimiters(), unread));
        prop_assert_eq!(framer.finish().0, unread);
    }
}

proptest! {
    #![proptest_config(cases(100))]

    // F1
    #[test]
    fn framer_events_are_the_same_under_every_cut(case in case()) {
        prove(&case, of_framer);
    }

    // F1, F2, F5
    #[test]
    fn framer_single_delimiter_survives_every_cut(rule in delimiting_rule(), pieces in pieces()) {
        let case = Case::new(rule.clone(), stream(&pieces, &[&rule]));
        prove(&case, of_framer);
        for cut in every_cut(case.stream().len()) {
            lockstep::run(&case, &cut);
        }
    }
}
