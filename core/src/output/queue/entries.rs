use alloc::boxed::Box;
use alloc::collections::VecDeque;
#[cfg(feature = "std")]
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
#[cfg(feature = "std")]
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, ready};

use bytes::Bytes;

use super::ProducerQueue;
use super::burst::Burst;
use super::staging::Staging;
use crate::error::BoxError;
use crate::invariant;
#[cfg(feature = "std")]
use crate::output::deferred::{Answer, Deferred, Place};
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
    /// The costs of deferred replies that were answered and are not in `cost` yet: other threads add to it. `None` until
    /// the first deferred reply.
    #[cfg(feature = "std")]
    answered: Option<Arc<AtomicUsize>>,
}

enum Entry {
    /// Never empty.
    Chunk(Bytes),
    Lazy(Source),
}

/// An enum of its own: three variants would make [`Entry`] larger than a [`Bytes`].
enum Source {
    Producer(Box<Exclusive<dyn Producer + Send>>),
    #[cfg(feature = "std")]
    Deferred(Place),
}

impl Entries {
    /// The number of slots that a drained queue keeps. The first push allocates this many in any case (128 bytes), so
    /// keeping them costs an idle connection no more than having answered once.
    const MAX_IDLE_SLOTS: usize = 4;

    /// The most bytes of slices that share a chunk. A longer slice is a chunk of its own.
    const MAX_JOINED: usize = Staging::BUFFER_SIZE;

    /// The most slots that are made at once for a burst that is expected: 16 KiB.
    const MAX_EXPECTED: usize = 512;

    pub(super) fn push_chunk(&mut self, chunk: Bytes, burst: Burst) {
        if !chunk.is_empty() {
            self.split_tail_into_entry();
            self.add_cost(ProducerQueue::chunk_cost(chunk.len()));
            if self.entries.len() == self.entries.capacity() {
                self.entries.reserve(burst.expected(Self::MAX_EXPECTED).saturating_sub(self.entries.len()));
            }
            self.entries.push_back(Entry::Chunk(chunk));
        }
    }

    pub(super) fn push_slice(&mut self, slice: &[u8]) {
        if slice.is_empty() {
            return;
        }
        // As in staging: a long buffer becomes a chunk instead of doubling. By lengths, so that the cost does not depend on
        // the allocator.
        if slice.len() > Self::MAX_JOINED.saturating_sub(self.tail.len()) {
            self.split_tail_into_entry();
        }
        // The tail becomes a chunk.
        self.add_cost(if self.tail.is_empty() { ProducerQueue::chunk_cost(slice.len()) } else { slice.len() });
        self.tail.extend_from_slice(slice);
    }

    pub(super) fn push_producer(&mut self, producer: impl Producer + Send + 'static) {
        self.split_tail_into_entry();
        let producer = Box::new(Exclusive::new(producer));
        self.add_cost(ProducerQueue::boxed_cost(size_of_val(&*producer)));
        self.entries.push_back(Entry::Lazy(Source::Producer(producer)));
    }

    #[cfg(feature = "std")]
    pub(super) fn push_deferred(&mut self) -> Deferred {
        // A handler may answer at once, many times before anything is staged.
        self.count_answers();
        self.split_tail_into_entry();
        let answered = self.answered.get_or_insert_default();
        let (deferred, place) = Deferred::new(Some(Arc::clone(answered)));
        self.add_cost(ProducerQueue::DEFERRED_COST);
        self.entries.push_back(Entry::Lazy(Source::Deferred(place)));
        deferred
    }

    /// Returns the next chunk that is not empty. Pending if the producer at the front is.
    ///
    /// Drops exhausted producers on the way. A producer that fails is dropped with everything behind it.
    pub(super) fn poll_next_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        loop {
            if let Some(Entry::Lazy(source)) = self.entries.front_mut() {
                let more = match source {
                    Source::Producer(producer) => ready!(producer.get_mut().poll_more(cx)),
                    #[cfg(feature = "std")]
                    Source::Deferred(place) => match ready!(place.poll_answer(cx)) {
                        Ok(answer) => {
                            self.replace_deferred(answer);
                            continue;
                        }
                        Err(error) => Err(error),
                    },
                };
                match more {
                    Ok(Some(chunk)) if !chunk.is_empty() => return Poll::Ready(Ok(Some(chunk))),
                    Ok(_) => {}
                    Err(error) => {
                        self.clear();
                        return Poll::Ready(Err(error));
                    }
                }
            }
            match self.pop_entry() {
                Some(Entry::Chunk(chunk)) => return Poll::Ready(Ok(Some(chunk))),
                Some(Entry::Lazy(exhausted)) => drop(exhausted),
                None => break,
            }
        }
        let tail = mem::take(&mut self.tail);
        if tail.is_empty() {
            return Poll::Ready(Ok(None));
        }
        self.subtract_cost(ProducerQueue::chunk_cost(tail.len()));
        Poll::Ready(Ok(Some(tail.into())))
    }

    /// Replaces the deferred reply at the front by its answer.
    #[cfg(feature = "std")]
    fn replace_deferred(&mut self, answer: Answer) {
        // The answer costs as an entry what was added for it.
        self.count_answers();
        self.pop_entry();
        match answer {
            Answer::Data(data) if data.is_empty() => {}
            Answer::Data(data) => self.entries.push_front(Entry::Chunk(data)),
            Answer::Producer(producer) => self.entries.push_front(Entry::Lazy(Source::Producer(producer))),
        }
    }

    /// Adds the costs of the deferred replies that were answered since the last call.
    pub(super) fn count_answers(&mut self) {
        #[cfg(feature = "std")]
        if let Some(answered) = &self.answered {
            let cost = answered.swap(0, Ordering::Relaxed);
            self.add_cost(cost);
        }
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
            Entry::Lazy(_) => 1,
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
        // Their places are gone, so no answer adds to it any more.
        self.count_answers();
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
            Entry::Lazy(Source::Producer(producer)) => ProducerQueue::boxed_cost(size_of_val(&**producer)),
            #[cfg(feature = "std")]
            Entry::Lazy(Source::Deferred(_)) => ProducerQueue::DEFERRED_COST,
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

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use core::task::Waker;

    use super::*;
    use crate::output::{FnProducer, IterProducer};

    fn next_chunk(entries: &mut Entries) -> Result<Option<Bytes>, BoxError> {
        match entries.poll_next_chunk(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(chunk) => chunk,
            Poll::Pending => panic!("no producer of these tests is pending"),
        }
    }

    fn of(chunks: &[&'static str]) -> Entries {
        let mut entries = Entries::default();
        for chunk in chunks {
            entries.push_chunk(Bytes::from(*chunk), Burst::default());
        }
        entries
    }

    // O1
    #[test]
    fn entries_come_out_in_push_order() {
        let mut entries = of(&["a"]);
        entries.push_producer(IterProducer::new(["b", "c"]));
        entries.push_producer(IterProducer::new(["d"]));
        entries.push_chunk(Bytes::from("e"), Burst::default());
        for expected in ["a", "b", "c", "d", "e"] {
            assert_eq!(next_chunk(&mut entries).unwrap().unwrap(), expected);
        }
        assert_eq!(next_chunk(&mut entries).unwrap(), None);
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
            entries.push_chunk(Bytes::from("behind"), Burst::default());
            entries.push_chunk(Bytes::from("more"), Burst::default());
            assert_eq!(Arc::strong_count(&held), 2);
            assert_eq!(next_chunk(&mut entries).unwrap().unwrap(), "behind");
            assert_eq!(Arc::strong_count(&held), 1);
        }
    }

    // O3
    #[test]
    fn entries_drop_everything_behind_producer_error() {
        let mut entries = Entries::default();
        entries.push_producer(FnProducer::new(|| Err(core::fmt::Error.into())));
        entries.push_chunk(Bytes::from("behind"), Burst::default());
        assert!(next_chunk(&mut entries).is_err());
        assert!(entries.is_empty());
        assert_eq!(entries.cost(), 0);
        assert_eq!(next_chunk(&mut entries).unwrap(), None);
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
        next_chunk(&mut entries).unwrap();
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
            assert_eq!(next_chunk(&mut entries).unwrap().unwrap(), expected);
        }
        assert_eq!(next_chunk(&mut entries).unwrap(), None);
        assert!(entries.is_empty());
        assert_eq!(entries.cost(), 0);
    }

    // O9
    #[test]
    fn entries_join_slices_up_to_a_length() {
        let slice = [b'x'; 1000];
        let joined = Entries::MAX_JOINED / slice.len();
        let mut entries = of(&["a"]);
        (0..2 * joined).for_each(|_| entries.push_slice(&slice));
        let whole = joined * slice.len();
        assert_eq!(entries.cost(), ProducerQueue::chunk_cost(1) + 2 * ProducerQueue::chunk_cost(whole));
        let chunks = [1, whole, whole].map(|_| next_chunk(&mut entries).unwrap().unwrap().len());
        assert_eq!(chunks, [1, whole, whole]);
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
        entries.push_chunk(Bytes::from("gh"), Burst::default());
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
