//! The memory of a frame that came in parts.

use alloc::vec::Vec;

/// The buffer that is kept, rather than freed, while no part of a frame is in it: in bytes, small beside a connection.
const KEPT: usize = 256;

/// A buffer up to this size, in bytes, doubles as it grows.
const SMALL: usize = 4 * 1024;

/// Beyond this limit, in bytes, a buffer is not given all that is allowed because it has outgrown [`SMALL`].
const LARGE: usize = 1024 * 1024;

/// Appends to a buffer that doubles as it grows, but never beyond `max_len` unless what it holds is longer.
///
/// While it grows, the old block and the new one may be there together. So that both are within the limit and a
/// constant, a buffer that outgrows [`SMALL`] takes all that is allowed at once, unless that is [`LARGE`].
pub(super) fn append(buffer: &mut Vec<u8>, data: &[u8], max_len: usize) {
    let needed = buffer.len().saturating_add(data.len());
    if needed > buffer.capacity() {
        let doubled = buffer.capacity().saturating_mul(2).max(KEPT).max(needed);
        let capacity = if doubled > SMALL && max_len <= LARGE { max_len } else { doubled.min(max_len) };
        buffer.reserve_exact(capacity.max(needed).saturating_sub(buffer.len()));
    }
    buffer.extend_from_slice(data);
}

/// Between two frames next to nothing is held.
pub(super) fn release(buffer: &mut Vec<u8>) {
    if buffer.is_empty() && buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
}
