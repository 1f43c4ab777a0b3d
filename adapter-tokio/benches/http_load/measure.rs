//! A server in a process of its own, and the processor time that it takes.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::SERVE;
use crate::servers::Contender;

/// A server in its own process, which is killed when this is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

/// The figures of one measurement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    requests: u64,
    processor: Duration,
    elapsed: Duration,
}

impl Run {
    /// Returns the nanoseconds of processor time for a request.
    pub(crate) fn nanoseconds(&self) -> f64 {
        self.processor.as_secs_f64() * 1e9 / self.requests as f64
    }

    /// Returns the requests in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }
}

impl Server {
    pub(crate) fn start(contender: Contender) -> io::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([SERVE, contender.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut address)?;
        }
        let address = address.trim().parse().map_err(|_| io::Error::other("the server did not print its address"))?;
        Ok(Self { process, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Measures what the server takes for a load, which returns the number of requests that were answered.
    pub(crate) fn measure(&self, load: impl FnOnce(SocketAddr) -> io::Result<u64>) -> io::Result<Run> {
        let (before, begun) = (self.processor_time()?, Instant::now());
        let requests = load(self.address)?;
        let (after, elapsed) = (self.processor_time()?, begun.elapsed());
        Ok(Run { requests, processor: after - before, elapsed })
    }

    /// Returns the user and system time of the process so far: fields 14 and 15 of `/proc/PID/stat`, in ticks.
    fn processor_time(&self) -> io::Result<Duration> {
        /// `USER_HZ`, which Linux fixes for all programs.
        const TICKS_PER_SECOND: f64 = 100.0;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        // The second field, the name of the program in parentheses, may have spaces.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
        let ticks: Option<Vec<f64>> = fields.skip(11).take(2).map(|field| field.parse().ok()).collect();
        let ticks = ticks.ok_or_else(|| io::Error::other("/proc/PID/stat has another form"))?;
        Ok(Duration::from_secs_f64(ticks.iter().sum::<f64>() / TICKS_PER_SECOND))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the median. Of an even number of values it is the higher one in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
