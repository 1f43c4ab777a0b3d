use core::time::Duration;

/// The minimum rate at which a peer has to send a frame that it has begun, or to take output that waits for it.
///
/// A timeout that every byte resets gives no protection: a slowloris client that sends one byte a second would keep its
/// connection forever. Here a byte extends the deadline only by the time that it takes at the minimum rate:
///
/// ```text
/// deadline = start + grace + progress / bytes_per_second
/// ```
///
/// So a peer at or above the rate is not cut off, however large the pieces in which its bytes move, and one at half of
/// the rate is cut off after twice the grace period. A peer that makes no progress at all for
/// [`Config::idle_timeout`](crate::chat::Config::idle_timeout) is cut off, however fast it was before. The start is the
/// first byte of a frame, or the moment at which output begins to wait.
///
/// The default is 240 bytes a second, after a grace period of 30 seconds. The rate is Kestrel's, proven on the public
/// internet; the slowest modem link in use is ten times as fast. Kestrel's grace period of 5 seconds cut off people who
/// type a line, phones that lose their link for a moment, and downloads into a pager. nginx waits for 60 seconds, Apache
/// for 20 to 40.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::{Config, MinRate};
///
/// let patient = MinRate::new(10, Duration::from_secs(60));
/// let config = Config::default().with_min_input_rate(patient).with_min_output_rate(None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MinRate {
    /// The time for which a peer may send or take nothing. At zero, every peer is too slow at any rate, so that
    /// [`Config::check`](crate::chat::Config::check) refuses it.
    pub grace: Duration,
    /// The rate. At 0, each byte restarts the grace period.
    pub bytes_per_second: u32,
}

impl MinRate {
    /// Makes a rate from the bytes in a second and the grace period.
    pub const fn new(bytes_per_second: u32, grace: Duration) -> Self {
        Self { grace, bytes_per_second }
    }

    /// Sets [`grace`](Self::grace).
    #[must_use]
    pub const fn with_grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Sets [`bytes_per_second`](Self::bytes_per_second).
    #[must_use]
    pub const fn with_bytes_per_second(self, bytes_per_second: u32) -> Self {
        Self { bytes_per_second, ..self }
    }
}

impl Default for MinRate {
    fn default() -> Self {
        Self { grace: Duration::from_secs(30), bytes_per_second: 240 }
    }
}

/// Measures one direction against a [`MinRate`]. It runs only while the peer owes bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateClock {
    deadline: Option<Duration>,
    /// The time at which it started to run, and the position in the stream then.
    start: Duration,
    position: u64,
    /// The time of the last progress, and the position then.
    moved_at: Duration,
    moved_to: u64,
}

impl RateClock {
    /// Updates the deadline. `owes` says whether the peer owes bytes, and `position` how many it has sent or taken since
    /// the beginning of the connection.
    ///
    /// The deadline follows from the position, not from the sum of the updates. So a position that goes back, as that of
    /// output does when the transport admits that it still holds some, takes back the time that it bought.
    ///
    /// A peer that makes no progress at all is too slow after `stall`, whatever it has bought before: five megabytes at
    /// full speed would buy six hours.
    pub(crate) fn update(
        &mut self,
        min_rate: Option<MinRate>,
        stall: Option<Duration>,
        now: Duration,
        owes: bool,
        position: u64,
    ) {
        let Some(min_rate) = min_rate.filter(|_| owes) else { return self.stop() };
        let restarts = min_rate.bytes_per_second == 0 && position > self.position;
        if self.deadline.is_none() || restarts {
            (self.start, self.position) = (now, position);
            (self.moved_at, self.moved_to) = (now, position);
        }
        if position > self.moved_to {
            self.moved_at = now;
        }
        self.moved_to = position;
        let bought = min_rate.time_for(position.saturating_sub(self.position));
        let too_slow = self.start.saturating_add(min_rate.grace).saturating_add(bought);
        let stalled = stall.map_or(Duration::MAX, |stall| self.moved_at.saturating_add(stall.max(min_rate.grace)));
        self.deadline = Some(too_slow.min(stalled));
    }

    /// Lets the peer have this much more time, in which it could not move.
    pub(crate) fn postpone(&mut self, time: Duration) {
        self.start = self.start.saturating_add(time);
        self.moved_at = self.moved_at.saturating_add(time);
        self.deadline = self.deadline.map(|deadline| deadline.saturating_add(time));
    }

    /// Stops, so that the next update starts it again with a grace period of its own.
    pub(crate) fn stop(&mut self) {
        self.deadline = None;
    }

    /// The time at which the peer is too slow, if no byte comes before.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    pub(crate) fn has_passed(&self, now: Duration) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

impl MinRate {
    /// The time that this many bytes take at the minimum rate.
    fn time_for(self, bytes: u64) -> Duration {
        const NANOS: u64 = 1_000_000_000;
        let rate = u64::from(self.bytes_per_second);
        let (Some(seconds), Some(rest)) = (bytes.checked_div(rate), bytes.checked_rem(rate)) else {
            return Duration::ZERO;
        };
        // The rest is less than 2^32, and so is a billion: the product fits.
        let nanos = rest.saturating_mul(NANOS).checked_div(rate).unwrap_or_default();
        Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: MinRate = MinRate { grace: Duration::from_secs(30), bytes_per_second: 240 };

    /// Returns after how many seconds a peer is too slow; at most 10,000. It moves `bytes` every `every` seconds.
    fn seconds_of(bytes: u64, every: u64) -> u64 {
        let mut clock = RateClock::default();
        let mut position = 0;
        clock.update(Some(RATE), None, Duration::ZERO, true, position);
        for second in 1..10_000 {
            let now = Duration::from_secs(second);
            if second % every == 0 {
                position += bytes;
                clock.update(Some(RATE), None, now, true, position);
            }
            if clock.has_passed(now) {
                return second;
            }
        }
        10_000
    }

    // C6
    #[test]
    fn min_rate_exceeds_a_byte_a_second() {
        assert_eq!(seconds_of(0, 1), 30);
        assert_eq!(seconds_of(1, 1), 31);
    }

    // C6
    #[test]
    fn min_rate_cuts_half_of_it_within_two_grace_periods() {
        assert_eq!(seconds_of(120, 1), 60);
        for every in [7, 29, 30, 40] {
            assert!(seconds_of(120 * every, every) <= 60, "in bursts every {every} seconds");
        }
    }

    // C6
    #[test]
    fn min_rate_never_cuts_twice_the_rate_in_bursts() {
        assert_eq!(seconds_of(480, 1), 10_000);
        assert_eq!(seconds_of(480 * 29, 29), 10_000);
        // A third of a send buffer at a time, as the readiness of tokio has it: after it, the next one takes longer than
        // the grace period.
        let mut clock = RateClock::default();
        clock.update(Some(RATE), None, Duration::ZERO, true, 0);
        clock.update(Some(RATE), None, Duration::from_secs(1), true, 64 * 1024);
        assert_eq!(clock.deadline(), Some(RATE.grace + Duration::from_secs(64 * 1024) / 240));
    }

    // C6
    #[test]
    fn min_rate_takes_back_progress_that_was_none() {
        let mut clock = RateClock::default();
        for (position, deadline) in [(0, 30), (480, 32), (240, 31), (0, 30), (720, 33)] {
            clock.update(Some(RATE), None, Duration::from_secs(5) * u32::from(position > 0), true, position);
            assert_eq!(clock.deadline(), Some(Duration::from_secs(deadline)));
        }
    }

    // C6
    #[test]
    fn min_rate_counts_exactly_at_any_rate() {
        for (bytes_per_second, bytes, expected) in [
            (3, 1, Duration::from_nanos(333_333_333)),
            (u32::MAX, u64::from(u32::MAX) * 7, Duration::from_secs(7)),
            (1, u64::MAX, Duration::from_secs(u64::MAX)),
        ] {
            assert_eq!(MinRate { bytes_per_second, ..RATE }.time_for(bytes), expected);
        }
    }

    // C6
    #[test]
    fn min_rate_cuts_fast_peers_that_stall() {
        let mut clock = RateClock::default();
        let stall = Some(Duration::from_secs(300));
        clock.update(Some(RATE), stall, Duration::ZERO, true, 0);
        clock.update(Some(RATE), stall, Duration::from_secs(10), true, 5_000_000);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(310)));
        clock.update(Some(RATE), stall, Duration::from_secs(309), true, 5_000_001);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(609)));
        clock.update(Some(RATE), Some(Duration::ZERO), Duration::from_secs(309), true, 5_000_001);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(339)), "never less than the grace period");
    }

    // C6
    #[test]
    fn min_rate_of_zero_restarts_at_each_byte() {
        let rate = MinRate { bytes_per_second: 0, ..RATE };
        let mut clock = RateClock::default();
        for (second, position, deadline) in [(0, 0, 30), (20, 1, 50), (40, 1, 50), (49, 2, 79)] {
            clock.update(Some(rate), None, Duration::from_secs(second), true, position);
            assert_eq!(clock.deadline(), Some(Duration::from_secs(deadline)));
        }
    }

    // C6
    #[test]
    fn min_rate_has_no_deadline_without_debt() {
        let mut clock = RateClock::default();
        clock.update(Some(RATE), None, Duration::ZERO, true, 0);
        clock.update(Some(RATE), None, Duration::from_secs(1), false, 0);
        assert!(!clock.has_passed(Duration::MAX));
        clock.update(None, None, Duration::ZERO, true, 0);
        assert_eq!(clock.deadline(), None);
    }
}
