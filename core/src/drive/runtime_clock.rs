use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::time::Instant;

use crate::drive::transport::Clock;

/// A timer of a runtime, for one moment. Implemented by an adapter, used by a [`RuntimeClock`].
pub trait Sleep {
    /// Returns the monotonic time of the runtime, which its tests may have paused.
    fn now() -> Instant;

    /// Makes a timer that goes off at this time.
    fn until(at: Instant) -> Self;

    /// Returns the time at which it goes off.
    fn at(&self) -> Instant;

    /// Makes it go off at another time.
    fn reset(&mut self, at: Instant);

    /// Waits until it goes off. Ready at once if that time is past.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// A [`Clock`] made of a runtime's time and timers. Its origin is the moment when it was made. For adapters.
///
/// There is a timer only while an alarm is set.
#[derive(Debug)]
pub struct RuntimeClock<S> {
    origin: Instant,
    alarm: Option<S>,
}

impl<S: Sleep> Default for RuntimeClock<S> {
    fn default() -> Self {
        Self { origin: S::now(), alarm: None }
    }
}

impl<S: Sleep> RuntimeClock<S> {
    /// Returns the time left until the alarm, and takes the alarm away. For a loop that waits in its own thread: the alarm
    /// holds for one wait, since every poll sets it again.
    pub fn take_alarm(&mut self) -> Option<Duration> {
        let sleep = self.alarm.take()?;
        Some(sleep.at().saturating_duration_since(S::now()))
    }
}

impl<S: Sleep> Clock for RuntimeClock<S> {
    fn now(&self) -> Duration {
        S::now().saturating_duration_since(self.origin)
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()> {
        // A time beyond the range of `Instant` never comes.
        let Some(at) = at.and_then(|at| self.origin.checked_add(at)) else {
            self.alarm = None;
            return Poll::Pending;
        };
        let sleep = self.alarm.get_or_insert_with(|| S::until(at));
        if sleep.at() != at {
            sleep.reset(at);
        }
        ready!(sleep.poll_elapsed(cx));
        self.alarm = None;
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use core::task::Waker;
    use std::sync::LazyLock;

    use super::*;

    /// A time that stands still.
    #[expect(clippy::disallowed_methods, reason = "std has no other way to make an instant")]
    static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

    /// A timer at a time that stands still.
    struct Still {
        at: Instant,
        resets: u32,
    }

    const DAY: Duration = Duration::from_secs(86_400);

    impl Sleep for Still {
        fn now() -> Instant {
            *NOW
        }

        fn until(at: Instant) -> Self {
            Self { at, resets: 0 }
        }

        fn at(&self) -> Instant {
            self.at
        }

        fn reset(&mut self, at: Instant) {
            self.at = at;
            self.resets += 1;
        }

        fn poll_elapsed(&mut self, _: &mut Context<'_>) -> Poll<()> {
            if self.at > *NOW { Poll::Pending } else { Poll::Ready(()) }
        }
    }

    fn resets(timer: &RuntimeClock<Still>) -> Option<u32> {
        timer.alarm.as_ref().map(|sleep| sleep.resets)
    }

    #[test]
    fn runtime_clock_has_a_timer_only_while_set() {
        let mut timer = RuntimeClock::<Still>::default();
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(resets(&timer), None);
        assert!(timer.poll_alarm(&mut cx, Some(DAY)).is_pending());
        assert_eq!(resets(&timer), Some(0));
        assert!(timer.poll_alarm(&mut cx, None).is_pending());
        assert_eq!(resets(&timer), None);
        assert!(timer.poll_alarm(&mut cx, Some(Duration::ZERO)).is_ready());
        assert_eq!(resets(&timer), None);
        assert!(timer.poll_alarm(&mut cx, Some(Duration::MAX)).is_pending(), "beyond the range of Instant");
        assert_eq!(resets(&timer), None);
    }

    // C6
    #[test]
    fn runtime_clock_resets_its_timer_for_another_time() {
        let mut timer = RuntimeClock::<Still>::default();
        let mut cx = Context::from_waker(Waker::noop());
        for (at, expected) in [(DAY, 0), (DAY, 0), (DAY * 2, 1), (DAY * 2, 1), (DAY, 2)] {
            assert!(timer.poll_alarm(&mut cx, Some(at)).is_pending());
            assert_eq!(resets(&timer), Some(expected));
        }
        assert!(timer.poll_alarm(&mut cx, Some(Duration::ZERO)).is_ready());
    }
}
