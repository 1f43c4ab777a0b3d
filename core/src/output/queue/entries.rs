use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

use super::ProducerQueue;
use crate::error::BoxError;
use crate::output::producer::Producer;

/// What has been pushed and not been taken, as it was pushed.
#[derive(Default)]
pub(super) struct Entries {
    entries: VecDeque<Entry>,
    /// Behind them the slices pushed since, one behind the other. Apart, since an entry has no room for what can grow.
    slices: Vec<u8>,
    /// The sum of the entries' weights. It wraps, and so is right again whatever was pushed in between: on 32 bits,
    /// clones of one large chunk can add up to more than a `usize` holds, so it is wider than that.
    weight: u64,
}

enum Entry {
    /// Never empty.
    Chunk(Bytes),
    Producer(Box<dyn Producer + Send>),
}

impl Entry {
    fn weight(&self) -> u64 {
        let weight = match self {
            Self::Chunk(chunk) => chunk.len(),
            Self::Producer(_) => ProducerQueue::PRODUCER_WEIGHT,
        };
        weight as u64
    }
}

impl Entries {
    /// How many slots are kept when drained: what the first push allocates in any case (128 bytes), so keeping them
    /// costs an idle connection no more than having answered once.
    const KEPT_SLOTS: usize = 4;

    pub(super) fn push_chunk(&mut self, chunk: Bytes) {
        if !chunk.is_empty() {
            self.push(Entry::Chunk(chunk));
        }
    }

    pub(super) fn push_slice(&mut self, slice: &[u8]) {
        self.slices.extend_from_slice(slice);
        self.weight = self.weight.wrapping_add(slice.len() as u64);
    }

    pub(super) fn push_producer(&mut self, producer: impl Producer + Send + 'static) {
        self.push(Entry::Producer(Box::new(producer)));
    }

    /// The next chunk that is not empty. Exhausted producers are dropped on the way; one that fails is dropped with
    /// everything behind it.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Bytes>, BoxError> {
        while let Some(front) = self.entries.front_mut() {
            match front {
                Entry::Producer(producer) => match producer.more() {
                    Ok(Some(chunk)) if !chunk.is_empty() => return Ok(Some(chunk)),
                    Ok(_) => drop(self.pop()),
                    Err(error) => {
                        self.clear();
                        return Err(error);
                    }
                },
                Entry::Chunk(_) => {
                    if let Some(Entry::Chunk(chunk)) = self.pop() {
                        return Ok(Some(chunk));
                    }
                }
            }
        }
        Ok(self.take_slices())
    }

    /// How many bytes of chunks shorter than `copied_below` lie among the first `room` bytes, as far as that is known
    /// without asking a producer.
    ///
    /// The walk ends where staging will, so each entry is looked at about once.
    pub(super) fn small_ahead(&self, room: usize, copied_below: usize) -> usize {
        let mut small = 0_usize;
        let mut ahead = 0_usize;
        for entry in &self.entries {
            let Entry::Chunk(chunk) = entry else { return small };
            if ahead >= room {
                return small;
            }
            ahead = ahead.saturating_add(chunk.len());
            if chunk.len() < copied_below {
                small = small.saturating_add(chunk.len());
            }
        }
        if ahead < room && self.slices.len() < copied_below {
            small = small.saturating_add(self.slices.len());
        }
        small
    }

    pub(super) fn weight(&self) -> usize {
        usize::try_from(self.weight).unwrap_or(usize::MAX)
    }

    pub(super) fn count(&self) -> usize {
        self.entries.len().saturating_add(usize::from(!self.slices.is_empty()))
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.entries.capacity()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.slices.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.slices = Vec::new();
        self.weight = 0;
    }

    /// Gives back memory that an idle queue should not hold. To be called when drained.
    pub(super) fn release(&mut self) {
        if self.entries.capacity() > Self::KEPT_SLOTS {
            self.entries = VecDeque::new();
        }
    }

    fn push(&mut self, entry: Entry) {
        if let Some(slices) = self.take_slices() {
            self.push(Entry::Chunk(slices));
        }
        self.weight = self.weight.wrapping_add(entry.weight());
        self.entries.push_back(entry);
    }

    fn take_slices(&mut self) -> Option<Bytes> {
        if self.slices.is_empty() {
            return None;
        }
        let slices = mem::take(&mut self.slices);
        self.weight = self.weight.wrapping_sub(slices.len() as u64);
        Some(slices.into())
    }

    fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.weight = self.weight.wrapping_sub(entry.weight());
        Some(entry)
    }
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
    fn chunks_and_producers_come_in_the_order_of_the_pushes() {
        let mut entries = of(&["a"]);
        entries.push_producer(IterProducer::new(["b", "c"]));
        entries.push_producer(IterProducer::new(["d"]));
        entries.push_chunk(Bytes::from("e"));
        for expected in ["a", "b", "c", "d", "e"] {
            assert_eq!(entries.next_chunk().unwrap().unwrap(), expected);
        }
        assert_eq!(entries.next_chunk().unwrap(), None);
        assert_eq!(entries.weight(), 0);
    }

    // O3
    #[test]
    fn a_producer_is_dropped_as_soon_as_it_says_it_has_no_more() {
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
    fn an_error_takes_everything_behind_it_along() {
        let mut entries = Entries::default();
        entries.push_producer(FnProducer::new(|| Err(core::fmt::Error.into())));
        entries.push_chunk(Bytes::from("behind"));
        assert!(entries.next_chunk().is_err());
        assert!(entries.is_empty());
        assert_eq!(entries.weight(), 0);
        assert_eq!(entries.next_chunk().unwrap(), None);
    }

    #[test]
    fn weight_counts_the_bytes_of_chunks_and_a_constant_for_a_producer() {
        let mut entries = of(&["abc", "", "d"]);
        entries.push_producer(IterProducer::new(["x"; 9]));
        assert_eq!(entries.count(), 3);
        assert_eq!(entries.weight(), 4 + ProducerQueue::PRODUCER_WEIGHT);
        entries.next_chunk().unwrap();
        assert_eq!(entries.weight(), 1 + ProducerQueue::PRODUCER_WEIGHT);
        entries.clear();
        assert_eq!(entries.weight(), 0);
    }

    // O1
    #[test]
    fn slices_are_one_chunk_up_to_the_next_push() {
        let mut entries = of(&["a"]);
        for slice in [&b"b"[..], b"", b"c"] {
            entries.push_slice(slice);
        }
        entries.push_producer(IterProducer::new(["d"]));
        entries.push_slice(b"e");
        entries.push_slice(b"f");
        assert_eq!((entries.count(), entries.weight()), (4, 5 + ProducerQueue::PRODUCER_WEIGHT));
        for expected in ["a", "bc", "d", "ef"] {
            assert_eq!(entries.next_chunk().unwrap().unwrap(), expected);
        }
        assert_eq!(entries.next_chunk().unwrap(), None);
        assert!(entries.is_empty());
        assert_eq!(entries.weight(), 0);
    }

    #[test]
    fn small_ahead_looks_no_further_than_the_room_and_the_first_producer() {
        let mut entries = of(&["ab", "large one", "cd", "ef"]);
        assert_eq!(entries.small_ahead(0, 5), 0);
        assert_eq!(entries.small_ahead(1, 5), 2);
        assert_eq!(entries.small_ahead(12, 5), 4);
        assert_eq!(entries.small_ahead(usize::MAX, 5), 6);
        entries.push_producer(IterProducer::new(["x"]));
        entries.push_chunk(Bytes::from("gh"));
        assert_eq!(entries.small_ahead(usize::MAX, 5), 6);

        let mut entries = of(&["ab"]);
        entries.push_slice(b"cd");
        assert_eq!(entries.small_ahead(2, 5), 2);
        assert_eq!(entries.small_ahead(3, 5), 4);
        entries.push_slice(b"efg");
        assert_eq!(entries.small_ahead(3, 5), 2);
    }

    #[test]
    fn the_slots_that_are_kept_are_those_of_a_single_push() {
        let mut entries = of(&["a"]);
        entries.clear();
        entries.release();
        assert_eq!(entries.entries.capacity(), Entries::KEPT_SLOTS);
        assert!(Entries::KEPT_SLOTS * size_of::<Entry>() <= 128);

        let mut entries = of(&["a"; 5]);
        entries.clear();
        entries.release();
        assert_eq!(entries.entries.capacity(), 0);
    }
}
