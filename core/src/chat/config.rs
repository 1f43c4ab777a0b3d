use core::time::Duration;

use crate::chat::memory_budget::MemoryBudget;
use crate::chat::min_rate::MinRate;
use crate::framing::DEFAULT_MAX_LEN;

/// The limits of a connection: sizes of reads and writes, backpressure, frame length, minimum rates, timeouts.
///
/// The defaults protect against a hostile peer and leave a good one plenty of room.
///
/// # Examples
///
/// ```
/// use asynchat_core::Config;
///
/// let config = Config { max_frame_len: 512, ..Config::default() };
/// assert!(config.low_water < config.high_water);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The largest number of bytes in one read: asynchat's `ac_in_buffer_size`.
    ///
    /// Default: 64 KiB, which is as much as a pipe or a loopback socket delivers at once. All connections of a thread
    /// share the read buffer, so an idle connection pays nothing for it. More than 1 MiB counts as 1 MiB, since the thread
    /// keeps the buffer.
    pub read_size: usize,
    /// The number of bytes that are staged for one write: asynchat's `ac_out_buffer_size`. A producer is asked for more
    /// only while less than this is staged.
    ///
    /// Default: 64 KiB. More than 1 MiB counts as 1 MiB, since a producer without end would otherwise fill memory.
    pub write_size: usize,
    /// The largest number of bytes in a frame that ends with a delimiter. The handler has to limit frames that end with
    /// a count, and data without a terminator.
    ///
    /// Default: 64 KiB. nginx allows request heads of 32 KiB, Node.js 16 KiB, Apache lines of 8 KiB.
    pub max_frame_len: usize,
    /// Backpressure: stops delivering events and reading while the queued output costs more than this many bytes, as
    /// [`Channel::queued`](crate::chat::Channel::queued) counts. The memory of the queue stays below twice this number
    /// plus the one answer that crossed it.
    ///
    /// Default: 256 KiB, which is four writes.
    pub high_water: usize,
    /// Delivers events again once the queued output costs no more than this many bytes.
    ///
    /// Default: 64 KiB, which is one write: the handler fills the queue again while the last write is on its way.
    pub low_water: usize,
    /// The minimum rate at which the peer has to send a frame that it has begun: protection against slowloris. `None`
    /// waits forever. Below it, [`Handler::handle_timeout`](crate::chat::Handler::handle_timeout) is called.
    ///
    /// Default: 240 bytes a second, after a grace period of 30 seconds.
    pub min_input_rate: Option<MinRate>,
    /// The minimum rate at which the peer has to take output that waits for it: protection against slow readers. `None`
    /// waits forever.
    ///
    /// Default: 240 bytes a second, after a grace period of 30 seconds.
    pub min_output_rate: Option<MinRate>,
    /// The longest time without a byte in either direction, at the beginning of a connection and between two frames.
    /// Then [`Handler::handle_timeout`](crate::chat::Handler::handle_timeout) is called, never early. On an asynchronous
    /// runtime it is late by up to 1/64 of the time, since connections share timers. An idle connection costs little memory, but it
    /// holds one of the places of a server. `None` waits forever.
    ///
    /// Default: 5 minutes. RFC 5321 section 4.5.3.2.7 asks an SMTP server to wait at least that long for the next
    /// command. An HTTP server may be stricter: nginx keeps a connection alive for 75 seconds, Kestrel for 130.
    pub idle_timeout: Option<Duration>,
    /// TCP keepalive: probes that find a peer that has vanished without a FIN or a reset, as after a loss of power. Set
    /// on the socket by an adapter that has a TCP socket. `None` leaves the socket as it is.
    ///
    /// Default: [`Keepalive::default`].
    pub tcp_keepalive: Option<Keepalive>,
    /// The longest time to wait for the peer to close its side, after all output was sent and the write side shut down.
    /// Input is read and dropped meanwhile. Without it, a peer that is still sending gets a reset, which may destroy
    /// output that it has not read yet.
    ///
    /// Default: 2 seconds, as in gunicorn.
    pub linger: Duration,
    /// The largest cost in bytes of what other tasks may queue for the connection through its
    /// [`ConnectionHandle`](crate::drive::ConnectionHandle), in addition to the connection's own queue. A chunk costs
    /// its length and [`ProducerQueue::CHUNK_COST`](crate::output::ProducerQueue::CHUNK_COST).
    ///
    /// Default: 64 KiB.
    pub mailbox_capacity: usize,
    /// A limit for the output that all connections with a clone of this budget hold together.
    ///
    /// Default: `None`. Each connection is bounded by [`high_water`](Self::high_water) alone.
    pub memory_budget: Option<MemoryBudget>,
}

impl Config {
    /// The largest write that is staged at once, as for reads: a producer without end would otherwise fill memory.
    const MAX_WRITE_SIZE: usize = 1024 * 1024;

    /// Returns the number of bytes to stage for a write.
    pub(crate) fn stage_budget(&self) -> usize {
        self.write_size.clamp(1, Self::MAX_WRITE_SIZE)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            read_size: 64 * 1024,
            write_size: 64 * 1024,
            max_frame_len: DEFAULT_MAX_LEN,
            high_water: 256 * 1024,
            low_water: 64 * 1024,
            min_input_rate: Some(MinRate::default()),
            min_output_rate: Some(MinRate::default()),
            idle_timeout: Some(Duration::from_secs(5 * 60)),
            tcp_keepalive: Some(Keepalive::default()),
            linger: Duration::from_secs(2),
            mailbox_capacity: 64 * 1024,
            memory_budget: None,
        }
    }
}

/// The times of TCP keepalive: the socket options `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT`.
///
/// The default is 60 seconds, then 6 probes at 10 seconds. A vanished peer is found within two minutes; the default of
/// Linux is 7,200 seconds, then 9 probes at 75 seconds, which is more than two hours.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::{Config, Keepalive};
///
/// let keepalive = Keepalive { idle: Duration::from_secs(20), ..Keepalive::default() };
/// let config = Config { tcp_keepalive: Some(keepalive), ..Config::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// The time without a segment from the peer, after which the first probe is sent.
    pub idle: Duration,
    /// The time between two probes.
    pub interval: Duration,
    /// The number of probes without an answer, after which the connection is reset.
    pub retries: u32,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(60), interval: Duration::from_secs(10), retries: 6 }
    }
}
