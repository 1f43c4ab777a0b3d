use std::time::Duration;

/// The longest pause: a hundred attempts a second cost nothing, and a delay of 10 ms is not noticed.
const LONGEST: Duration = Duration::from_millis(10);

/// The pauses between attempts that would block, on a stream that cannot be waited for in poll(2).
///
/// A stream with a timeout waits in its own calls, and needs no pause. A stream that returns `WouldBlock` at once would
/// otherwise make the thread spin.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    /// The attempts in a row that would block.
    in_vain: u32,
    next: Duration,
}

impl Backoff {
    /// Notes an attempt that made progress.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Notes an attempt that would block, and took this long. The first is repeated at once. Then the interval from one
    /// attempt to the next is 1 ms, and doubles each time.
    pub(crate) fn failed_after(&mut self, taken: Duration) {
        let apart = match self.in_vain.checked_sub(1) {
            Some(doublings) => Duration::from_millis(1u64.checked_shl(doublings).unwrap_or(u64::MAX)),
            None => Duration::ZERO,
        };
        self.in_vain = self.in_vain.saturating_add(1);
        self.next = apart.min(LONGEST).saturating_sub(taken);
    }

    /// Returns the pause before the next attempt.
    pub(crate) fn next(&self) -> Duration {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(taken: Duration) -> Vec<u128> {
        let mut backoff = Backoff::default();
        (0..100)
            .map(|_| {
                backoff.failed_after(taken);
                backoff.next().as_millis()
            })
            .collect()
    }

    #[test]
    fn backoff_grows_to_10_ms() {
        let lengths = lengths(Duration::ZERO);
        assert_eq!(lengths[..7], [0, 1, 2, 4, 8, 10, 10]);
        assert_eq!(lengths[99], 10);
    }

    #[test]
    fn backoff_subtracts_the_time_of_the_attempt() {
        assert!(lengths(LONGEST).iter().all(|&length| length == 0));
        assert_eq!(lengths(Duration::from_millis(7))[99], 3);
    }

    #[test]
    fn backoff_is_reset_by_success() {
        let mut backoff = Backoff::default();
        (0..10).for_each(|_| backoff.failed_after(Duration::ZERO));
        backoff.reset();
        backoff.failed_after(Duration::ZERO);
        assert_eq!(backoff.next(), Duration::ZERO);
    }
}
