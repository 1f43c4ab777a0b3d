//! The figures of one measurement.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::load::process::Process;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    requests: u64,
    /// The processor time of the server, in nanoseconds.
    processor: u64,
    elapsed: Duration,
}

impl Run {
    /// Measures what a server takes for a load, which returns the number of requests that were answered.
    pub(crate) fn measure(server: &Process, load: impl FnOnce(SocketAddr) -> io::Result<u64>) -> io::Result<Self> {
        let (before, begun) = (server.processor_time()?, Instant::now());
        let requests = load(server.address())?;
        let (after, elapsed) = (server.processor_time()?, begun.elapsed());
        Ok(Self { requests, processor: after - before, elapsed })
    }

    /// Returns the nanoseconds of processor time for a request.
    pub(crate) fn nanoseconds(&self) -> f64 {
        self.processor as f64 / self.requests as f64
    }

    /// Returns the requests in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64()
    }
}
