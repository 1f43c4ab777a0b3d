//! Reads resident memory from /proc, and raises the limit on open files.

use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The files that a process needs in addition to its connections: the listener, those of the runtime, and a reserve.
const OTHER_DESCRIPTORS: usize = 64;

/// Raises the limit on open files for this process and its children, if it is too low.
///
/// # Errors
///
/// Returns a message if the process may not raise the limit that far.
pub(crate) fn allow_descriptors(connections: usize) -> Result<(), String> {
    let wanted = (connections + OTHER_DESCRIPTORS) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
        .map_err(|error| format!("{wanted} open files are needed, but the limit cannot be raised ({error})"))
}

/// Waits until the resident memory of a process no longer changes, and returns it in bytes.
pub(crate) fn settled(process: u32) -> io::Result<usize> {
    const PAUSE: Duration = Duration::from_millis(50);
    const UNCHANGED_READINGS: usize = 4;
    let mut last = resident(process)?;
    let mut unchanged = 0;
    while unchanged < UNCHANGED_READINGS {
        thread::sleep(PAUSE);
        let now = resident(process)?;
        unchanged = if now == last { unchanged + 1 } else { 0 };
        last = now;
    }
    Ok(last)
}

/// Reads `smaps_rollup`, which counts every page. `status` and `statm` can lag by some pages on machines with many
/// processors.
fn resident(process: u32) -> io::Result<usize> {
    let report = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let kilobytes = report.lines().find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.map(|kilobytes: usize| kilobytes * 1024).ok_or_else(|| io::Error::other("no `Rss` in smaps_rollup"))
}
