//! Locks and wakers, for the modules that have them.

use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. Under the locks of this crate a panic leaves the state whole, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers a waker, and returns the one that it replaces: dropping a waker runs code of the runtime, which belongs
/// outside of a lock.
pub(crate) fn register(slot: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match slot {
        Some(registered) if registered.will_wake(waker) => None,
        _ => slot.replace(waker.clone()),
    }
}
