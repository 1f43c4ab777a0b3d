//! Runs every workload under criterion: `cargo bench -p asynchat-core --bench framing`.
//!
//! An argument selects the workloads whose name contains it.

use std::time::Duration;

use criterion::{Criterion, Throughput};

#[expect(clippy::disallowed_methods, reason = "core has no clock; its benches need one")]
#[expect(dead_code, reason = "criterion prints in its own way, and has no targets")]
mod measure;
#[expect(dead_code, reason = "criterion has no targets")]
mod workloads;

use measure::timing;

fn main() {
    // There are about two hundred runners. With the defaults, each would take eight seconds.
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(20)
        .configure_from_args();
    for workload in workloads::all() {
        let mut group = criterion.benchmark_group(format!("{}/{}", workload.group, workload.case));
        group.throughput(Throughput::ElementsAndBytes { elements: workload.units, bytes: workload.size as u64 });
        for mut runner in workload.runners {
            let name = runner.name;
            group.bench_function(name, |bencher| bencher.iter_custom(|passes| timing::passes(&mut runner, passes)));
        }
        group.finish();
    }
    criterion.final_summary();
}
