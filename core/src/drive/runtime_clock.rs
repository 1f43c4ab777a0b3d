use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::OnceLock;
use std::time::Instant;

use crate::drive::shared_timer::{self, Membership};
use crate::drive::transport::Clock;

/// A timer of a runtime, for one moment. Implemented by an adapter, used by a [`RuntimeClock`].
pub trait Sleep: Send + Sized + 'static {
    /// Identifies a runtime among those of a process: a timer of one goes off only while that one runs. `()` if all
    /// share their timers.
    type Runtime: PartialEq + 'static;

    /// Returns the runtime that [`until`](Self::until) would make a timer of.
    fn runtime() -> Self::Runtime;

    /// Returns the monotonic time of the runtime, which its tests may have paused.
    fn now() -> Instant;

    /// Makes a timer that goes off at this time.
    fn until(at: Instant) -> Self;

    /// Waits until it goes off. Ready at once if that time is past.
    ///
    /// Called once, after [`until`](Self::until). The waker may be woken at any time and by any thread, also when the
    /// runtime shuts down.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// A [`Clock`] made of a runtime's time and timers. For adapters.
///
/// It takes 16 bytes, and has no timer of its own: the clocks of a thread share one for all alarms that are about to go
/// off at the same time, so that a connection that is idle pays for a waker and no more. An alarm is never early. It is
/// late by at most 1/64 of the wait, or by a millisecond if that is more: 4.7 seconds for an idle timeout of 5 minutes.
/// The runtime's own delay comes on top.
///
/// A clock may move to another thread, and the thread where an alarm was set may block or end: the timer is the runtime's.
#[derive(Debug)]
pub struct RuntimeClock<S> {
    alarm: Option<Membership<S>>,
}

/// The time of all clocks before the first of them was made. A runtime whose tests have paused its time may be behind it.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// The time at which the first clock was asked.
static ORIGIN: OnceLock<Instant> = OnceLock::new();

/// The share of a wait by which an alarm may be late.
const PRECISION: u64 = 64;

/// The lateness that is always allowed, in nanoseconds: runtimes count in milliseconds.
const TICK: u64 = 1 << 20;

impl<S> Default for RuntimeClock<S> {
    fn default() -> Self {
        Self { alarm: None }
    }
}

impl<S> RuntimeClock<S> {
    /// Returns whether a timer will wake the task at this time, or before.
    fn is_set_until(&self, at: u64, waker: &Waker) -> bool {
        self.alarm.as_ref().is_some_and(|alarm| alarm.at() <= at && alarm.register(waker))
    }
}

impl<S: Sleep> Clock for RuntimeClock<S> {
    fn now(&self) -> Duration {
        let now = S::now();
        let origin = *ORIGIN.get_or_init(|| now);
        match now.checked_duration_since(origin) {
            Some(since) => CENTURY.saturating_add(since),
            None => CENTURY.saturating_sub(origin.saturating_duration_since(now)),
        }
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()> {
        let Some(at) = at else {
            self.alarm = None;
            return Poll::Pending;
        };
        let at = nanos(at);
        // A timer that is early costs one wake-up more. So a deadline that moves with each byte moves no timer.
        if self.is_set_until(at, cx.waker()) {
            return Poll::Pending;
        }
        let Some(wait) = at.checked_sub(nanos(self.now())).filter(|wait| *wait > 0) else {
            self.alarm = None;
            return Poll::Ready(());
        };
        let lateness = (wait / PRECISION).max(TICK);
        if self.is_set_until(at.saturating_add(lateness), cx.waker()) {
            return Poll::Pending;
        }
        self.alarm = None;
        // Rounded up, so that alarms come together.
        let shared = at.checked_next_multiple_of(1 << lateness.ilog2());
        // A time beyond the range of `Instant` never comes.
        let Some((shared, instant)) = shared.and_then(|shared| Some((shared, instant(shared)?))) else {
            return Poll::Pending;
        };
        self.alarm = shared_timer::join(shared, instant, cx.waker());
        if self.alarm.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// A number is half of the size of a [`Duration`], and enough for 584 years.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn instant(at: u64) -> Option<Instant> {
    let (at, origin) = (Duration::from_nanos(at), *ORIGIN.get()?);
    match at.checked_sub(CENTURY) {
        Some(after) => origin.checked_add(after),
        None => origin.checked_sub(CENTURY.saturating_sub(at)),
    }
}

#[cfg(test)]
mod tests;
