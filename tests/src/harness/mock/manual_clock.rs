use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::Clock;

/// A clock that moves only when a test advances it. All clones share one clock.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Rc<State>);

#[derive(Debug, Default)]
struct State {
    now: Cell<Duration>,
    alarm: RefCell<Option<(Duration, Waker)>>,
}

impl ManualClock {
    /// The time of the alarm, if one is set.
    #[must_use]
    pub fn alarm(&self) -> Option<Duration> {
        self.0.alarm.borrow().as_ref().map(|(at, _)| *at)
    }

    /// Advances the clock, and fires the alarm if its time has come.
    pub fn advance(&self, by: Duration) {
        self.0.now.set(self.0.now.get() + by);
        if self.alarm().is_some_and(|at| at <= self.0.now.get())
            && let Some((_, waker)) = self.0.alarm.take()
        {
            waker.wake();
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        self.0.now.get()
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()> {
        let rings = at.is_some_and(|at| at <= self.now());
        let set = at.filter(|_| !rings).map(|at| (at, cx.waker().clone()));
        self.0.alarm.replace(set);
        if rings { Poll::Ready(()) } else { Poll::Pending }
    }
}
