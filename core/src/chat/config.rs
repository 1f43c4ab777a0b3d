use core::time::Duration;

use crate::chat::min_rate::MinRate;
use crate::framing::DEFAULT_MAX_LEN;

/// The limits of a connection: sizes of reads and writes, backpressure, frame length, minimum rates.
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
    /// share the read buffer, so an idle connection pays nothing for it.
    pub read_size: usize,
    /// The number of bytes that are staged for one write: asynchat's `ac_out_buffer_size`. A producer is asked for more
    /// only while less than this is staged.
    ///
    /// Default: 64 KiB.
    pub write_size: usize,
    /// The largest number of bytes in a frame that ends with a delimiter. The handler has to limit frames that end with
    /// a count, and data without a terminator.
    ///
    /// Default: 64 KiB. nginx allows request heads of 32 KiB, Node.js 16 KiB, Apache lines of 8 KiB.
    pub max_frame_len: usize,
    /// Backpressure: stops delivering events and reading while more than this many bytes are queued for output.
    ///
    /// Default: 256 KiB, which is four writes.
    pub high_water: usize,
    /// Delivers events again once no more than this many bytes are queued.
    ///
    /// Default: 64 KiB, which is one write: the handler fills the queue again while the last write is on its way.
    pub low_water: usize,
    /// The minimum rate at which the peer has to send a frame that it has begun: protection against slowloris. `None`
    /// waits forever.
    ///
    /// Default: 240 bytes a second, after a grace period of 5 seconds.
    pub min_input_rate: Option<MinRate>,
    /// The minimum rate at which the peer has to take output that waits for it: protection against slow readers. `None`
    /// waits forever.
    ///
    /// Default: 240 bytes a second, after a grace period of 5 seconds.
    pub min_output_rate: Option<MinRate>,
    /// The longest time to wait for the peer to close its side, after all output was sent and the write side shut down.
    /// Input is read and dropped meanwhile. Without it, a peer that is still sending gets a reset, which may destroy
    /// output that it has not read yet.
    ///
    /// Default: 2 seconds, as in gunicorn.
    pub linger: Duration,
    /// The largest number of bytes that other tasks may queue for the connection through its
    /// [`ConnectionHandle`](crate::drive::ConnectionHandle), in addition to the connection's own queue.
    ///
    /// Default: 64 KiB.
    pub mailbox_capacity: usize,
    /// TCP keepalive of accepted connections: finds peers that are gone without a word, while nothing is sent. `None` leaves
    /// the sockets as the system makes them.
    ///
    /// Default: on, see [`Keepalive`].
    pub tcp_keepalive: Option<Keepalive>,
}

/// The times of TCP keepalive (RFC 1122 §4.2.3.6). The connection fails with `ETIMEDOUT` after
/// `idle + retries × interval` without a sign of the peer.
///
/// The default is a probe after 60 seconds, then every 10 seconds, 6 in all: a dead peer is noticed within two minutes, where
/// the systems' own default takes more than two hours.
///
/// The times are whole seconds, and at least one. A system that does not know one of them, or refuses a value, keeps its
/// own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// The time without a packet of the peer's after which the first probe is sent (`TCP_KEEPIDLE`).
    pub idle: Duration,
    /// The time between two probes (`TCP_KEEPINTVL`).
    pub interval: Duration,
    /// The number of probes without an answer after which the connection fails (`TCP_KEEPCNT`).
    pub retries: u32,
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(60), interval: Duration::from_secs(10), retries: 6 }
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
            linger: Duration::from_secs(2),
            mailbox_capacity: 64 * 1024,
            tcp_keepalive: Some(Keepalive::default()),
        }
    }
}
