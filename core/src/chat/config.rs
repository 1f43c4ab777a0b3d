use core::fmt;
use core::time::Duration;

use crate::chat::memory_budget::MemoryBudget;
use crate::chat::min_rate::MinRate;
use crate::framing::DEFAULT_MAX_LEN;

/// The limits of a connection: sizes of reads and writes, backpressure, frame length, minimum rates, timeouts.
///
/// The defaults protect against a hostile peer and leave a good one plenty of room.
///
/// The setters take any value. The config is [checked](Self::check) where it is given to a connection or a server, since
/// some values are wrong only together: `drive` and `Server::serve` then fail with [`ConfigError`] before they do
/// anything.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::Config;
///
/// let config = Config::default().with_max_frame_len(512).with_idle_timeout(Duration::from_secs(75));
/// assert!(config.check().is_ok());
/// let error = config.with_high_water(1000).check().unwrap_err();
/// assert_eq!(error.to_string(), "bad config: Config::low_water is above Config::high_water");
/// ```
#[non_exhaustive]
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
    /// Then [`Handler::handle_timeout`](crate::chat::Handler::handle_timeout) is called, never early. On an
    /// asynchronous runtime it is late by up to 1/64 of the time, since connections share timers. An idle connection
    /// costs little memory, but it holds one of the places of a server. `None` waits forever.
    ///
    /// Output counts: a handler that pings more often than this is never idle. Such a handler finds a silent peer by the
    /// answers that it misses.
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
    /// A connection that broadcasts pushes for each frame of a read before others run. So a mailbox for a broadcast
    /// holds at least what [`read_size`](Self::read_size) bytes can bring, with the cost of each chunk.
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

/// Writes setters of the same kind.
macro_rules! setters {
    ($($name:ident, $field:ident: $kind:ty;)*) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub const fn $name(mut self, $field: $kind) -> Self {
            self.$field = $field;
            self
        }
    )*};
    (optional $($name:ident, $field:ident: $kind:ty;)*) => {$(
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), "): a value, or `None`.")]
        #[must_use]
        pub fn $name(mut self, $field: impl Into<Option<$kind>>) -> Self {
            self.$field = $field.into();
            self
        }
    )*};
}

impl Config {
    setters! {
        with_read_size, read_size: usize;
        with_write_size, write_size: usize;
        with_max_frame_len, max_frame_len: usize;
        with_high_water, high_water: usize;
        with_low_water, low_water: usize;
        with_linger, linger: Duration;
        with_mailbox_capacity, mailbox_capacity: usize;
    }

    setters! { optional
        with_min_input_rate, min_input_rate: MinRate;
        with_min_output_rate, min_output_rate: MinRate;
        with_idle_timeout, idle_timeout: Duration;
        with_tcp_keepalive, tcp_keepalive: Keepalive;
        with_memory_budget, memory_budget: MemoryBudget;
    }

    /// Checks the values. A connection and a server do so too, when they are given the config.
    ///
    /// # Errors
    ///
    /// The first that is wrong: [`read_size`](Self::read_size) or [`write_size`](Self::write_size) is 0;
    /// [`low_water`](Self::low_water) is above [`high_water`](Self::high_water); the grace period of
    /// [`min_input_rate`](Self::min_input_rate) or [`min_output_rate`](Self::min_output_rate) is 0, which would cut off
    /// every peer; or a time or the number of probes of [`tcp_keepalive`](Self::tcp_keepalive) is 0.
    pub fn check(&self) -> Result<(), ConfigError> {
        let has_no_grace = |rate: Option<MinRate>| rate.is_some_and(|rate| rate.grace.is_zero());
        let never_probes =
            |keepalive: Keepalive| keepalive.idle.is_zero() || keepalive.interval.is_zero() || keepalive.retries == 0;
        let checks = [
            (self.read_size == 0, "read_size", "is 0"),
            (self.write_size == 0, "write_size", "is 0"),
            (self.low_water > self.high_water, "low_water", "is above Config::high_water"),
            (has_no_grace(self.min_input_rate), "min_input_rate", "has a grace period of 0"),
            (has_no_grace(self.min_output_rate), "min_output_rate", "has a grace period of 0"),
            (self.tcp_keepalive.is_some_and(never_probes), "tcp_keepalive", "has a time or a number of probes of 0"),
        ];
        match checks.into_iter().find(|(is_wrong, ..)| *is_wrong) {
            None => Ok(()),
            Some((_, field, problem)) => Err(ConfigError { field, problem }),
        }
    }
}

/// A value of a [`Config`] that is wrong, by the name of its field: a mistake of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfigError {
    field: &'static str,
    problem: &'static str,
}

impl ConfigError {
    /// Returns the name of the field.
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bad config: Config::{} {}", self.field, self.problem)
    }
}

impl core::error::Error for ConfigError {}

/// Blames the code that gave the config.
impl From<ConfigError> for crate::error::Error {
    fn from(error: ConfigError) -> Self {
        Self::config(error)
    }
}

#[cfg(feature = "std")]
impl From<ConfigError> for std::io::Error {
    fn from(error: ConfigError) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, error)
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
/// let keepalive = Keepalive::default().with_idle(Duration::from_secs(20));
/// let config = Config::default().with_tcp_keepalive(keepalive);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalive {
    /// The time without a segment from the peer, after which the first probe is sent.
    pub idle: Duration,
    /// The time between two probes.
    pub interval: Duration,
    /// The number of probes without an answer, after which the connection is reset.
    pub retries: u32,
}

impl Keepalive {
    setters! {
        with_idle, idle: Duration;
        with_interval, interval: Duration;
        with_retries, retries: u32;
    }
}

impl Default for Keepalive {
    fn default() -> Self {
        Self { idle: Duration::from_secs(60), interval: Duration::from_secs(10), retries: 6 }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn config_check_names_the_field_that_is_wrong() {
        let good = Config::default();
        let no_grace = MinRate::default().with_grace(Duration::ZERO);
        let keepalive = Keepalive::default();
        let wrong = [
            (good.clone().with_read_size(0), "read_size"),
            (good.clone().with_write_size(0), "write_size"),
            (good.clone().with_low_water(good.high_water + 1), "low_water"),
            (good.clone().with_high_water(0), "low_water"),
            (good.clone().with_min_input_rate(no_grace), "min_input_rate"),
            (good.clone().with_min_output_rate(no_grace), "min_output_rate"),
            (good.clone().with_tcp_keepalive(keepalive.with_idle(Duration::ZERO)), "tcp_keepalive"),
            (good.clone().with_tcp_keepalive(keepalive.with_interval(Duration::ZERO)), "tcp_keepalive"),
            (good.clone().with_tcp_keepalive(keepalive.with_retries(0)), "tcp_keepalive"),
        ];
        for (config, field) in wrong {
            let error = config.check().unwrap_err();
            assert_eq!(error.field(), field);
            assert!(error.to_string().contains(field), "{error}");
        }
    }

    #[test]
    fn config_check_passes_extreme_values() {
        let config = Config::default().with_high_water(0).with_low_water(0).with_max_frame_len(0);
        let config = config.with_mailbox_capacity(0).with_linger(Duration::ZERO).with_idle_timeout(None);
        let config = config.with_min_input_rate(None).with_min_output_rate(None).with_tcp_keepalive(None);
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.with_high_water(usize::MAX).with_low_water(usize::MAX).check(), Ok(()));
        assert_eq!(Config::default().check(), Ok(()));
    }
}
