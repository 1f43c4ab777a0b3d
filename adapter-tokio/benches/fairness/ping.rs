//! A client that sends one PING after another, with a pause between them.

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use crate::load::process::Process;
use crate::load::rounds::median;

const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";
const PONG: &[u8] = b"+PONG\r\n";

/// The time between an answer and the next request.
const PAUSE: Duration = Duration::from_millis(2);

/// Returns the median and the 99th percentile of the time until an answer, in milliseconds.
pub(crate) fn measure(server: &Process, count: usize) -> io::Result<(f64, f64)> {
    let mut connection = server.connect()?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        thread::sleep(PAUSE);
        let begun = Instant::now();
        connection.write_all(PING)?;
        let mut answer = [0; PONG.len()];
        connection.read_exact(&mut answer)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        if answer != PONG {
            return Err(io::Error::other("the answer to PING is not PONG"));
        }
    }
    times.sort_by(f64::total_cmp);
    let percentile = times.get(times.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    Ok((median(&times), percentile))
}
