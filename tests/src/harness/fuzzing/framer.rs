use asynchat_core::Input;

use super::fuzz_input::FuzzInput;
use crate::harness::cuts::Cut;
use crate::harness::framer_lockstep::{self, FramerLockstep};
use crate::harness::suite::check_cuts;
use crate::harness::transcript::framer_transcript;

/// Checks that a case gives the same events under any cut, and that calls in any order match the oracle.
///
/// # Panics
///
/// Where `Framer` and the oracle differ.
pub fn framer(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let specs = fuzz.specs(4);
    let case = fuzz.case(&specs);
    let cut = fuzz.cut(case.stream().len());
    framer_lockstep::run(&case, &cut);
    check_cuts(&case, &[Cut::whole(), cut], framer_transcript);

    let streams = [fuzz.stream(&specs), fuzz.stream(&specs), fuzz.stream(&specs)];
    let mut inputs = streams.iter();
    let mut input = Input::new(b"");
    let mut remembered = input.clone();
    let mut present = FramerLockstep::new(&specs[0]);
    let mut other = FramerLockstep::new(&specs[specs.len() - 1]);
    while !fuzz.is_empty() {
        match fuzz.below(9) {
            0..=2 => drop(present.next_event(&mut input)),
            3 | 4 => present.set_terminator(&specs[fuzz.below(specs.len())]),
            5 => input = inputs.next().map_or(Input::new(b""), |stream| Input::new(stream)),
            6 => remembered = std::mem::replace(&mut input, remembered.clone()),
            7 => std::mem::swap(&mut present, &mut other),
            _ => present.finish(),
        }
    }
}
