//! 10,000 connections on tokio, of which 1,000 are busy: `cargo bench -p asynchat-tokio --bench scale`.
//!
//! [`comparison`] says what is measured. `--quick` makes it short.

use std::io;
use std::process::ExitCode;

#[cfg(target_os = "linux")]
mod clients;
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod comparison;
#[path = "../load/mod.rs"]
#[expect(dead_code, reason = "other benchmarks need more")]
mod load;
#[cfg(target_os = "linux")]
#[path = "../idle_memory/resident.rs"]
mod resident;
mod servers;

fn main() -> io::Result<ExitCode> {
    load::run(|is_quick| comparison::measure(&servers::NAMES, is_quick), servers::serve)
}
