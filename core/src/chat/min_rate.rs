use core::time::Duration;

/// The minimum rate at which a peer has to send a frame that it has begun, or to take output that waits for it.
///
/// A timeout that every byte resets gives no protection: a slowloris client that sends one byte a second would keep its
/// connection forever. Here a byte extends the deadline only by the time that it takes at the minimum rate. A peer
/// starts with the grace period, and its deadline is never further away than that.
///
/// The default is Kestrel's, proven on the public internet: 240 bytes a second, after a grace period of 5 seconds. The
/// slowest modem link in use is ten times as fast.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::{Config, MinRate};
///
/// let patient = MinRate { grace: Duration::from_secs(30), bytes_per_second: 10 };
/// let config = Config { min_input_rate: Some(patient), min_output_rate: None, ..Config::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinRate {
    /// The time for which a peer may send or take nothing. At zero, every peer is too slow at any rate.
    pub grace: Duration,
    /// The rate. At 0, each byte restarts the grace period.
    pub bytes_per_second: u32,
}

impl Default for MinRate {
    fn default() -> Self {
        Self { grace: Duration::from_secs(5), bytes_per_second: 240 }
    }
}

/// Measures one direction against a [`MinRate`], like a token bucket of time. It runs only while the peer owes bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateClock {
    deadline: Option<Duration>,
}

impl RateClock {
    /// Notes whether the peer owes bytes, and how many bytes came since the last update.
    pub(crate) fn update(&mut self, min_rate: Option<MinRate>, now: Duration, owes: bool, bytes: u64) {
        self.deadline = match min_rate {
            Some(min_rate) if owes => {
                let latest = now.saturating_add(min_rate.grace);
                Some(match self.deadline {
                    Some(deadline) => deadline.saturating_add(min_rate.time_for(bytes)).min(latest),
                    None => latest,
                })
            }
            _ => None,
        };
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
        match bytes.saturating_mul(NANOS).checked_div(u64::from(self.bytes_per_second)) {
            Some(nanos) => Duration::from_nanos(nanos),
            None if bytes == 0 => Duration::ZERO,
            None => self.grace,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: MinRate = MinRate { grace: Duration::from_secs(5), bytes_per_second: 240 };

    /// Returns after how many seconds a peer that sends this many bytes a second is too slow; at most 100.
    fn seconds_of(bytes: u64) -> u64 {
        let mut clock = RateClock::default();
        clock.update(Some(RATE), Duration::ZERO, true, 0);
        for second in 1..100 {
            let now = Duration::from_secs(second);
            if clock.has_passed(now) {
                return second;
            }
            clock.update(Some(RATE), now, true, bytes);
        }
        100
    }

    // C6
    #[test]
    fn min_rate_exceeds_a_byte_a_second() {
        assert_eq!(seconds_of(0), 5);
        assert_eq!(seconds_of(1), 6);
        assert_eq!(seconds_of(120), 9);
        assert_eq!(seconds_of(240), 100);
    }

    // C6
    #[test]
    fn min_rate_credits_a_burst_with_grace() {
        let mut clock = RateClock::default();
        clock.update(Some(RATE), Duration::ZERO, true, 0);
        clock.update(Some(RATE), Duration::from_secs(1), true, u64::MAX);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(6)));
    }

    // C6
    #[test]
    fn min_rate_has_no_deadline_without_debt() {
        let mut clock = RateClock::default();
        clock.update(Some(RATE), Duration::ZERO, true, 0);
        clock.update(Some(RATE), Duration::from_secs(1), false, 0);
        assert!(!clock.has_passed(Duration::MAX));
        clock.update(None, Duration::ZERO, true, 0);
        assert_eq!(clock.deadline(), None);
    }
}
