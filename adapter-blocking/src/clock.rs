use std::cell::Cell;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use asynchat_core::drive::Clock;

/// std's time, counted from when this was made, and an alarm that is only noted down: whoever waits asks for it.
#[derive(Debug)]
pub(crate) struct StdClock {
    origin: Instant,
    alarm: Cell<Option<Duration>>,
}

impl StdClock {
    /// How long it is until the alarm, which is then not set: it holds for one wait, as what is polled again sets it again.
    pub(crate) fn take_alarm(&self) -> Option<Duration> {
        self.until(self.alarm.take())
    }

    /// How long it is until then.
    pub(crate) fn until(&self, at: Option<Duration>) -> Option<Duration> {
        Some(at?.saturating_sub(self.now()))
    }
}

impl Default for StdClock {
    fn default() -> Self {
        Self { origin: Instant::now(), alarm: Cell::new(None) }
    }
}

impl Clock for StdClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn poll_alarm(&mut self, _: &mut Context<'_>, at: Option<Duration>) -> Poll<()> {
        let rings = at.is_some_and(|at| at <= self.now());
        self.alarm.set(if rings { None } else { at });
        if rings { Poll::Ready(()) } else { Poll::Pending }
    }
}
