use std::time::Duration;

/// No pause is longer. At a hundred attempts a second, waiting costs nothing, and nobody notices how late it ends.
const LONGEST: Duration = Duration::from_millis(10);

/// What keeps attempts apart that come to nothing, where nobody says when another is worth it.
///
/// A stream with a timeout waits in its own calls, and then there is no pause. One that says at once that it would block,
/// and of which it is not known how to wait for it, would otherwise keep the processor.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    /// How many attempts have come to nothing in a row.
    in_vain: u32,
    next: Duration,
}

impl Backoff {
    /// An attempt has come to something.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    /// An attempt has come to nothing, and has taken so long. The first is repeated at once; then it is one millisecond
    /// from the beginning of an attempt to the next, and twice as long each time.
    pub(crate) fn failed_after(&mut self, taken: Duration) {
        let apart = match self.in_vain.checked_sub(1) {
            Some(doublings) => Duration::from_millis(1u64.checked_shl(doublings).unwrap_or(u64::MAX)),
            None => Duration::ZERO,
        };
        self.in_vain = self.in_vain.saturating_add(1);
        self.next = apart.min(LONGEST).saturating_sub(taken);
    }

    /// How long to wait before the next attempt.
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
