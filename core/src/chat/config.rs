use core::time::Duration;

use crate::chat::min_rate::MinRate;
use crate::framing::DEFAULT_MAX_LEN;

/// The bounds of a conversation: how much is read and written at once, how much may wait, how slow a peer may be.
///
/// The defaults are safe against a peer that means harm, and generous to one that does not.
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
    /// How many bytes are read at once at most: asynchat's `ac_in_buffer_size`. By default 64 KiB, what a pipe or a
    /// loopback socket hands over at once; the space is shared by all connections of a thread, so it costs an idle one
    /// nothing.
    pub read_size: usize,
    /// How many bytes are staged for one write: asynchat's `ac_out_buffer_size`. Producers are asked only while less is
    /// staged. By default 64 KiB.
    pub write_size: usize,
    /// How many bytes a frame under a delimiter may have. By default 64 KiB: nginx allows heads of 32 KiB, node of 16 KiB,
    /// Apache lines of 8 KiB. Counts and none are the handler's to bound.
    pub max_frame_len: usize,
    /// With more than so many bytes queued, no further event is delivered. By default 256 KiB: four writes.
    pub high_water: usize,
    /// With no more than so many bytes queued, events are delivered again. By default 64 KiB: one write, so that the
    /// handler fills the queue while the last of it goes out.
    pub low_water: usize,
    /// The least rate at which frames have to arrive and output has to leave; `None` lets a peer take for ever. By
    /// default 240 bytes a second after 5 seconds.
    pub pace: Option<MinRate>,
    /// How long to go on reading, and throwing away, after all output has been sent and the write side shut down, for the
    /// peer to read it and hang up. Without it a peer that is still sending is answered with a reset, which may destroy
    /// output it has not read yet. By default 2 seconds, as gunicorn has it.
    pub linger: Duration,
    /// How many bytes other tasks may have queued for a connection through its [`ConnectionHandle`](crate::drive::ConnectionHandle), beyond
    /// what the connection itself has queued. By default 64 KiB.
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
            pace: Some(MinRate::default()),
            linger: Duration::from_secs(2),
            mailbox_capacity: 64 * 1024,
        }
    }
}
