//! Benchmarks of whole programs over loopback, by the processor time of the server: what throughput says on a machine that
//! does other work is little.
//!
//! Each server is a process of its own, the same binary once more, and its time is read from outside of it. Ours and the
//! peer take turns in one run. The benches of another adapter include this module by its path.

use std::io;
use std::process::ExitCode;

pub(crate) mod process;
pub(crate) mod report;
pub(crate) mod rounds;

/// The argument that starts a process as a server. The next argument is the name of the server.
const SERVE: &str = "serve";

/// Returns the name of the server that this process is to be, if it is one. It then ends with its parent.
pub(crate) fn server_name() -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != SERVE {
        return None;
    }
    process::exit_with_parent();
    Some(arguments.next().unwrap_or_default())
}

/// Runs a benchmark, or one of its servers, as the arguments of the process say.
///
/// `measure` is called with `true` for a short run, which only shows that the benchmark works: under `--quick`, and under
/// `cargo test --benches`.
pub(crate) fn run(
    measure: impl FnOnce(bool) -> io::Result<()>,
    serve: impl FnOnce(&str) -> io::Result<()>,
) -> io::Result<ExitCode> {
    if let Some(name) = server_name() {
        return serve(&name).map(|()| ExitCode::SUCCESS);
    }
    if !cfg!(target_os = "linux") {
        println!("skipped: the time of a process is read from /proc, which only Linux has");
        return Ok(ExitCode::SUCCESS);
    }
    // `cargo bench` passes `--bench`. `cargo test --benches` does not.
    let has = |sought| std::env::args().any(|argument| argument == sought);
    let is_quick = !has("--bench") || has("--quick");
    measure(is_quick).map(|()| ExitCode::SUCCESS)
}
