//! Measures the time of a pass.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::Runner;

/// Returns the time of `count` passes, without their preparation.
pub(crate) fn passes(runner: &mut Runner, count: u64) -> Duration {
    let mut total = Duration::ZERO;
    for _ in 0..count {
        runner.prepare();
        let begin = Instant::now();
        black_box(runner.pass());
        total += begin.elapsed();
    }
    total
}
