/// The rest of a turn (C22): a busy connection gives its turn away when it is spent.
///
/// A turn ends between two rounds, so it may take one read and one write more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    bytes: usize,
    calls: u32,
}

/// Four reads of the default size. It bounds the turn of large frames, as the calls bound that of small ones: to copy
/// 256 KiB into or out of the kernel takes about as long as these calls, 50 to 100 µs. A turn that is given away costs the
/// runtime a look at its I/O, about 1 µs.
const BYTES: usize = 256 * 1024;

/// The calls that 32 KiB of small requests make: a MSET of 10 keys has 330 bytes and makes 84 calls.
pub(crate) const CALLS_PER_TURN: u32 = 8 * 1024;

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: BYTES, calls: CALLS_PER_TURN }
    }
}

impl Budget {
    /// Notes bytes that were read or written.
    pub(crate) fn spend_bytes(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Notes an event or a frame that was handed out.
    pub(crate) fn spend_call(&mut self) {
        self.calls = self.calls.saturating_sub(1);
    }

    pub(crate) fn is_spent(&self) -> bool {
        (self.bytes == 0) | (self.calls == 0)
    }
}
