//! The memory of a frame that came in parts.

use alloc::vec::Vec;

use crate::invariant::{difference, sum};

/// The largest buffer, in bytes, that is kept while no part of a frame is in it: small beside a connection's other
/// memory.
const KEPT: usize = 256;

/// Up to this size, in bytes, a buffer doubles as it grows.
const SMALL: usize = 4 * 1024;

/// The largest limit, in bytes, that is reserved at once by a buffer that outgrows [`SMALL`].
const LARGE: usize = 1024 * 1024;

/// Appends to a buffer that doubles as it grows, but never beyond `max_len` unless its content is longer.
///
/// While a buffer grows, its old block and its new one may both be allocated. To keep their sum within `max_len` and a
/// constant (L3), a buffer that outgrows [`SMALL`] reserves `max_len` at once, if that is at most [`LARGE`].
pub(super) fn append(buffer: &mut Vec<u8>, data: &[u8], max_len: usize) {
    let needed = sum(buffer.len(), data.len());
    if needed > buffer.capacity() {
        let doubled = buffer.capacity().saturating_mul(2).max(KEPT).max(needed);
        let capacity = if doubled > SMALL && max_len <= LARGE { max_len } else { doubled.min(max_len) };
        buffer.reserve_exact(difference(capacity.max(needed), buffer.len()));
    }
    buffer.extend_from_slice(data);
}

/// Frees the buffer of a frame, unless it is small: for the time between two frames.
pub(super) fn release(buffer: &mut Vec<u8>) {
    if buffer.is_empty() && buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
}
