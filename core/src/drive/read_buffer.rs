use alloc::vec::Vec;
use core::cell::Cell;

std::thread_local! {
    static READ_BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Lends the thread's read buffer for the length of a call: what saves every idle connection one of its own.
///
/// For adapters. A call within a call, as when a handler drives another connection, gets another buffer.
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
    // While the thread is ending there may be none left.
    let mut read_buffer = READ_BUFFER.try_with(Cell::take).unwrap_or_default();
    let result = body(&mut read_buffer);
    let _ = READ_BUFFER.try_with(|place| place.set(read_buffer));
    result
}
