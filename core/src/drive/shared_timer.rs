//! Timers that connections share. An idle connection waits for minutes, and then a runtime's timer of a hundred bytes
//! and an entry in the runtime's own timers is most of what it costs. So the deadlines of a thread's connections are
//! rounded up to a few times, and there is one timer for each time: a list of wakers.
//!
//! A timer is made by the first connection that waits for its time, in its own poll, and belongs to all that join: the
//! last one that leaves drops it. It is never moved to another time. When it goes off it wakes all of them, from inside the
//! runtime's own wake-up: there is no task that owns it and would have to stay alive.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::task::Wake;
use core::any::Any;
use core::cell::Cell;
use core::fmt;
use core::mem;
use core::task::{Context, Waker};
use std::sync::Mutex;
use std::time::Instant;

use slab::Slab;

use crate::drive::runtime_clock::Sleep;
use crate::sync;

/// A timer of the runtime, and those who wait for it.
struct SharedTimer<S> {
    /// The time at which it goes off, as the clocks count it.
    at: u64,
    state: Mutex<State<S>>,
}

/// Under its lock no foreign code runs but the clone of a waker.
struct State<S> {
    /// Dropped with the last who waits.
    sleep: Option<S>,
    /// Nobody can join any more.
    gone_off: bool,
    wakers: Slab<Waker>,
}

impl<S: Sleep> SharedTimer<S> {
    /// Makes a timer. `None` if its time has passed.
    fn new(at: u64, instant: Instant) -> Option<Arc<Self>> {
        let state = State { sleep: None, gone_off: false, wakers: Slab::new() };
        let timer = Arc::new(Self { at, state: Mutex::new(state) });
        // A weak one, since the sleep keeps it, and the timer keeps the sleep.
        let waker = Waker::from(Arc::new(GoOff(Arc::downgrade(&timer))));
        let mut sleep = S::until(instant);
        if sleep.poll_elapsed(&mut Context::from_waker(&waker)).is_ready() {
            return None;
        }
        sync::lock(&timer.state).sleep = Some(sleep);
        Some(timer)
    }

    fn join(self: Arc<Self>, waker: &Waker) -> Option<Membership<S>> {
        let mut state = sync::lock(&self.state);
        if state.gone_off {
            return None;
        }
        let place = state.wakers.insert(waker.clone());
        drop(state);
        Some(Membership { timer: self, place })
    }

    fn go_off(&self) {
        let mut state = sync::lock(&self.state);
        state.gone_off = true;
        let wakers = mem::take(&mut state.wakers);
        drop(state);
        for (_, waker) in wakers {
            waker.wake();
        }
    }
}

/// The waker that a runtime's timer is given.
struct GoOff<S>(Weak<SharedTimer<S>>);

impl<S: Sleep> Wake for GoOff<S> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(timer) = self.0.upgrade() {
            timer.go_off();
        }
    }
}

/// A place among those who wait for a shared timer. Dropping it leaves: the timer then has no waker of this connection,
/// which would keep the memory of its task.
pub(super) struct Membership<S> {
    timer: Arc<SharedTimer<S>>,
    place: usize,
}

impl<S> Membership<S> {
    /// Returns the time at which the timer goes off.
    pub(super) fn at(&self) -> u64 {
        self.timer.at
    }

    /// Sets the waker. `false` if the timer has gone off.
    pub(super) fn register(&self, waker: &Waker) -> bool {
        let mut state = sync::lock(&self.timer.state);
        if state.gone_off {
            return false;
        }
        let Some(registered) = state.wakers.get_mut(self.place) else { return false };
        let replaced = (!registered.will_wake(waker)).then(|| mem::replace(registered, waker.clone()));
        drop(state);
        drop(replaced);
        true
    }
}

impl<S> Drop for Membership<S> {
    fn drop(&mut self) {
        let mut state = sync::lock(&self.timer.state);
        // None if the timer has gone off.
        let waker = state.wakers.try_remove(self.place);
        drop(state);
        drop(waker);
    }
}

impl<S> fmt::Debug for Membership<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The timers that connections of this thread can join, by the times at which they go off. They are all of one runtime.
///
/// There are at most 128 for each doubling of the wait, since times are rounded up to a 64th to a 128th of it.
struct Joinable<S: Sleep> {
    runtime: S::Runtime,
    timers: BTreeMap<u64, Weak<SharedTimer<S>>>,
}

impl<S: Sleep> Joinable<S> {
    fn join(&mut self, at: u64, instant: Instant, waker: &Waker) -> Option<Membership<S>> {
        if let Some(timer) = self.timers.get(&at).and_then(Weak::upgrade)
            && let Some(membership) = timer.join(waker)
        {
            return Some(membership);
        }
        // Those that have no members any more.
        self.timers.retain(|_, timer| timer.strong_count() > 0);
        let timer = SharedTimer::new(at, instant)?;
        self.timers.insert(at, Arc::downgrade(&timer));
        timer.join(waker)
    }
}

std::thread_local! {
    /// A [`Joinable`] of the runtime that this thread has worked for last. There is no place for a type parameter here.
    static JOINABLE: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

/// Waits for the timer of this time, which is as late as `instant`. `None` if it has passed, or if the timer goes off
/// meanwhile.
///
/// # Complexity
///
/// Logarithmic in the timers of this thread, and linear in them if this is the first wait for that time.
pub(super) fn join<S: Sleep>(at: u64, instant: Instant, waker: &Waker) -> Option<Membership<S>> {
    let runtime = S::runtime();
    // Taken, and not borrowed: the runtime's code runs meanwhile. Fails while the thread is ending; then the timer is not
    // shared.
    let last = JOINABLE.try_with(Cell::take).ok().flatten().and_then(|last| last.downcast::<Joinable<S>>().ok());
    let mut joinable = match last {
        Some(last) if last.runtime == runtime => last,
        _ => Box::new(Joinable { runtime, timers: BTreeMap::new() }),
    };
    let membership = joinable.join(at, instant, waker);
    let _ = JOINABLE.try_with(|last| last.set(Some(joinable)));
    membership
}
