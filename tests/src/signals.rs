//! The signals that end an example.

use std::io::Write;
use std::{io, mem, process};

use asynchat_core::drive::ShutdownHandle;

/// The exit status after a second signal: that of a shell's command that SIGINT has ended.
const EXIT_STATUS: i32 = 130;

/// Shuts a server down gracefully at the first SIGINT, SIGTERM or SIGHUP, or Ctrl-C on Windows. A second one ends the
/// process at once. Call it once in a process.
///
/// The handler is installed explicitly, so it also works for process 1, as in a container: the system ignores a signal to
/// that process unless it has a handler.
///
/// # Errors
///
/// If the handler cannot be installed.
pub fn shut_down_on_signal(shutdown: ShutdownHandle) -> io::Result<()> {
    let mut is_shutting_down = false;
    // It runs in a thread of its own, and not in the context of the signal: it may lock and wake.
    let handler = move || {
        if mem::replace(&mut is_shutting_down, true) {
            process::exit(EXIT_STATUS);
        }
        shutdown.shutdown();
        // Not `println!`, which panics if nobody reads the output any more.
        let _ = writeln!(io::stdout(), "shutting down; a second signal ends at once");
    };
    ctrlc::set_handler(handler).map_err(io::Error::other)
}
