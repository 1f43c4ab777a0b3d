//! What is asked of the system.

use std::fs;
use std::io;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process needs beside its connections: the listener, the runtime's own, and some to spare.
const OTHER_DESCRIPTORS: usize = 64;

/// Raises the number of files that this process and its children may open, as far as it is allowed to.
pub(crate) fn allow_descriptors(connections: usize) -> Result<(), String> {
    let wanted = (connections + OTHER_DESCRIPTORS) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
        .map_err(|error| format!("{wanted} files have to be open, and the limit cannot be raised ({error})"))
}

/// How many bytes of a process are resident, once that does not change any more.
pub(crate) fn settled(process: u32) -> io::Result<usize> {
    const PAUSE: Duration = Duration::from_millis(50);
    const ALIKE: usize = 4;
    let mut last = resident(process)?;
    let mut alike = 0;
    while alike < ALIKE {
        thread::sleep(PAUSE);
        let now = resident(process)?;
        alike = if now == last { alike + 1 } else { 0 };
        last = now;
    }
    Ok(last)
}

/// `smaps_rollup` counts every page; `status` and `statm` may be some pages behind on machines with many processors.
fn resident(process: u32) -> io::Result<usize> {
    let report = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let kilobytes = report.lines().find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.map(|kilobytes: usize| kilobytes * 1024).ok_or_else(|| io::Error::other("no `Rss` in smaps_rollup"))
}
