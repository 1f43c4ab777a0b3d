use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use asynchat_core::drive::Clock;

use super::*;

#[derive(Default)]
struct Counted(AtomicUsize);

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits for the alarm under an executor without timers, and returns the time at which it rang.
fn ring(timer: &mut AsyncIoClock, at: Duration) -> Duration {
    pollster::block_on(poll_fn(|cx| timer.poll_alarm(cx, Some(at))));
    timer.now()
}

// C6
#[test]
fn sleep_ends_at_its_time() {
    let mut timer = AsyncIoClock::default();
    let at = timer.now() + Duration::from_millis(20);
    assert!(ring(&mut timer, at) >= at);
    assert!(ring(&mut timer, at) >= at, "a past time rings at once");
}

// C6
#[test]
fn sleep_can_be_reset_either_way() {
    let mut timer = AsyncIoClock::default();
    let mut cx = Context::from_waker(Waker::noop());
    let soon = timer.now();
    let (later, never) = (soon + Duration::from_millis(20), soon + Duration::from_secs(3600));
    assert!(timer.poll_alarm(&mut cx, Some(never)).is_pending());
    assert!(ring(&mut timer, later) < never);
    assert!(timer.poll_alarm(&mut cx, Some(never)).is_pending());
    assert!(timer.poll_alarm(&mut cx, Some(soon)).is_ready());
}

#[test]
fn sleep_removed_wakes_nobody() {
    let mut timer = AsyncIoClock::default();
    let woken = Arc::new(Counted::default());
    let waker = Waker::from(Arc::clone(&woken));
    let at = timer.now() + Duration::from_millis(20);
    assert!(timer.poll_alarm(&mut Context::from_waker(&waker), Some(at)).is_pending());
    assert!(timer.poll_alarm(&mut Context::from_waker(&waker), None).is_pending());
    ring(&mut AsyncIoClock::default(), at);
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
}
