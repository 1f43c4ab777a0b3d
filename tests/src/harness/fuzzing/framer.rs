use asynchat_core::Input;

use super::source::Source;
use crate::harness::cuts::Cut;
use crate::harness::lockstep::{self, Lockstep};
use crate::harness::suite::prove_under;
use crate::harness::transcript::of_framer;

/// Any case says the same under any cut, and any order of calls is answered.
///
/// # Panics
///
/// Where the framer and the oracle differ.
pub fn framer(data: &[u8]) {
    let mut source = Source::new(data);
    let rules = source.rules(4);
    let case = source.case(&rules);
    let cut = source.cut(case.stream().len());
    lockstep::run(&case, &cut);
    prove_under(&case, &[Cut::whole(), cut], of_framer);

    let streams = [source.stream(&rules), source.stream(&rules), source.stream(&rules)];
    let mut inputs = streams.iter();
    let mut input = Input::new(b"");
    let mut remembered = input.clone();
    let mut present = Lockstep::new(&rules[0]);
    let mut other = Lockstep::new(&rules[rules.len() - 1]);
    while !source.is_empty() {
        match source.below(9) {
            0..=2 => drop(present.next_event(&mut input)),
            3 | 4 => present.set(&rules[source.below(rules.len())]),
            5 => input = inputs.next().map_or(Input::new(b""), |stream| Input::new(stream)),
            6 => remembered = std::mem::replace(&mut input, remembered.clone()),
            7 => std::mem::swap(&mut present, &mut other),
            _ => present.finish(),
        }
    }
}
