use alloc::collections::VecDeque;
use core::mem;

use bytes::{Buf, Bytes, BytesMut};

/// What has been taken from the entries and not been sent: whole segments first, then the tail.
///
/// The plan, for linear time and no allocation in steady state: a small chunk is copied to the tail, once. A large
/// one becomes a segment as it is; the tail before it is cut off as a segment of its own, and what is left of the
/// tail's buffer serves the small chunks behind. When everything has been sent, the buffer is whole again.
#[derive(Default)]
pub(in crate::output) struct Staging {
    /// None of them empty.
    segments: VecDeque<Bytes>,
    tail: BytesMut,
    length: usize,
    /// A segment was handed out whole, so the tail's buffer may be shared with someone who keeps it.
    lent: bool,
}

impl Staging {
    /// Chunks shorter than this are copied together.
    ///
    /// To copy 1 KiB takes some 10 ns in cache (2 KiB: 20); a slice of its own in a vectored write takes about 20, and
    /// the copy gives the chunk's own memory back early. And since at most every other segment is shorter, a vectored write of 64 slices (the most
    /// that tokio's `write_buf` passes on) has 32 KiB to carry.
    pub(super) const COPIED_BELOW: usize = 1024;

    /// A budget beyond this is cut down to it. No chunk is longer than `isize::MAX`, so less than this and one chunk
    /// is always a `usize`.
    pub(super) const MAX_BUDGET: usize = isize::MAX as usize;

    /// How long a buffer is kept when drained: enough for most answers of a line protocol, little beside the rest of
    /// an idle connection.
    const KEPT_BUFFER: usize = 256;

    /// How many slots for segments are kept when drained: what the first segment allocates in any case (128 bytes).
    const KEPT_SLOTS: usize = 4;

    /// Makes room for `additional` bytes of small chunks, in one go instead of by doubling.
    pub(super) fn reserve(&mut self, additional: usize) {
        self.tail.reserve(additional);
    }

    /// Appends a chunk. The caller has seen to it that less than [`MAX_BUDGET`](Self::MAX_BUDGET) is staged.
    #[expect(clippy::arithmetic_side_effects, reason = "less than isize::MAX, and a chunk, which is at most that")]
    pub(super) fn append(&mut self, chunk: Bytes) {
        if chunk.len() < Self::COPIED_BELOW {
            self.append_slice(&chunk);
        } else {
            self.length += chunk.len();
            if !self.tail.is_empty() {
                self.segments.push_back(self.tail.split().freeze());
            }
            self.segments.push_back(chunk);
        }
    }

    /// Appends a copy of some bytes, under the same condition.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "less than isize::MAX, and a slice, which is at most that")]
    pub(super) fn append_slice(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        self.tail.extend_from_slice(bytes);
    }

    pub(in crate::output) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The bytes to be sent first; empty only if nothing is staged.
    pub(in crate::output) fn front(&self) -> &[u8] {
        self.pieces().next().unwrap_or_default()
    }

    /// All that is staged, in order, none of it empty.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let tail = (!self.tail.is_empty()).then_some(&*self.tail);
        self.segments.iter().map(|segment| &**segment).chain(tail)
    }

    /// Fills `slices` from the front, and says how many were filled.
    #[cfg(feature = "std")]
    pub(in crate::output) fn io_slices<'s>(&'s self, slices: &mut [std::io::IoSlice<'s>]) -> usize {
        let filled = slices.iter_mut().zip(self.pieces());
        filled.map(|(slice, piece)| *slice = std::io::IoSlice::new(piece)).count()
    }

    /// # Panics
    ///
    /// If `count` is more than is staged.
    #[expect(clippy::panic, reason = "what `Buf::advance` asks for: to go on would lose bytes unseen")]
    pub(super) fn advance(&mut self, mut count: usize) {
        let Some(left) = self.length.checked_sub(count) else {
            panic!("cannot advance over {count} bytes: {} are staged", self.length);
        };
        self.length = left;
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

    /// Takes the first segment, or the tail if there is none.
    pub(super) fn take_front(&mut self) -> Option<Bytes> {
        let chunk = match self.segments.pop_front() {
            Some(segment) => {
                self.lent = true;
                segment
            }
            None if self.tail.is_empty() => return None,
            None => mem::take(&mut self.tail).freeze(),
        };
        self.length = self.length.saturating_sub(chunk.len());
        Some(chunk)
    }

    pub(super) fn clear(&mut self) {
        self.segments.clear();
        self.tail.clear();
        self.length = 0;
    }

    /// Gives back memory that an idle queue should not hold. To be called when drained.
    pub(super) fn release(&mut self) {
        // With nothing staged the buffer can be reclaimed to its full length, unless it is shared.
        if mem::take(&mut self.lent) || self.tail.try_reclaim(Self::KEPT_BUFFER.saturating_add(1)) {
            self.tail = BytesMut::new();
        }
        if self.segments.capacity() > Self::KEPT_SLOTS {
            self.segments = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    const LARGE: usize = Staging::COPIED_BELOW;

    fn of(chunks: impl IntoIterator<Item = Bytes>) -> Staging {
        let mut staging = Staging::default();
        chunks.into_iter().for_each(|chunk| staging.append(chunk));
        staging
    }

    fn large() -> Bytes {
        Bytes::from(vec![b'L'; LARGE])
    }

    // O2
    #[test]
    fn a_chunk_at_the_threshold_is_not_copied_and_one_below_it_is() {
        let chunk = large();
        assert_eq!(of([chunk.clone()]).front().as_ptr(), chunk.as_ptr());
        let below = chunk.slice(1..);
        assert_ne!(of([below.clone()]).front().as_ptr(), below.as_ptr());
    }

    // O7
    #[test]
    fn small_chunks_become_one_run_and_a_large_one_parts_two() {
        let staging = of(["a".into(), "b".into(), large(), "c".into(), "d".into()]);
        assert_eq!(staging.segments, [Bytes::from("ab"), large()]);
        assert_eq!(&staging.tail[..], b"cd");
        assert_eq!(staging.length(), LARGE + 4);
    }

    // O1
    #[test]
    fn advancing_crosses_segments_to_the_byte() {
        let chunks = ["ab".into(), large(), large(), "cd".into()];
        let whole: Vec<u8> = chunks.iter().flatten().copied().collect();
        for first in [0, 1, 2, 3, LARGE + 2, LARGE + 3, 2 * LARGE + 2, 2 * LARGE + 3, whole.len()] {
            let mut staging = of(chunks.clone());
            staging.advance(first);
            assert_eq!(staging.length(), whole.len() - first);
            let mut rest = Vec::new();
            while let Some(segment) = staging.take_front() {
                rest.extend_from_slice(&segment);
            }
            assert_eq!(rest, whole[first..]);
            assert!(staging.is_empty());
        }
    }

    #[test]
    #[should_panic = "cannot advance over 3 bytes: 2 are staged"]
    fn advancing_over_more_than_is_staged_panics() {
        of(["ab".into()]).advance(3);
    }

    // O7
    #[cfg(feature = "std")]
    #[test]
    fn slices_cover_segments_and_tail_as_far_as_there_is_room() {
        let staging = of(["ab".into(), large(), "cd".into()]);
        let mut slices = [std::io::IoSlice::new(&[]); 4];
        assert_eq!(staging.io_slices(&mut slices), 3);
        assert_eq!((&*slices[0], slices[1].len(), &*slices[2]), (&b"ab"[..], LARGE, &b"cd"[..]));
        assert_eq!(staging.io_slices(&mut slices[..2]), 2);
        assert_eq!(staging.io_slices(&mut []), 0);
        assert_eq!(Staging::default().io_slices(&mut slices), 0);
    }

    /// Sends all that is staged, as a queue does; says whether a buffer of `length` was kept for the next.
    fn drained_keeps(staging: &mut Staging, length: usize) -> bool {
        staging.advance(staging.length());
        staging.release();
        staging.tail.try_reclaim(length)
    }

    #[test]
    fn the_buffer_of_small_answers_is_kept_for_the_next() {
        let mut staging = of(["0123456789".into()]);
        for answer in ["abc", "defghijkl", "m"] {
            assert!(drained_keeps(&mut staging, 10));
            staging.append(answer.into());
            assert_eq!(staging.front(), answer.as_bytes());
        }
    }

    #[test]
    fn the_buffer_is_kept_though_a_large_chunk_parted_it() {
        let mut staging = Staging::default();
        staging.reserve(Staging::KEPT_BUFFER);
        for _ in 0..3 {
            for chunk in ["head".into(), large(), "end".into()] {
                staging.append(chunk);
            }
            assert!(drained_keeps(&mut staging, Staging::KEPT_BUFFER));
        }
    }

    #[test]
    fn one_reservation_serves_the_small_chunks_on_both_sides_of_a_large_one() {
        let mut staging = Staging::default();
        staging.reserve(7);
        for chunk in ["head".into(), large(), "end".into()] {
            staging.append(chunk);
        }
        assert_eq!(staging.tail.as_ptr(), staging.front().as_ptr_range().end);
    }

    #[test]
    fn a_long_buffer_is_given_back_when_drained_however_it_was_cut() {
        let small = || Bytes::from(vec![b's'; Staging::KEPT_BUFFER]);
        for chunks in [vec![small(), small()], vec![small(), large(), small()], vec![small(), small(), large()]] {
            let mut staging = Staging::default();
            staging.reserve(2 * Staging::KEPT_BUFFER);
            chunks.into_iter().for_each(|chunk| staging.append(chunk));
            assert!(!drained_keeps(&mut staging, 1));
        }
    }

    #[test]
    fn a_buffer_that_was_handed_out_is_not_held() {
        let mut staging = of(["head".into(), large(), "end".into()]);
        let head = staging.take_front().unwrap();
        staging.advance(LARGE + 3);
        staging.release();
        assert!(head.is_unique());
    }

    #[test]
    fn many_slots_are_given_back_when_drained_and_few_are_kept() {
        for (count, kept) in [(1, Staging::KEPT_SLOTS), (5, 0)] {
            let mut staging = of(core::iter::repeat_n(large(), count));
            staging.clear();
            staging.release();
            assert_eq!(staging.segments.capacity(), kept);
        }
        assert!(Staging::KEPT_SLOTS * size_of::<Bytes>() <= 128);
    }
}
