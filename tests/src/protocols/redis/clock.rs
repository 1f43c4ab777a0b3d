//! The clock by which keys expire.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, as `PEXPIREAT` has them.
pub(super) type Milliseconds = i64;

/// Reads a monotonic clock, and gives its time as the time since 1970.
///
/// The time of day is read once, when the clock is made. So no key expires early or late because somebody has set the
/// time of day; but `EXPIREAT` then refers to the time of day as it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    read: fn() -> Instant,
    started: Instant,
    /// The time of day at the start.
    offset: Duration,
}

impl Clock {
    pub(super) fn new(read: fn() -> Instant) -> Self {
        // Before 1970 every deadline since then is in the future.
        let offset = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { read, started: read(), offset }
    }

    pub(super) fn now(&self) -> Milliseconds {
        let elapsed = (self.read)().saturating_duration_since(self.started);
        let milliseconds = elapsed.saturating_add(self.offset).as_millis();
        Milliseconds::try_from(milliseconds).unwrap_or(Milliseconds::MAX)
    }
}
