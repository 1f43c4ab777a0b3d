//! The content of a request: held in memory within a budget, or returned as it arrives.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use bytes::Bytes;

/// The most bytes of content that all connections of the process hold together, unless a handler has a budget of its
/// own: 64 MiB, which is four uploads of the maximum length at once.
pub const MAX_HELD_CONTENT: usize = 64 * 1024 * 1024;

/// The most bytes of content that a connection holds without asking the budget: as much as one read.
const FREE_LEN: usize = 64 * 1024;

static BUDGET_OF_PROCESS: LazyLock<ContentBudget> = LazyLock::new(|| ContentBudget::new(MAX_HELD_CONTENT));

/// A limit on the bytes of content that many connections hold together. Its clones share it.
///
/// Content counts from its arrival until the client has read it back. What one connection holds up to 64 KiB is free.
#[derive(Debug, Clone)]
pub struct ContentBudget(Arc<AtomicUsize>);

impl ContentBudget {
    /// Creates a budget of this many bytes.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Takes bytes from the budget, if it has as many.
    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Default for ContentBudget {
    /// The budget of [`MAX_HELD_CONTENT`] bytes that all handlers of the process share.
    fn default() -> Self {
        BUDGET_OF_PROCESS.clone()
    }
}

/// Content that is held. Dropping it gives its bytes back to the budget.
#[derive(Debug)]
pub(super) struct HeldContent {
    bytes: Vec<u8>,
    /// The bytes that were taken from the budget.
    taken: usize,
    budget: ContentBudget,
}

impl HeldContent {
    pub(super) fn new(budget: ContentBudget) -> Self {
        Self { bytes: Vec::new(), taken: 0, budget }
    }

    /// Appends a piece, after which `remaining` bytes are to come. Returns false, and does nothing, if that is above
    /// the budget.
    ///
    /// Memory and budget grow as the bytes arrive (F6), by doubling, and never beyond the announced length.
    pub(super) fn try_extend(&mut self, piece: &[u8], remaining: usize) -> bool {
        let needed = self.bytes.len() + piece.len();
        if needed > self.bytes.capacity() {
            let capacity = (2 * self.bytes.capacity()).clamp(needed, needed.saturating_add(remaining));
            let additional = capacity.saturating_sub(FREE_LEN + self.taken);
            if !self.budget.take(additional) {
                return false;
            }
            self.taken += additional;
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        self.bytes.extend_from_slice(piece);
        true
    }

    /// Returns the bytes, and leaves no content. The budget gets its bytes back when the result and its clones are
    /// dropped.
    pub(super) fn take(&mut self) -> Bytes {
        let bytes = mem::take(&mut self.bytes);
        match mem::take(&mut self.taken) {
            0 => bytes.into(),
            taken => Bytes::from_owner(Self { bytes, taken, budget: self.budget.clone() }),
        }
    }
}

impl AsRef<[u8]> for HeldContent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for HeldContent {
    fn drop(&mut self) {
        self.budget.give_back(self.taken);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_within_the_budget_until_it_is_sent() {
        let budget = ContentBudget::new(100_000);
        let mut content = HeldContent::new(budget.clone());
        assert!(content.try_extend(&[b'x'; FREE_LEN], 200_000));
        assert_eq!(budget.0.load(Ordering::Relaxed), 100_000, "the first 64 KiB are free");
        assert!(content.try_extend(b"y", 30_000));
        assert!(budget.0.load(Ordering::Relaxed) < 100_000);
        assert!(!content.try_extend(&[b'z'; 110_000], 0));
        assert_eq!(content.as_ref().len(), FREE_LEN + 1);
        let sending = content.take();
        drop(content);
        assert_eq!(sending.len(), FREE_LEN + 1);
        assert!(budget.0.load(Ordering::Relaxed) < 100_000);
        drop(sending);
        assert_eq!(budget.0.load(Ordering::Relaxed), 100_000);
    }

    // F6
    #[test]
    fn content_never_grows_beyond_its_length() {
        const LEN: usize = 200_000;
        let mut content = HeldContent::new(ContentBudget::new(LEN));
        for received in 1..=LEN {
            assert!(content.try_extend(b"x", LEN - received));
            assert!(content.bytes.capacity() <= LEN && content.bytes.capacity() <= (2 * received).max(8));
        }
    }
}
