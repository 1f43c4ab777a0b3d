use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

use super::ProducerQueue;
use super::staging::Staging;
use crate::error::BoxError;
use crate::invariant;
use crate::output::exclusive::Exclusive;
use crate::output::producer::Producer;

/// The pushed chunks and producers that have not been staged, in the order of the pushes.
#[derive(Default)]
pub(super) struct Entries {
    entries: VecDeque<Entry>,
    /// The slices pushed behind the last entry, concatenated. Apart from the entries, since an [`Entry`] that can grow
    /// would be larger.
    tail: Vec<u8>,
    /// The sum of the costs of the entries and of the tail, which costs what its chunk will cost.
    ///
    /// It wraps, so it is right again after any overflow. Clones of one large chunk can add up to more than a `usize`
    /// of 32 bits holds, so the sum is a `u64`.
    cost: u64,
}

enum Entry {
    /// Never empty.
    Chunk(Bytes),
    Producer(Box<Exclusive<dyn Producer + Send>>),
}

impl Entries {
    /// The number of slots that a drained queue keeps. The first push allocates this many in any case (128 bytes), so
    /// keeping them costs an idle connection no more than having answered once.
    const MAX_IDLE_SLOTS: usize = 4;

    pub(super) fn push_chunk(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.split_tail_into_entry();
            self.add_cost(ProducerQueue::chunk_cost(chunk.len()));
            self.entries.push_back(Entry::Chunk(chunk));
        }
    }

    pub(super) fn push_slice(&mut self, slice: &[u8]) {
        if slice.is_empty() {
            return;
        }
        // As in staging: a long buffer becomes a chunk instead of doubling.
        let is_full = slice.len() > invariant::difference(self.tail.capacity(), self.tail.len());
        if is_full && self.tail.len() >= Staging::BUFFER_SIZE / 2 {
            self.split_tail_into_entry();
        }
        // The tail becomes a chunk.
        self.add_cost(if self.tail.is_empty() { ProducerQueue::chunk_cost(slice.len()) } else { slice.len() });
        self.tail.extend_from_slice(slice);
    }

    pub(super) fn push_producer(&mut self, producer: impl Producer + Send + 'static) {
        self.split_tail_into_entry();
        let producer = Box::new(Exclusive::new(producer));
        self.add_cost(producer_cost(&*producer));
        self.entries.push_back(Entry::Producer(producer));
    }

    /// Returns the next chunk that is not empty.
    ///
    /// Drops exhausted producers on the way. A producer that fails is dropped with everything behind it.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Bytes>, BoxError> {
        loop {
            if let Some(Entry::Producer(producer)) = self.entries.front_mut() {
                match producer.get_mut().more() {
                    Ok(Some(chunk)) if !chunk.is_empty() => return Ok(Some(chunk)),
                    Ok(_) => {}
                    Err(error) => {
                        self.clear();
                        return Err(error);
                    }
                }
            }
            match self.pop_entry() {
                Some(Entry::Chunk(chunk)) => return Ok(Some(chunk)),
                Some(Entry::Producer(exhausted)) => drop(exhausted),
                None => break,
            }
        }
        let tail = mem::take(&mut self.tail);
        if tail.is_empty() {
            return Ok(None);
        }
        self.subtract_cost(ProducerQueue::chunk_cost(tail.len()));
        Ok(Some(tail.into()))
    }

    /// Returns how many bytes of the first `room` bytes lie in chunks shorter than `threshold`, before the first
    /// producer. A chunk that begins within `room` counts as a whole.
    ///
    /// The walk ends where staging will end, so it looks at each entry about once.
    pub(super) fn small_chunks_len(&self, room: usize, threshold: usize) -> usize {
        // Less than `room`, and one chunk: at most twice `isize::MAX`, as long as `room` is at most that.
        let mut seen = 0;
        let mut small = 0;
        for entry in &self.entries {
            let Entry::Chunk(chunk) = entry else { return small };
            if seen >= room {
                return small;
            }
            seen = invariant::sum(seen, chunk.len());
            if chunk.len() < threshold {
                small = invariant::sum(small, chunk.len());
            }
        }
        if seen < room && self.tail.len() < threshold {
            small = invariant::sum(small, self.tail.len());
        }
        small
    }

    /// Returns what the entries cost: [`ProducerQueue::queued`].
    pub(super) fn cost(&self) -> usize {
        usize::try_from(self.cost).unwrap_or(usize::MAX)
    }

    /// Returns the number of bytes, a producer counted as one.
    pub(super) fn unsent_len(&self) -> usize {
        let lengths = self.entries.iter().map(|entry| match entry {
            Entry::Chunk(chunk) => chunk.len(),
            Entry::Producer(_) => 1,
        });
        // Saturates: on 32 bits, clones of one large chunk can add up to more than a `usize` holds.
        lengths.fold(self.tail.len(), usize::saturating_add)
    }

    /// Returns the number of entries, the tail counted as one.
    pub(super) fn len(&self) -> usize {
        invariant::sum(self.entries.len(), usize::from(!self.tail.is_empty()))
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.entries.capacity()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.tail.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.tail = Vec::new();
        self.cost = 0;
    }

    /// Frees the memory that an idle connection should not hold. Call it when empty.
    pub(super) fn shrink_to_idle(&mut self) {
        debug_assert_eq!(self.cost, 0, "an empty queue costs nothing");
        if self.entries.capacity() > Self::MAX_IDLE_SLOTS {
            self.entries = VecDeque::new();
        }
    }

    fn split_tail_into_entry(&mut self) {
        if !self.tail.is_empty() {
            // Its cost is counted already.
            self.entries.push_back(Entry::Chunk(mem::take(&mut self.tail).into()));
        }
    }

    fn pop_entry(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.subtract_cost(match &entry {
            Entry::Chunk(chunk) => ProducerQueue::chunk_cost(chunk.len()),
            Entry::Producer(producer) => producer_cost(&**producer),
        });
        Some(entry)
    }

    fn add_cost(&mut self, cost: usize) {
        self.cost = self.cost.wrapping_add(cost as u64);
    }

    fn subtract_cost(&mut self, cost: usize) {
        self.cost = self.cost.wrapping_sub(cost as u64);
    }
}

fn producer_cost(producer: &Exclusive<impl Producer + ?Sized>) -> usize {
    ProducerQueue::chunk_cost(size_of_val(producer)).max(ProducerQueue::PRODUCER_COST)
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;

    use super::*;
    use crate::output::{FnProducer, IterProducer};

    fn of(chunks: &[&'static str]) -> Entries {
        let mut entries = Entries::default();
        for chunk in chunks {
            entries.push_chunk(Bytes::from(*chunk));
        }
        entries
    }

    // O1
    #[test]
    fn entries_come_out_in_push_order() {
        let mut entries = of(&["a"]);
        entries.push_producer(IterProducer::new(["b", "c"]));
        entries.push_producer(IterProducer::new(["d"]));
        entries.push_chunk(Bytes::from("e"));
        for expected in ["a", "b", "c", "d", "e"] {
            assert_eq!(entries.next_chunk().unwrap().unwrap(), expected);
        }
        assert_eq!(entries.next_chunk().unwrap(), None);
        assert_eq!(entries.cost(), 0);
    }

    // O3
    #[test]
    fn entries_drop_producer_as_soon_as_exhausted() {
        for last in [None, Some(Bytes::new())] {
            let held = Arc::new(());
            let holder = Arc::clone(&held);
            let mut entries = Entries::default();
            entries.push_producer(FnProducer::new(move || {
                let _held = &holder;
                Ok(last.clone())
            }));
            entries.push_chunk(Bytes::from("behind"));
            entries.push_chunk(Bytes::from("more"));
            assert_eq!(Arc::strong_count(&held), 2);
            assert_eq!(entries.next_chunk().unwrap().unwrap(), "behind");
            assert_eq!(Arc::strong_count(&held), 1);
        }
    }

    // O3
    #[test]
    fn entries_drop_everything_behind_producer_error() {
        let mut entries = Entries::default();
        entries.push_producer(FnProducer::new(|| Err(core::fmt::Error.into())));
        entries.push_chunk(Bytes::from("behind"));
        assert!(entries.next_chunk().is_err());
        assert!(entries.is_empty());
        assert_eq!(entries.cost(), 0);
        assert_eq!(entries.next_chunk().unwrap(), None);
    }

    #[test]
    fn entries_cost_bytes_and_constant_per_producer() {
        let mut entries = of(&["abc", "", "d"]);
        entries.push_producer(IterProducer::new(["x"; 9]));
        assert_eq!(entries.len(), 3);
        assert_eq!(
            entries.cost(),
            ProducerQueue::chunk_cost(3) + ProducerQueue::chunk_cost(1) + ProducerQueue::PRODUCER_COST
        );
        entries.next_chunk().unwrap();
        assert_eq!(entries.cost(), ProducerQueue::chunk_cost(1) + ProducerQueue::PRODUCER_COST);
        entries.clear();
        assert_eq!(entries.cost(), 0);
    }

    // O1
    #[test]
    fn entries_join_slices_until_next_push() {
        let mut entries = of(&["a"]);
        for slice in [&b"b"[..], b"", b"c"] {
            entries.push_slice(slice);
        }
        entries.push_producer(IterProducer::new(["d"]));
        entries.push_slice(b"e");
        entries.push_slice(b"f");
        assert_eq!(
            (entries.len(), entries.cost()),
            (4, 2 * ProducerQueue::chunk_cost(2) + ProducerQueue::chunk_cost(1) + ProducerQueue::PRODUCER_COST)
        );
        for expected in ["a", "bc", "d", "ef"] {
            assert_eq!(entries.next_chunk().unwrap().unwrap(), expected);
        }
        assert_eq!(entries.next_chunk().unwrap(), None);
        assert!(entries.is_empty());
        assert_eq!(entries.cost(), 0);
    }

    #[test]
    fn entries_small_chunks_end_at_room_or_producer() {
        let mut entries = of(&["ab", "large one", "cd", "ef"]);
        assert_eq!(entries.small_chunks_len(0, 5), 0);
        assert_eq!(entries.small_chunks_len(1, 5), 2);
        assert_eq!(entries.small_chunks_len(12, 5), 4);
        assert_eq!(entries.small_chunks_len(usize::MAX, 5), 6);
        entries.push_producer(IterProducer::new(["x"]));
        entries.push_chunk(Bytes::from("gh"));
        assert_eq!(entries.small_chunks_len(usize::MAX, 5), 6);

        let mut entries = of(&["ab"]);
        entries.push_slice(b"cd");
        assert_eq!(entries.small_chunks_len(2, 5), 2);
        assert_eq!(entries.small_chunks_len(3, 5), 4);
        entries.push_slice(b"efg");
        assert_eq!(entries.small_chunks_len(3, 5), 2);
    }

    #[test]
    fn entries_idle_keep_slots_of_one_push() {
        let mut entries = of(&["a"]);
        entries.clear();
        entries.shrink_to_idle();
        assert_eq!(entries.entries.capacity(), Entries::MAX_IDLE_SLOTS);
        assert!(Entries::MAX_IDLE_SLOTS * size_of::<Entry>() <= 128);

        let mut entries = of(&["a"; 5]);
        entries.clear();
        entries.shrink_to_idle();
        assert_eq!(entries.entries.capacity(), 0);
    }
}
