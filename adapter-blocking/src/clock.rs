use std::task::{Context, Poll};
use std::time::Instant;

use asynchat_core::drive::{RuntimeClock, Sleep};

/// std's monotonic time, and an alarm that the thread asks for before it waits: [`RuntimeClock::take_alarm`].
pub(crate) type StdClock = RuntimeClock<StdSleep>;

/// A time that wakes nobody: the thread waits no longer than until then.
#[derive(Debug)]
pub(crate) struct StdSleep(Instant);

impl Sleep for StdSleep {
    fn now() -> Instant {
        Instant::now()
    }

    fn until(at: Instant) -> Self {
        Self(at)
    }

    fn at(&self) -> Instant {
        self.0
    }

    fn reset(&mut self, at: Instant) {
        self.0 = at;
    }

    fn poll_elapsed(&mut self, _: &mut Context<'_>) -> Poll<()> {
        if self.0 <= Instant::now() { Poll::Ready(()) } else { Poll::Pending }
    }
}
