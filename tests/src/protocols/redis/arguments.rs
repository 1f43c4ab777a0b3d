//! The arguments of one request, in buffers that serve the next one too.

use std::mem;

use bytes::Bytes;

/// The arguments of the request that is being read or run; the first is the command's name.
///
/// The buffers stay from request to request, so that small ones allocate nothing. A large argument can be
/// [taken](Self::take) out, and so becomes a value without being copied.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    buffers: Vec<Vec<u8>>,
    /// How many of the buffers are arguments.
    len: usize,
}

impl Arguments {
    /// How many buffers are kept: most commands have no more arguments.
    const KEPT_BUFFERS: usize = 4;

    /// How long a buffer is kept: enough for most keys, little beside the rest of an idle connection.
    const KEPT_LEN: usize = 64;

    /// From which length on a value is taken out rather than copied: what an argument's buffer has beyond its bytes, which
    /// is up to their number again, is then as good as shrunk away.
    const TAKEN_FROM: usize = 4096;

    /// Begins another argument, and returns where it is to be collected.
    pub(super) fn begin(&mut self) -> &mut Vec<u8> {
        if self.len == self.buffers.len() {
            self.buffers.push(Vec::new());
        }
        self.len += 1;
        let buffer = &mut self.buffers[self.len - 1];
        buffer.clear();
        buffer
    }

    /// The argument that was begun last; there has to be one.
    pub(super) fn last_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffers[self.len - 1]
    }

    pub(super) fn as_slice(&self) -> &[Vec<u8>] {
        &self.buffers[..self.len]
    }

    /// Takes an argument out, to be kept for longer; what stays in its place means nothing.
    pub(super) fn take(&mut self, index: usize) -> Bytes {
        self.take_large(index).unwrap_or_else(|| Bytes::copy_from_slice(&self.buffers[index]))
    }

    /// The same, but a small one stays where it is.
    pub(super) fn take_large(&mut self, index: usize) -> Option<Bytes> {
        let buffer = &mut self.buffers[index];
        if buffer.len() < Self::TAKEN_FROM {
            return None;
        }
        let mut taken = mem::take(buffer);
        taken.shrink_to_fit();
        Some(taken.into())
    }

    pub(super) fn memory(&self) -> usize {
        let slots = self.buffers.capacity() * size_of::<Vec<u8>>();
        slots + self.buffers.iter().map(Vec::capacity).sum::<usize>()
    }

    /// The request has been answered. Gives back what an idle connection should not hold.
    pub(super) fn clear(&mut self) {
        for buffer in &mut self.buffers[..self.len.min(Self::KEPT_BUFFERS)] {
            if buffer.capacity() > Self::KEPT_LEN {
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

    fn of(sizes: &[usize]) -> Arguments {
        let mut arguments = Arguments::default();
        for &size in sizes {
            arguments.begin().resize(size, b'x');
        }
        arguments
    }

    #[test]
    fn take_moves_large_arguments_and_copies_small_ones() {
        let mut arguments = of(&[3, 0]);
        arguments.last_mut().extend_from_slice(&vec![b'v'; 1 << 20].into_boxed_slice());
        let at = arguments.last_mut().as_ptr();
        assert_eq!(arguments.take(1).as_ptr(), at);
        assert_eq!(arguments.take(0), "xxx");
        assert_eq!(arguments.as_slice()[0], b"xxx");
    }

    #[test]
    fn clear_keeps_little_memory() {
        let mut arguments = of(&[5; 1000]);
        arguments.clear();
        assert!(arguments.buffers.capacity() <= Arguments::KEPT_BUFFERS);
        let mut arguments = of(&[3, 1_000_000]);
        arguments.clear();
        assert_eq!(arguments.as_slice(), [b""; 0]);
        assert!(arguments.buffers[0].capacity() > 0);
        assert_eq!(arguments.buffers[1].capacity(), 0);
    }
}
