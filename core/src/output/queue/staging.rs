use alloc::collections::VecDeque;
use core::mem;

use bytes::{Buf, Bytes, BytesMut};

use super::burst::Burst;
use crate::invariant;

/// The staged bytes: whole segments, then the tail.
///
/// The plan gives linear time and no allocation in the steady state:
///
/// - A small chunk is copied to the tail, once.
/// - A large chunk becomes a segment without a copy. The tail before it is split off as a segment of its own, and the
///   rest of the tail's buffer serves the small chunks behind.
/// - When every byte has been sent, no segment shares the buffer any more, and it is reclaimed whole.
#[derive(Default)]
pub(in crate::output) struct Staging {
    /// None of them is empty.
    segments: VecDeque<Bytes>,
    tail: BytesMut,
    remaining: usize,
    /// True if a segment was handed out whole: its new owner may keep it, and with it the tail's buffer.
    may_be_shared: bool,
    /// The bytes of a burst.
    bytes: Burst,
}

impl Staging {
    /// Chunks shorter than this are copied together.
    ///
    /// Copying 1 KiB takes about 10 ns in cache (2 KiB: 20 ns). A slice of its own in a vectored write takes about
    /// 20 ns, and the copy frees the memory of the chunk early. At most every other segment is shorter than this, so a
    /// vectored write of 64 slices (the most that tokio's `write_buf` passes on) carries at least 32 KiB.
    pub(super) const COPY_THRESHOLD: usize = 1024;

    /// The largest budget; a larger one is reduced to it. No chunk is longer than `isize::MAX`, so this budget plus one
    /// chunk is always a `usize`.
    pub(super) const MAX_BUDGET: usize = isize::MAX as usize;

    /// The size of a buffer of small chunks. A full buffer of at least half this size does not double, but becomes a
    /// segment, and another follows it.
    ///
    /// A buffer that went on doubling would hold up to twice its bytes, and thrice while it grows (O9). With 32 KiB the
    /// default high-water mark of 256 KiB stays within the 16 slices of one vectored write.
    pub(super) const BUFFER_SIZE: usize = 32 * 1024;

    /// The least room that is made for a slice. A buffer of 8 bytes would be full after each answer to a `PING`: one
    /// slice of 7 bytes, staged and sent, took 466 instructions with it, and takes 417 with this (callgrind).
    const MIN_BUFFER: usize = 64;

    /// The longest buffer that a drained queue keeps: enough for most answers of a line protocol, and little beside the
    /// rest of an idle connection.
    const MAX_IDLE_BUFFER: usize = 256;

    /// The number of segment slots that a drained queue keeps. The first segment allocates this many in any case (128
    /// bytes).
    const MAX_IDLE_SLOTS: usize = 4;

    /// Makes room for `additional` bytes of small chunks in one allocation, instead of by doubling.
    pub(super) fn reserve(&mut self, additional: usize) {
        self.tail.reserve(additional);
    }

    /// Appends a chunk. The caller ensures that less than [`MAX_BUDGET`](Self::MAX_BUDGET) is staged.
    pub(super) fn push(&mut self, chunk: Bytes) {
        if chunk.len() < Self::COPY_THRESHOLD {
            self.push_slice(&chunk);
        } else {
            self.remaining = invariant::sum(self.remaining, chunk.len());
            if !self.tail.is_empty() {
                self.segments.push_back(self.tail.split().freeze());
            }
            self.segments.push_back(chunk);
        }
    }

    /// Appends a copy of `bytes`, under the same condition.
    #[inline]
    pub(super) fn push_slice(&mut self, bytes: &[u8]) {
        self.remaining = invariant::sum(self.remaining, bytes.len());
        // Wraps never, and so `extend_from_slice` need not ask again.
        if bytes.len() <= self.tail.capacity().wrapping_sub(self.tail.len()) {
            self.tail.extend_from_slice(bytes);
        } else {
            self.push_slice_to_full_tail(bytes);
        }
    }

    #[inline(never)]
    fn push_slice_to_full_tail(&mut self, bytes: &[u8]) {
        if self.tail.len() >= Self::BUFFER_SIZE / 2 {
            self.segments.push_back(self.tail.split().freeze());
            self.tail = BytesMut::with_capacity(bytes.len().max(Self::BUFFER_SIZE));
        } else {
            let expected = if self.tail.is_empty() { self.bytes.expected(Self::BUFFER_SIZE) } else { 0 };
            self.tail.reserve(bytes.len().max(Self::MIN_BUFFER).max(expected));
        }
        self.tail.extend_from_slice(bytes);
    }

    pub(in crate::output) fn remaining(&self) -> usize {
        self.remaining
    }

    pub(super) fn is_empty(&self) -> bool {
        self.remaining == 0
    }

    /// Returns the bytes to send first; empty only if no byte is staged.
    pub(in crate::output) fn chunk(&self) -> &[u8] {
        self.chunks().next().unwrap_or_default()
    }

    /// Returns all staged bytes, in order. No chunk is empty.
    pub(super) fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let tail = (!self.tail.is_empty()).then_some(&*self.tail);
        self.segments.iter().map(|segment| &**segment).chain(tail)
    }

    /// Fills `slices` from the front and returns how many were filled.
    #[cfg(feature = "std")]
    pub(in crate::output) fn chunks_vectored<'s>(&'s self, slices: &mut [std::io::IoSlice<'s>]) -> usize {
        let filled = slices.iter_mut().zip(self.chunks());
        filled.map(|(slice, chunk)| *slice = std::io::IoSlice::new(chunk)).count()
    }

    /// Drops the first `count` staged bytes.
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than the number of staged bytes.
    #[expect(clippy::panic, reason = "as `Buf::advance` requires: to continue would lose bytes silently")]
    pub(super) fn advance(&mut self, mut count: usize) {
        let Some(remaining) = self.remaining.checked_sub(count) else {
            panic!("cannot advance over {count} bytes: {} are staged", self.remaining);
        };
        self.remaining = remaining;
        self.bytes.add(count);
        while let Some(segment) = self.segments.front_mut() {
            match count.checked_sub(segment.len()) {
                Some(rest) => {
                    self.segments.pop_front();
                    count = rest;
                }
                None => {
                    segment.advance(count);
                    return;
                }
            }
        }
        self.tail.advance(count);
    }

    /// Removes the first segment, or the tail if there is no segment.
    pub(super) fn pop_chunk(&mut self) -> Option<Bytes> {
        let chunk = match self.segments.pop_front() {
            Some(segment) => {
                self.may_be_shared = true;
                segment
            }
            None if self.tail.is_empty() => return None,
            None => mem::take(&mut self.tail).freeze(),
        };
        self.remaining = invariant::difference(self.remaining, chunk.len());
        Some(chunk)
    }

    pub(super) fn clear(&mut self) {
        self.segments.clear();
        self.tail.clear();
        self.remaining = 0;
    }

    /// Frees the memory that an idle connection should not hold. Call it when empty.
    pub(super) fn shrink_to_idle(&mut self) {
        debug_assert!(self.segments.is_empty() && self.tail.is_empty(), "bytes would be lost");
        self.bytes.end();
        // When no byte is staged, `try_reclaim` sees the full length of the buffer, unless a segment still shares it.
        if mem::take(&mut self.may_be_shared) || self.tail.try_reclaim(Self::MAX_IDLE_BUFFER + 1) {
            self.tail = BytesMut::new();
        }
        if self.segments.capacity() > Self::MAX_IDLE_SLOTS {
            self.segments = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    const LARGE: usize = Staging::COPY_THRESHOLD;

    fn of(chunks: impl IntoIterator<Item = Bytes>) -> Staging {
        let mut staging = Staging::default();
        chunks.into_iter().for_each(|chunk| staging.push(chunk));
        staging
    }

    fn large() -> Bytes {
        Bytes::from(vec![b'L'; LARGE])
    }

    // O2
    #[test]
    fn staging_copies_chunks_below_the_threshold() {
        let chunk = large();
        assert_eq!(of([chunk.clone()]).chunk().as_ptr(), chunk.as_ptr());
        let below = chunk.slice(1..);
        assert_ne!(of([below.clone()]).chunk().as_ptr(), below.as_ptr());
    }

    // O7
    #[test]
    fn staging_joins_small_chunks_around_large_ones() {
        let staging = of(["a".into(), "b".into(), large(), "c".into(), "d".into()]);
        assert_eq!(staging.segments, [Bytes::from("ab"), large()]);
        assert_eq!(&staging.tail[..], b"cd");
        assert_eq!(staging.remaining(), LARGE + 4);
    }

    // O1
    #[test]
    fn staging_advance_crosses_segments_to_the_byte() {
        let chunks = ["ab".into(), large(), large(), "cd".into()];
        let whole: Vec<u8> = chunks.iter().flatten().copied().collect();
        for first in [0, 1, 2, 3, LARGE + 2, LARGE + 3, 2 * LARGE + 2, 2 * LARGE + 3, whole.len()] {
            let mut staging = of(chunks.clone());
            staging.advance(first);
            assert_eq!(staging.remaining(), whole.len() - first);
            let mut rest = Vec::new();
            while let Some(segment) = staging.pop_chunk() {
                rest.extend_from_slice(&segment);
            }
            assert_eq!(rest, whole[first..]);
            assert!(staging.is_empty());
        }
    }

    #[test]
    #[should_panic = "cannot advance over 3 bytes: 2 are staged"]
    fn staging_advance_over_more_than_staged_panics() {
        of(["ab".into()]).advance(3);
    }

    // O7
    #[cfg(feature = "std")]
    #[test]
    fn staging_chunks_vectored_fills_segments_then_tail() {
        let staging = of(["ab".into(), large(), "cd".into()]);
        let mut slices = [std::io::IoSlice::new(&[]); 4];
        assert_eq!(staging.chunks_vectored(&mut slices), 3);
        assert_eq!((&*slices[0], slices[1].len(), &*slices[2]), (&b"ab"[..], LARGE, &b"cd"[..]));
        assert_eq!(staging.chunks_vectored(&mut slices[..2]), 2);
        assert_eq!(staging.chunks_vectored(&mut []), 0);
        assert_eq!(Staging::default().chunks_vectored(&mut slices), 0);
    }

    /// Sends every staged byte, as a queue does; returns whether a buffer of `length` was kept for the next answer.
    fn drained_keeps(staging: &mut Staging, length: usize) -> bool {
        staging.advance(staging.remaining());
        staging.shrink_to_idle();
        staging.tail.try_reclaim(length)
    }

    #[test]
    fn staging_idle_keeps_small_buffer() {
        let mut staging = of(["0123456789".into()]);
        for answer in ["abc", "defghijkl", "m"] {
            assert!(drained_keeps(&mut staging, 10));
            staging.push(answer.into());
            assert_eq!(staging.chunk(), answer.as_bytes());
        }
    }

    #[test]
    fn staging_idle_keeps_buffer_split_by_large_chunk() {
        let mut staging = Staging::default();
        staging.reserve(Staging::MAX_IDLE_BUFFER);
        for _ in 0..3 {
            for chunk in ["head".into(), large(), "end".into()] {
                staging.push(chunk);
            }
            assert!(drained_keeps(&mut staging, Staging::MAX_IDLE_BUFFER));
        }
    }

    #[test]
    fn staging_reserve_serves_both_sides_of_chunk() {
        let mut staging = Staging::default();
        staging.reserve(7);
        for chunk in ["head".into(), large(), "end".into()] {
            staging.push(chunk);
        }
        assert_eq!(staging.tail.as_ptr(), staging.chunk().as_ptr_range().end);
    }

    #[test]
    fn staging_idle_frees_long_buffer() {
        let small = || Bytes::from(vec![b's'; Staging::MAX_IDLE_BUFFER]);
        for chunks in [vec![small(), small()], vec![small(), large(), small()], vec![small(), small(), large()]] {
            let mut staging = Staging::default();
            staging.reserve(2 * Staging::MAX_IDLE_BUFFER);
            chunks.into_iter().for_each(|chunk| staging.push(chunk));
            assert!(!drained_keeps(&mut staging, 1));
        }
    }

    #[test]
    fn staging_idle_frees_buffer_handed_out() {
        let mut staging = of(["head".into(), large(), "end".into()]);
        let head = staging.pop_chunk().unwrap();
        staging.advance(LARGE + 3);
        staging.shrink_to_idle();
        assert!(head.is_unique());
    }

    #[test]
    fn staging_idle_keeps_few_slots() {
        for (count, kept) in [(1, Staging::MAX_IDLE_SLOTS), (5, 0)] {
            let mut staging = of(core::iter::repeat_n(large(), count));
            staging.clear();
            staging.shrink_to_idle();
            assert_eq!(staging.segments.capacity(), kept);
        }
        assert!(Staging::MAX_IDLE_SLOTS * size_of::<Bytes>() <= 128);
    }
}
