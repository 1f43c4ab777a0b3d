//! Benchmarks of whole programs over loopback, by the processor time of the server: what throughput says on a machine that
//! does other work is little.
//!
//! Each server is a process of its own, the same binary once more, and its time is read from outside of it. Ours and the
//! peer take turns in one run. The benches of another adapter include this module by its path.

use std::io;
use std::process::ExitCode;

pub(crate) mod echo;
pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod rounds;

/// The argument that starts a process as a server. The next argument is the name of the server.
const SERVE: &str = "serve";

/// Runs a benchmark, or one of its servers, as the arguments of the process say.
///
/// `measure` is called with `true` for a short run, which only shows that the benchmark works: under `--quick`, and under
/// `cargo test --benches`.
pub(crate) fn run(
    measure: impl FnOnce(bool) -> io::Result<()>,
    serve: impl FnOnce(&str) -> io::Result<()>,
) -> io::Result<ExitCode> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if let [SERVE, name] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        process::exit_with_parent();
        return serve(name).map(|()| ExitCode::SUCCESS);
    }
    if !cfg!(target_os = "linux") {
        println!("skipped: the time of a process is read from /proc, which only Linux has");
        return Ok(ExitCode::SUCCESS);
    }
    // `cargo bench` passes `--bench`. `cargo test --benches` does not.
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let is_quick = !is_bench || arguments.iter().any(|argument| argument == "--quick");
    measure(is_quick).map(|()| ExitCode::SUCCESS)
}
