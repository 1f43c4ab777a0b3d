//! 10,000 connections on smol and on async-std, of which 1,000 are busy:
//! `cargo bench -p asynchat-async-std --features smol,async-std --bench scale`.
//!
//! [`comparison`] says what is measured. `--quick` makes it short.

use std::io;
use std::process::ExitCode;

#[cfg(target_os = "linux")]
#[path = "../../../adapter-tokio/benches/scale/clients.rs"]
mod clients;
#[cfg_attr(target_os = "linux", path = "../../../adapter-tokio/benches/scale/comparison.rs")]
#[cfg_attr(not(target_os = "linux"), path = "../../../adapter-tokio/benches/scale/elsewhere.rs")]
mod comparison;
#[path = "../../../adapter-tokio/benches/load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
#[cfg(target_os = "linux")]
#[path = "../../../adapter-tokio/benches/idle_memory/resident.rs"]
mod resident;
mod servers;

fn main() -> io::Result<ExitCode> {
    load::run(|is_quick| comparison::measure(&servers::NAMES, is_quick), servers::serve)
}
