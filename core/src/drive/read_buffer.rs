//! Read buffers, lent for the length of a call: the reason why an idle connection has none.
//!
//! Who lends depends on who shares. Connections that share a thread take turns, so one buffer for the thread serves them
//! all, without a lock. Threads that have one connection each would each keep a buffer, so they share a few, under a lock:
//! a thread that waits for its socket has none.

use alloc::vec::Vec;
use core::cell::Cell;
use std::sync::{Mutex, MutexGuard};

use crate::drive::transport::MAX_READ_SIZE;
use crate::sync;

std::thread_local! {
    static READ_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The most buffers that are kept for the next reader: more threads seldom read at the same moment.
const KEPT: usize = 16;

/// A larger buffer is not kept: what one connection needed once, all would pay for.
const LARGEST_KEPT: usize = MAX_READ_SIZE;

static SHARED: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Lends the read buffer of this thread. For adapters that drive many connections on a thread.
///
/// A buffer of at most 1 MiB is kept.
///
/// A call within a call, as when a handler drives another connection, gets another buffer.
///
/// # Examples
///
/// ```
/// let length = asynchat_core::drive::with_read_buffer(|read_buffer| {
///     read_buffer.resize(4096, 0);
///     read_buffer.len()
/// });
/// assert_eq!(length, 4096);
/// ```
pub fn with_read_buffer<R>(body: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    // While the thread ends there may be none left.
    let mut read_buffer = READ_BUFFER.try_with(Cell::take).unwrap_or_default();
    let result = body(&mut read_buffer);
    if read_buffer.capacity() <= LARGEST_KEPT {
        let _ = READ_BUFFER.try_with(|place| place.set(read_buffer));
    }
    result
}

/// Lends a read buffer that all threads share. For adapters that drive one connection on a thread.
///
/// At most 16 buffers of at most 1 MiB are kept.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::with_shared_read_buffer;
///
/// with_shared_read_buffer(|read_buffer| read_buffer.resize(4096, 0));
/// assert_eq!(with_shared_read_buffer(|read_buffer| read_buffer.len()), 4096);
/// ```
pub fn with_shared_read_buffer<R>(body: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut read_buffer = shared().pop().unwrap_or_default();
    let result = body(&mut read_buffer);
    if (1..=LARGEST_KEPT).contains(&read_buffer.capacity()) {
        let mut shared = shared();
        if shared.len() < KEPT {
            shared.push(read_buffer);
        }
    }
    result
}

fn shared() -> MutexGuard<'static, Vec<Vec<u8>>> {
    sync::lock(&SHARED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_buffer_that_is_large_is_not_kept() {
        with_read_buffer(|read_buffer| read_buffer.resize(LARGEST_KEPT, 0));
        assert_eq!(with_read_buffer(|read_buffer| read_buffer.len()), LARGEST_KEPT);
        with_read_buffer(|read_buffer| read_buffer.resize(LARGEST_KEPT + 1, 0));
        assert_eq!(with_read_buffer(|read_buffer| read_buffer.capacity()), 0);
    }
}
