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
    /// The largest cost in bytes of what other tasks may queue for the connection through its
    /// [`ConnectionHandle`](crate::drive::ConnectionHandle), in addition to the connection's own queue. A chunk costs
    /// its length and [`ProducerQueue::CHUNK_COST`](crate::output::ProducerQueue::CHUNK_COST).
    ///
    /// Default: 64 KiB.
    pub mailbox_capacity: usize,
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
        }
    }
}
