use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::mem;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use core::task::Waker;
use std::sync::LazyLock;

use super::*;

#[expect(clippy::disallowed_methods, reason = "std has no other way to make an instant")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

std::thread_local! {
    /// The time of the mock runtimes of this thread, since [`START`].
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    /// The runtime that runs.
    static RUNTIME: Cell<u32> = const { Cell::new(0) };
    static TIMERS: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

/// A timer of a mock runtime, which lives as long as its [`MockSleep`].
struct Timer {
    number: u32,
    runtime: u32,
    at: Instant,
    waker: Option<Waker>,
}

/// The sleep that a mock runtime returns for a [`Timer`].
#[derive(Debug)]
struct MockSleep(u32);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Sleep for MockSleep {
    type Runtime = u32;

    fn runtime() -> u32 {
        RUNTIME.get()
    }

    fn now() -> Instant {
        *START + NOW.get()
    }

    fn until(at: Instant) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        TIMERS.with_borrow_mut(|timers| timers.push(Timer { number, runtime: RUNTIME.get(), at, waker: None }));
        Self(number)
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        TIMERS.with_borrow_mut(|timers| {
            let timer = timers.iter_mut().find(|timer| timer.number == self.0).unwrap();
            if timer.at <= Self::now() {
                return Poll::Ready(());
            }
            timer.waker = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

impl Drop for MockSleep {
    fn drop(&mut self) {
        let dropped = TIMERS.with_borrow_mut(|timers| {
            let place = timers.iter().position(|timer| timer.number == self.0)?;
            Some(timers.swap_remove(place))
        });
        drop(dropped);
    }
}

/// Runs the timers of this thread's runtime until this time.
fn run_until(time: Duration) {
    NOW.set(time);
    go_off(|timer| timer.at <= MockSleep::now());
}

/// Makes timers of this thread's runtime go off.
fn go_off(which: impl Fn(&Timer) -> bool) {
    let wakers: Vec<_> = TIMERS.with_borrow_mut(|timers| {
        let due = timers.iter_mut().filter(|timer| timer.runtime == RUNTIME.get() && which(timer));
        due.filter_map(|timer| timer.waker.take()).collect()
    });
    wakers.into_iter().for_each(Waker::wake);
}

/// Returns the number of timers that exist.
fn timers() -> usize {
    TIMERS.with_borrow(Vec::len)
}

#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task that waits for the alarm of its clock.
#[derive(Default)]
struct Waiting {
    task: Arc<Task>,
    clock: RuntimeClock<MockSleep>,
}

impl Waiting {
    /// Returns a task whose alarm is set, in this time from now.
    fn set(wait: Duration) -> Self {
        let mut waiting = Self::default();
        assert!(waiting.poll(waiting.clock.now() + wait).is_pending());
        waiting
    }

    fn poll(&mut self, at: Duration) -> Poll<()> {
        self.clock.poll_alarm(&mut Context::from_waker(&Arc::clone(&self.task).into()), Some(at))
    }

    fn take_woken(&self) -> usize {
        self.task.0.swap(0, Ordering::Relaxed)
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const MILLISECOND: Duration = Duration::from_millis(1);

// C11
#[test]
fn runtime_clock_alarms_of_one_time_share_a_timer() {
    let waiting: Vec<_> = (0..1000)
        .map(|number| {
            run_until(number * MILLISECOND);
            Waiting::set(5 * MINUTE)
        })
        .collect();
    assert!(timers() <= 2, "{}", timers());
    run_until(5 * MINUTE);
    assert!(waiting.iter().all(|waiting| waiting.take_woken() == 0));
    run_until(6 * MINUTE);
    assert!(waiting.iter().all(|waiting| waiting.take_woken() == 1));
    drop(waiting);
    assert_eq!(timers(), 0);
}

// C11
#[test]
fn runtime_clock_alarm_is_never_early_and_hardly_late() {
    let mut wait = Duration::from_nanos(1);
    while wait < Duration::from_secs(365 * 24 * 60 * 60) {
        wait = wait * 11 / 7 + Duration::from_nanos(1);
        let start = NOW.get();
        let mut waiting = Waiting::set(wait);
        let at = waiting.clock.now() + wait;
        run_until(start + wait - Duration::from_nanos(1));
        assert_eq!(waiting.take_woken(), 0, "{wait:?}");
        run_until(start + wait + (wait / 64).max(Duration::from_micros(1049)));
        assert_eq!(waiting.take_woken(), 1, "{wait:?}");
        assert!(waiting.poll(at).is_ready());
        assert_eq!(timers(), 0);
    }
}

#[test]
fn runtime_clock_has_a_timer_only_while_set() {
    let mut waiting = Waiting::default();
    assert_eq!(timers(), 0);
    let now = waiting.clock.now();
    assert!(waiting.poll(now + MINUTE).is_pending());
    assert_eq!(timers(), 1);
    assert!(waiting.clock.poll_alarm(&mut Context::from_waker(Waker::noop()), None).is_pending());
    assert_eq!(timers(), 0);
    assert!(waiting.poll(now).is_ready());
    assert!(waiting.poll(Duration::ZERO).is_ready());
    assert!(waiting.poll(Duration::MAX).is_pending(), "it never comes");
    assert_eq!(timers(), 0);
}

// C11
#[test]
fn runtime_clock_that_was_active_waits_on() {
    let mut waiting = Waiting::set(MINUTE);
    for second in 1..=50 {
        run_until(Duration::from_secs(second));
        assert!(waiting.poll(waiting.clock.now() + MINUTE).is_pending());
    }
    let at = waiting.clock.now() + MINUTE;
    // It wakes once for the time that was set first.
    run_until(Duration::from_secs(62));
    assert_eq!(waiting.take_woken(), 1);
    assert!(waiting.poll(at).is_pending());
    run_until(Duration::from_secs(110) - MILLISECOND);
    assert_eq!(waiting.take_woken(), 0);
    assert!(waiting.poll(at).is_pending());
    run_until(Duration::from_secs(112));
    assert_eq!(waiting.take_woken(), 1);
    assert!(waiting.poll(at).is_ready());
}

// C6
#[test]
fn runtime_clock_wakes_for_an_earlier_time() {
    let mut waiting = Waiting::set(5 * MINUTE);
    let at = waiting.clock.now() + 100 * MILLISECOND;
    assert!(waiting.poll(at).is_pending());
    run_until(102 * MILLISECOND);
    assert_eq!(waiting.take_woken(), 1);
    assert!(waiting.poll(at).is_ready());
    assert_eq!(timers(), 0);
}

// C11
#[test]
fn runtime_clock_that_is_dropped_leaves_no_waker() {
    let one = Waiting::set(MINUTE);
    let other = Waiting::set(MINUTE);
    assert_eq!((timers(), Arc::strong_count(&one.task)), (1, 2));
    let Waiting { task, clock } = one;
    drop(clock);
    assert_eq!((timers(), Arc::strong_count(&task)), (1, 1));
    run_until(2 * MINUTE);
    assert_eq!((task.0.load(Ordering::Relaxed), other.take_woken()), (0, 1));
}

#[test]
fn runtime_clock_wakes_the_task_that_polled_last() {
    let mut waiting = Waiting::set(MINUTE);
    let at = waiting.clock.now() + MINUTE;
    let first = mem::take(&mut waiting.task);
    assert!(waiting.poll(at).is_pending());
    assert_eq!(Arc::strong_count(&first), 1);
    run_until(2 * MINUTE);
    assert_eq!((first.0.load(Ordering::Relaxed), waiting.take_woken()), (0, 1));
}

#[test]
fn runtime_clocks_of_two_runtimes_share_no_timer() {
    let one = Waiting::set(MINUTE);
    RUNTIME.set(1);
    let two = Waiting::set(MINUTE);
    assert_eq!(timers(), 2);
    run_until(2 * MINUTE);
    assert_eq!((one.take_woken(), two.take_woken()), (0, 1));
    RUNTIME.set(0);
    run_until(2 * MINUTE);
    assert_eq!((one.take_woken(), two.take_woken()), (1, 0));
}

#[test]
fn runtime_clock_survives_the_end_of_its_runtime() {
    let mut waiting = Waiting::set(MINUTE);
    let at = waiting.clock.now() + MINUTE;
    // A runtime that shuts down makes all its timers go off.
    go_off(|_| true);
    assert_eq!(waiting.take_woken(), 1);
    RUNTIME.set(1);
    assert!(waiting.poll(at).is_pending());
    run_until(2 * MINUTE);
    assert_eq!(waiting.take_woken(), 1);
    assert!(waiting.poll(at).is_ready());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a clock moves with its task")]
fn runtime_clock_goes_on_in_another_thread() {
    let mut waiting = Waiting::set(MINUTE);
    let at = waiting.clock.now() + MINUTE;
    let waiting = std::thread::spawn(move || {
        assert!(waiting.poll(at).is_pending());
        waiting
    });
    let waiting = waiting.join().unwrap();
    assert_eq!(timers(), 1);
    run_until(2 * MINUTE);
    assert_eq!(waiting.take_woken(), 1);
}

#[test]
fn runtime_clock_serves_a_runtime_that_is_behind() {
    NOW.set(60 * MINUTE);
    let ahead = RuntimeClock::<MockSleep>::default().now();
    NOW.set(Duration::ZERO);
    let mut behind = Waiting::set(MINUTE);
    assert_eq!(ahead - behind.clock.now(), 60 * MINUTE);
    let at = behind.clock.now() + MINUTE;
    run_until(MINUTE - MILLISECOND);
    assert_eq!(behind.take_woken(), 0);
    run_until(MINUTE + MINUTE / 64);
    assert_eq!(behind.take_woken(), 1);
    assert!(behind.poll(at).is_ready());
}
