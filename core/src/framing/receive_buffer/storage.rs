use alloc::vec::Vec;

use bytes::Bytes;

/// The memory of a receive buffer: its own, or shared with frames that were taken out of it.
pub(super) enum Storage {
    Own(Vec<u8>),
    Shared(Bytes),
}

impl Storage {
    pub(super) const EMPTY: Self = Self::Own(Vec::new());

    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(buffer) => buffer,
            Self::Shared(buffer) => buffer,
        }
    }

    /// Returns how large the memory is that a part of it would keep alive. A shared one has no room behind its bytes.
    #[inline(always)]
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Own(buffer) => buffer.capacity(),
            Self::Shared(buffer) => buffer.len(),
        }
    }

    /// Returns a part of the memory, which is shared from now on.
    pub(super) fn share(&mut self, from: usize, len: usize) -> Bytes {
        let shared = match core::mem::replace(self, Self::EMPTY) {
            Self::Own(mut buffer) => {
                // `Bytes` does not tell its capacity, and would keep the length in another allocation.
                buffer.resize(buffer.capacity(), 0);
                Bytes::from(buffer)
            }
            Self::Shared(buffer) => buffer,
        };
        let all = shared.len();
        let from = from.min(all);
        let part = shared.slice(from..from.saturating_add(len).min(all));
        *self = Self::Shared(shared);
        part
    }

    /// Takes the memory. Bytes that are still shared are returned as an error.
    pub(super) fn take(&mut self) -> Result<Vec<u8>, Bytes> {
        match core::mem::replace(self, Self::EMPTY) {
            Self::Own(buffer) => Ok(buffer),
            // All frames were dropped, so the memory is this buffer's own again.
            Self::Shared(buffer) => buffer.try_into_mut().map(Vec::from),
        }
    }
}
