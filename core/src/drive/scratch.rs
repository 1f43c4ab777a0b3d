use alloc::vec::Vec;
use core::cell::Cell;

std::thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the thread's read buffer for the length of a call: what saves every idle connection one of its own.
///
/// For adapters. A call within a call, as when a handler drives another connection, gets another buffer.
///
/// # Examples
///
/// ```
/// let length = asynchat_core::drive::with_scratch(|scratch| {
///     scratch.resize(4096, 0);
///     scratch.len()
/// });
/// assert_eq!(length, 4096);
/// ```
pub fn with_scratch<R>(body: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    // While the thread is ending there may be none left.
    let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
    let result = body(&mut scratch);
    let _ = SCRATCH.try_with(|place| place.set(scratch));
    result
}
