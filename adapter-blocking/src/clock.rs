use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use asynchat_core::drive::Clock;

/// std's monotonic time, and an alarm that wakes nobody: the thread waits no longer than until then. Its origin is the
/// moment when it was made.
#[derive(Debug)]
pub(crate) struct StdClock {
    origin: Instant,
    alarm: Option<Duration>,
}

impl Default for StdClock {
    fn default() -> Self {
        Self { origin: Instant::now(), alarm: None }
    }
}

impl StdClock {
    /// Returns the time left until the alarm, and takes the alarm away: it holds for one wait, since every poll sets it
    /// again.
    pub(crate) fn take_alarm(&mut self) -> Option<Duration> {
        Some(self.alarm.take()?.saturating_sub(self.now()))
    }
}

impl Clock for StdClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn poll_alarm(&mut self, _: &mut Context<'_>, at: Option<Duration>) -> Poll<()> {
        self.alarm = at.filter(|at| *at > self.now());
        if at.is_some() && self.alarm.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }
}
