//! Locks and wakers, for the modules that have them.

use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. Under the locks of this crate a panic leaves the state whole, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes a waker that was taken from a slot. That runs code of the runtime, which belongs outside of a lock.
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Registers a waker, and returns the one that it replaces: dropping a waker runs code of the runtime, which belongs
/// outside of a lock.
pub(crate) fn register(slot: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match slot {
        Some(registered) if registered.will_wake(waker) => None,
        _ => slot.replace(waker.clone()),
    }
}

/// Counts how often it is woken.
#[cfg(test)]
#[derive(Default)]
pub(crate) struct CountingWaker(core::sync::atomic::AtomicUsize);

#[cfg(test)]
impl CountingWaker {
    pub(crate) fn new() -> (alloc::sync::Arc<Self>, Waker) {
        let counting = alloc::sync::Arc::new(Self::default());
        (alloc::sync::Arc::clone(&counting), Waker::from(counting))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(core::sync::atomic::Ordering::SeqCst)
    }
}

#[cfg(test)]
impl alloc::task::Wake for CountingWaker {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.0.fetch_add(1, core::sync::atomic::Ordering::SeqCst);
    }
}
