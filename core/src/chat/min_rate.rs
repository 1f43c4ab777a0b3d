use core::time::Duration;

/// The least rate at which a peer has to send a frame it has begun, and to take output that waits for it.
///
/// A timer that every byte resets is no protection: a peer that sends one byte a second would hold its connection for
/// ever. So a byte buys only the time it would take at the least rate. A peer has the grace period to begin with, and
/// never more than that in reserve.
///
/// The default is Kestrel's, which has proved itself in public: 240 bytes a second after 5 seconds. The slowest modem
/// link in use is ten times as fast.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::{Config, MinRate};
///
/// let patient = MinRate { grace: Duration::from_secs(30), bytes_per_second: 10 };
/// let config = Config { pace: Some(patient), ..Config::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinRate {
    /// How long a peer may fall short of the rate before it is given up. At zero every peer is, at any rate.
    pub grace: Duration,
    /// The rate. At 0 a byte buys as much time as the grace period.
    pub bytes_per_second: u32,
}

impl Default for MinRate {
    fn default() -> Self {
        Self { grace: Duration::from_secs(5), bytes_per_second: 240 }
    }
}

/// Measures one direction against a [`MinRate`]. It runs only while the peer owes something.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateClock {
    deadline: Option<Duration>,
}

impl RateClock {
    /// Says that the peer owes bytes, or that it does not, and how many came since this was said last.
    pub(crate) fn update(&mut self, pace: Option<MinRate>, now: Duration, owes: bool, bytes: u64) {
        self.deadline = match pace {
            Some(pace) if owes => {
                let full = now.saturating_add(pace.grace);
                Some(match self.deadline {
                    Some(deadline) => deadline.saturating_add(pace.time_for(bytes)).min(full),
                    None => full,
                })
            }
            _ => None,
        };
    }

    /// When the peer is to be given up, unless bytes come before.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    pub(crate) fn has_passed(&self, now: Duration) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

impl MinRate {
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

    const PACE: MinRate = MinRate { grace: Duration::from_secs(5), bytes_per_second: 240 };

    /// How many seconds a peer lasts that sends so many bytes each second, up to a hundred.
    fn lasts(bytes: u64) -> u64 {
        let mut clock = RateClock::default();
        clock.update(Some(PACE), Duration::ZERO, true, 0);
        for second in 1..100 {
            let now = Duration::from_secs(second);
            if clock.has_passed(now) {
                return second;
            }
            clock.update(Some(PACE), now, true, bytes);
        }
        100
    }

    // C6
    #[test]
    fn a_byte_a_second_does_not_prolong_the_grace_period() {
        assert_eq!(lasts(0), 5);
        assert_eq!(lasts(1), 6);
        assert_eq!(lasts(120), 9);
        assert_eq!(lasts(240), 100);
    }

    // C6
    #[test]
    fn a_burst_buys_no_more_than_the_grace_period() {
        let mut clock = RateClock::default();
        clock.update(Some(PACE), Duration::ZERO, true, 0);
        clock.update(Some(PACE), Duration::from_secs(1), true, u64::MAX);
        assert_eq!(clock.deadline(), Some(Duration::from_secs(6)));
    }

    // C6
    #[test]
    fn a_peer_that_owes_nothing_has_all_the_time() {
        let mut clock = RateClock::default();
        clock.update(Some(PACE), Duration::ZERO, true, 0);
        clock.update(Some(PACE), Duration::from_secs(1), false, 0);
        assert!(!clock.has_passed(Duration::MAX));
        clock.update(None, Duration::ZERO, true, 0);
        assert_eq!(clock.deadline(), None);
    }
}
