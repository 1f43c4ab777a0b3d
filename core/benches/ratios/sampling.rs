//! Measuring side by side.

use std::time::{Duration, Instant};

use crate::timing;
use crate::workloads::Workload;

/// How long a workload is measured.
pub(crate) const THOROUGH: Duration = Duration::from_millis(500);

/// The same when nobody looks at the figures.
pub(crate) const QUICK: Duration = Duration::from_millis(30);

/// Each runner has at least so many passes.
const ROUNDS: u32 = 5;

/// The fastest pass of each runner, in nanoseconds for each unit.
///
/// Other processes only ever make a pass slower, so the fastest of many short ones is the closest to what it costs. The
/// runners take turns: what disturbs one disturbs all.
#[expect(clippy::disallowed_methods, reason = "core has no clock; what measures it has")]
pub(crate) fn fastest(workload: &mut Workload, budget: Duration) -> Result<Vec<f64>, String> {
    agree(workload)?;
    let mut fastest = vec![Duration::MAX; workload.runners.len()];
    let begin = Instant::now();
    let mut rounds = 0;
    while rounds < ROUNDS || begin.elapsed() < budget {
        for (runner, fastest) in workload.runners.iter_mut().zip(&mut fastest) {
            *fastest = timing::passes(runner, 1).min(*fastest);
        }
        rounds += 1;
    }
    Ok(fastest.iter().map(|pass| pass.as_nanos() as f64 / workload.units as f64).collect())
}

/// Runners that do not see the same are not to be compared.
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
