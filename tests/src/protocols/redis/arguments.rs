//! The arguments of a command, in buffers that the next command reuses.

use std::mem;

use bytes::Bytes;

use super::value::Value;

/// The arguments of the command that is being read or run. The first is the name of the command.
///
/// The buffers are reused, so that small commands allocate nothing. A large argument can be [taken](Self::take): it
/// becomes a value without a copy.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    buffers: Vec<Vec<u8>>,
    /// The number of buffers that are in use.
    len: usize,
}

impl Arguments {
    /// The number of buffers that are kept between commands. Most commands have no more arguments.
    const KEPT_BUFFERS: usize = 4;

    /// The largest capacity that a kept buffer may have: it fits most keys and is small beside the rest of an idle
    /// connection.
    const KEPT_CAPACITY: usize = 64;

    /// The smallest argument that is moved instead of copied.
    ///
    /// A buffer may have up to twice the capacity that it needs. Allocators return the rest of a buffer of this size
    /// when it is shrunk.
    const MIN_TAKEN_LEN: usize = 4096;

    /// The cost of an argument beside its bytes: a slot of 24 bytes in a list that is up to half empty, and an
    /// allocation of at least 32 bytes.
    pub(super) const COST: usize = 64;

    /// Adds an empty argument and returns its buffer.
    pub(super) fn push_empty(&mut self) -> &mut Vec<u8> {
        if self.len == self.buffers.len() {
            self.buffers.push(Vec::new());
        }
        self.len += 1;
        let buffer = &mut self.buffers[self.len - 1];
        buffer.clear();
        buffer
    }

    /// Appends bytes to the last argument, of which `remaining` more are to come.
    ///
    /// The buffer doubles as it grows, but never beyond the length that was announced.
    ///
    /// # Panics
    ///
    /// Panics if there is no argument.
    pub(super) fn extend_last(&mut self, bytes: &[u8], remaining: usize) {
        let buffer = &mut self.buffers[self.len - 1];
        let needed = buffer.len() + bytes.len();
        if needed > buffer.capacity() {
            let doubled = buffer.capacity().saturating_mul(2).clamp(needed, needed.saturating_add(remaining));
            buffer.reserve_exact(doubled - buffer.len());
        }
        buffer.extend_from_slice(bytes);
    }

    pub(super) fn as_slice(&self) -> &[Vec<u8>] {
        &self.buffers[..self.len]
    }

    /// Moves or copies an argument out as a value. The content of its buffer is unspecified then.
    pub(super) fn take(&mut self, index: usize) -> Value {
        match self.take_large(index) {
            Some(large) => large.into(),
            None => Value::copy_from(&self.buffers[index]),
        }
    }

    /// Moves an argument out if it has at least [`MIN_TAKEN_LEN`](Self::MIN_TAKEN_LEN) bytes. A smaller one stays.
    pub(super) fn take_large(&mut self, index: usize) -> Option<Bytes> {
        let buffer = &mut self.buffers[index];
        if buffer.len() < Self::MIN_TAKEN_LEN {
            return None;
        }
        let mut taken = mem::take(buffer);
        taken.shrink_to_fit();
        Some(taken.into())
    }

    /// Returns what the arguments cost: their bytes, and [`COST`](Self::COST) for each.
    pub(super) fn cost(&self) -> usize {
        self.as_slice().iter().map(|argument| argument.len().saturating_add(Self::COST)).fold(0, usize::saturating_add)
    }

    pub(super) fn memory_usage(&self) -> usize {
        let slots = self.buffers.capacity() * size_of::<Vec<u8>>();
        slots + self.buffers.iter().map(Vec::capacity).sum::<usize>()
    }

    /// Removes all arguments and frees the memory that an idle connection should not hold.
    pub(super) fn clear(&mut self) {
        for buffer in &mut self.buffers[..self.len.min(Self::KEPT_BUFFERS)] {
            if buffer.capacity() > Self::KEPT_CAPACITY {
                *buffer = Vec::new();
            }
        }
        if self.buffers.len() > Self::KEPT_BUFFERS {
            self.buffers.truncate(Self::KEPT_BUFFERS);
            self.buffers.shrink_to_fit();
        }
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_sizes(sizes: &[usize]) -> Arguments {
        let mut arguments = Arguments::default();
        for &size in sizes {
            arguments.push_empty().resize(size, b'x');
        }
        arguments
    }

    #[test]
    fn take_moves_large_arguments_and_copies_small_ones() {
        let mut arguments = with_sizes(&[3, 0]);
        arguments.extend_last(&vec![b'v'; 1 << 20], 0);
        let at = arguments.as_slice()[1].as_ptr();
        assert_eq!(arguments.take(1).as_slice().as_ptr(), at);
        assert_eq!(arguments.take(0).as_slice(), b"xxx");
        assert_eq!(arguments.as_slice()[0], b"xxx");
    }

    // F6
    #[test]
    fn argument_never_grows_beyond_its_length() {
        const LEN: usize = 100_000;
        let mut arguments = with_sizes(&[0]);
        for received in 1..=LEN {
            arguments.extend_last(b"x", LEN - received);
            let capacity = arguments.buffers[0].capacity();
            assert!(capacity <= LEN && capacity <= (2 * received).max(8), "{capacity} after {received}");
        }
    }

    #[test]
    fn clear_keeps_little_memory() {
        let mut arguments = with_sizes(&[5; 1000]);
        arguments.clear();
        assert!(arguments.buffers.capacity() <= Arguments::KEPT_BUFFERS);
        let mut arguments = with_sizes(&[3, 1_000_000]);
        arguments.clear();
        assert_eq!(arguments.as_slice(), [b""; 0]);
        assert!(arguments.buffers[0].capacity() > 0);
        assert_eq!(arguments.buffers[1].capacity(), 0);
    }
}
