//! The figures of the project as ratios, measured side by side: `cargo bench -p asynchat-core --bench ratios`.
//!
//! The arguments are those of [`Benchmark`].

use std::path::Path;
use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "core has no clock; its benches need one")]
mod measure;
mod workloads;

use measure::Benchmark;

fn main() -> ExitCode {
    Benchmark {
        name: "ratios",
        folder: Path::new(env!("CARGO_TARGET_TMPDIR")),
        workloads: workloads::all,
        comparisons: workloads::targets::comparisons,
    }
    .run()
}
