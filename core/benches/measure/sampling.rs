//! Measures the runners of a workload side by side.

use std::time::{Duration, Instant};

use super::{Workload, timing};

/// The time for which a workload is measured.
pub(super) const THOROUGH: Duration = Duration::from_millis(500);

/// The time for a run that only checks that the bench works.
pub(super) const QUICK: Duration = Duration::from_millis(30);

/// The least number of passes of each runner.
const MIN_PASSES: u32 = 5;

/// Returns the fastest pass of each runner, in nanoseconds for each unit.
///
/// Other processes can only make a pass slower, so the fastest of many short passes is closest to the real cost. The
/// runners take turns, so that a disturbance affects all of them.
pub(super) fn fastest(workload: &mut Workload, budget: Duration) -> Result<Vec<f64>, String> {
    agree(workload)?;
    let mut fastest = vec![Duration::MAX; workload.runners.len()];
    let begin = Instant::now();
    let mut passes = 0;
    while passes < MIN_PASSES || begin.elapsed() < budget {
        for (runner, fastest) in workload.runners.iter_mut().zip(&mut fastest) {
            *fastest = timing::passes(runner, 1).min(*fastest);
        }
        passes += 1;
    }
    Ok(fastest.iter().map(|pass| pass.as_nanos() as f64 / workload.units as f64).collect())
}

/// Fails if the runners count different frames or bytes: then they cannot be compared.
fn agree(workload: &mut Workload) -> Result<(), String> {
    let mut first = None;
    for runner in &mut workload.runners {
        runner.prepare();
        let seen = runner.pass();
        if *first.get_or_insert(seen) != seen {
            return Err(format!("{}/{}: {} sees {seen:?}, not {first:?}", workload.group, workload.case, runner.name));
        }
    }
    Ok(())
}
