//! Runs every workload under criterion: `cargo bench -p asynchat-core --bench framing`.
//!
//! An argument selects the workloads whose name contains it.

use std::time::Duration;

use criterion::{Criterion, Throughput};

mod timing;
#[expect(dead_code, reason = "criterion needs fewer fields of a workload than the table")]
mod workloads;

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
