use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many buffers are kept for the next that reads: so many threads seldom read at the same moment.
const KEPT: usize = 16;

/// A larger one is not kept: what one connection was configured to need once, all would pay for.
const LARGEST_KEPT: usize = 256 * 1024;

static SPACES: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Lends a read buffer for the length of a call.
///
/// [`asynchat_core::drive::with_read_buffer`] lends one for each thread. Here each connection has a thread of its own, so that would
/// be one for each connection; these are shared by all threads, and one that waits for its socket has none.
pub(crate) fn with_read_buffer<R>(body: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut space = spaces().pop().unwrap_or_default();
    let result = body(&mut space);
    if (1..=LARGEST_KEPT).contains(&space.capacity()) {
        let mut spaces = spaces();
        if spaces.len() < KEPT {
            spaces.push(space);
        }
    }
    result
}

/// A panic under the lock can leave nothing half done, so a poisoned lock is as good as any.
fn spaces() -> MutexGuard<'static, Vec<Vec<u8>>> {
    SPACES.lock().unwrap_or_else(PoisonError::into_inner)
}
