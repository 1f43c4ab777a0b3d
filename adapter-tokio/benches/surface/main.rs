//! The cost of a line for a user of the adapter, beside its cost elsewhere:
//! `cargo bench -p asynchat-tokio --features futures --bench surface`.
//!
//! The stream is in memory, so that reading it costs a copy. All runners use the same runtime. The arguments are those of
//! [`Benchmark`](measure::Benchmark).

use std::path::Path;
use std::process::ExitCode;

#[path = "../../../core/benches/measure/mod.rs"]
#[expect(dead_code, reason = "core measures other peers too")]
mod measure;
mod ours;
mod peers;
mod repeated;
#[path = "../../../core/benches/workloads/streams.rs"]
#[expect(dead_code, reason = "core measures other streams too")]
mod streams;
mod workloads;

fn main() -> ExitCode {
    measure::Benchmark {
        name: "surface",
        folder: Path::new(env!("CARGO_TARGET_TMPDIR")),
        workloads: workloads::all,
        comparisons: workloads::comparisons,
    }
    .run()
}
