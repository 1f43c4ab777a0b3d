//! The figures of the project as ratios, measured side by side: `cargo bench -p asynchat-core --bench ratios`.
//!
//! - `-- --quick`: fewer samples, to check that it runs
//! - `-- PART`: only workloads whose name contains `PART`
//! - `-- --passes COUNT GROUP/CASE/RUNNER`: only `COUNT` passes of one runner, for counting instructions

use std::env;
use std::process::ExitCode;
use std::time::Duration;

mod ratios {
    pub(super) mod report;
    pub(super) mod sampling;
    pub(super) mod targets;
}
mod timing;
mod workloads;

use ratios::{report, sampling};

fn main() -> ExitCode {
    let mut arguments: Vec<_> = env::args().skip(1).collect();
    let given = arguments.len();
    arguments.retain(|argument| argument != "--bench");
    // `cargo bench` passes `--bench`. `cargo test --benches` does not, and only checks that it runs.
    let is_bench = arguments.len() < given;
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--passes", count, name] => run_passes(count, name),
        [] if is_bench => measure("", sampling::THOROUGH, ""),
        [] | ["--quick"] => measure("", sampling::QUICK, "quick-"),
        [part] if !part.starts_with('-') => measure(part, sampling::THOROUGH, "part-"),
        _ => Err("usage: [--quick | PART | --passes COUNT GROUP/CASE/RUNNER]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, prints and writes files. The prefix of their names keeps a partial or quick run from overwriting the
/// files of a full run.
fn measure(part: &str, budget: Duration, prefix: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut measurements = Vec::new();
    for mut workload in workloads::all() {
        if format!("{}/{}", workload.group, workload.case).contains(part) {
            let times = sampling::fastest(&mut workload, budget)?;
            measurements.push((workload, times));
        }
    }
    report::print(&measurements);
    report::write(&measurements, prefix)
}

/// Runs `count` passes of one runner, and prints the number of units and bytes in the stream.
fn run_passes(count: &str, name: &str) -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = count.parse()?;
    for mut workload in workloads::all() {
        let prefix = format!("{}/{}/", workload.group, workload.case);
        let runner = workload.runners.iter_mut().find(|runner| name.strip_prefix(&prefix) == Some(runner.name));
        if let Some(runner) = runner {
            for _ in 0..count {
                runner.prepare();
                std::hint::black_box(runner.pass());
            }
            println!("{} {}", workload.units, workload.size);
            return Ok(());
        }
    }
    Err(format!("there is no {name}").into())
}
