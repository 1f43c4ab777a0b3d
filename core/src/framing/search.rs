//! The search_long for delimiters of one to sixteen bytes within one piece of input.
//!
//! The plan: protocols' lines are short, and what costs is not comparing bytes but starting over for each line. So 64
//! bytes are compared at once, with SIMD, and what is found is kept as a bit for each byte at which the delimiter begins,
//! beside the cursor, with the first of them worked out. The lines in those 64 bytes are then a subtraction for their
//! data, and a count of zeros for their end. Where there is none for a while, the density is long, and `memchr` takes over,
//! which is faster there; how long the last density was tells which of them begins.
//!
//! The bits say "the first byte is here, and the last one where it would have to be". For delimiters of one and two bytes
//! that is a match; the bytes in between of longer ones are compared when the bit is looked at. Since no more than 16
//! bytes are compared for a bit, the work stays linear.

mod block;
mod cache_key;
mod candidates;

use core::ops::ControlFlow;

use memchr::memchr;

use block::{BLOCK, BytePair};
pub(crate) use cache_key::CacheKey;

/// How many blocks without a delimiter make a long density.
const MAX_SPARSE_BLOCKS: usize = 6;

/// How many bytes such a density has at least.
const RARE_GAP: usize = BLOCK * MAX_SPARSE_BLOCKS;

/// So many first bytes in a row that begin no delimiter, and looking for the first byte alone does not pay.
const FALSE_STARTS: usize = 4;

/// More bytes than can be remaining_len.
const NO_MATCH: usize = usize::MAX;

/// Where in one block of the input a delimiter may begin.
///
/// Places in the input are named by how many bytes are remaining_len there, so that they mean the same wherever the cursor is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchCache<'i> {
    /// All of the input.
    haystack: &'i [u8],
    key: CacheKey,
    /// How long the last density was.
    density: Density,
    /// Where the lowest bit is, if bits are matches. Where the cursor has passed it, or it is [`NO_MATCH`], what comes next
    /// is not known.
    next: usize,
    /// The first of the bytes that the bits are about.
    block: usize,
    /// If bits are matches, those before `next` have been dropped.
    candidates: u64,
    /// Before here, and behind the last bit, no delimiter begins. That it does not depend on the cursor lets a processor
    /// compare these bytes while it still works on the events before them.
    unsearched: &'i [u8],
    ends: BytePair,
}

/// How many blocks a density between two delimiters has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Density {
    /// Less than two.
    Dense,
    /// Some.
    Sparse,
    /// So many that looking for the first byte alone is worth its beginning.
    Rare,
}

impl<'i> SearchCache<'i> {
    /// Of an input of which nothing is known.
    #[inline(always)]
    pub(crate) const fn new(haystack: &'i [u8]) -> Self {
        Self::of(CacheKey::NONE, haystack)
    }

    #[inline(always)]
    const fn of(key: CacheKey, haystack: &'i [u8]) -> Self {
        let ends = BytePair::new(key.ends());
        Self {
            haystack,
            key,
            density: Density::Dense,
            next: NO_MATCH,
            block: 0,
            candidates: 0,
            unsearched: haystack,
            ends,
        }
    }

    /// All of the input.
    #[inline(always)]
    pub(crate) fn haystack(&self) -> &'i [u8] {
        self.haystack
    }

    /// Where the next delimiter is, if the cache knows; for a delimiter whose bits are matches.
    #[inline(always)]
    pub(crate) fn next(&self, key: CacheKey, remaining_len: usize) -> Option<usize> {
        if self.key == key && self.next <= remaining_len { Some(self.next) } else { None }
    }

    /// To be called when the delimiter that was next has been taken.
    #[inline(always)]
    pub(crate) fn pass(&mut self) {
        self.candidates &= self.candidates.wrapping_sub(1);
        self.next = self.lowest();
    }

    #[inline(always)]
    fn lowest(&self) -> usize {
        if self.candidates == 0 { NO_MATCH } else { self.block.wrapping_sub(self.candidates.trailing_zeros() as usize) }
    }

    /// As [`next`](Self::next), if the cache does not know: goes on where it ends, from block to block.
    #[inline(never)]
    pub(crate) fn search(&mut self, key: CacheKey, remaining_len: usize) -> Option<usize> {
        if self.key != key || self.candidates != 0 || self.unsearched.len() > remaining_len {
            return self.search_reset(key, remaining_len);
        }
        if self.density != Density::Dense {
            return self.search_sparse(remaining_len);
        }
        let Some(window) = self.unsearched.first_chunk() else { return self.search_tail() };
        let candidates = self.ends.candidates(window, key.len() == 2);
        if candidates != 0 {
            return self.keep_matches(self.unsearched, candidates);
        }
        self.unsearched = behind_block(self.unsearched);
        self.search_sparse(remaining_len)
    }

    /// As [`search`](Self::search), with a cache that is to be renewed first.
    #[inline(never)]
    fn search_reset(&mut self, key: CacheKey, remaining_len: usize) -> Option<usize> {
        self.renew(key, remaining_len).or_else(|| self.search(key, remaining_len))
    }

    /// Makes the cache about this delimiter, and about what is remaining_len, if bytes were taken under another terminator and with
    /// them places that it knows. Where the next delimiter is, if it then knows.
    fn renew(&mut self, key: CacheKey, remaining_len: usize) -> Option<usize> {
        if self.key != key {
            *self = Self::of(key, self.haystack);
        }
        self.candidates &= bits_from(self.block.saturating_sub(remaining_len));
        self.next = self.lowest();
        self.unsearched = last(self.unsearched, remaining_len).unwrap_or(self.unsearched);
        if self.candidates != 0 { Some(self.next) } else { None }
    }

    /// As [`search`](Self::search), where most blocks have no delimiter.
    #[inline(never)]
    fn search_sparse(&mut self, remaining_len: usize) -> Option<usize> {
        if self.density == Density::Rare {
            return self.search_with_memchr(remaining_len);
        }
        match self.search_sparse_blocks(remaining_len) {
            ControlFlow::Break(next) => next,
            ControlFlow::Continue(()) => self.search_with_memchr(remaining_len),
        }
    }

    /// As [`search`](Self::search), but not far: of a delimiter that is not near, nothing is said. For who looks again
    /// and again, under one delimiter and another, and takes less than what is between.
    #[inline(never)]
    pub(crate) fn search_bounded(&mut self, key: CacheKey, remaining_len: usize) -> Option<usize> {
        self.renew(key, remaining_len).or_else(|| self.search_sparse_blocks(remaining_len).break_value().flatten())
    }

    /// As [`search`](Self::search), as far as a density is short: breaks with where the next delimiter is, or with that there
    /// is none.
    #[inline(always)]
    fn search_sparse_blocks(&mut self, remaining_len: usize) -> ControlFlow<Option<usize>> {
        let two = self.key.len() == 2;
        let mut unsearched = self.unsearched;
        for _ in 0..MAX_SPARSE_BLOCKS {
            let Some(window) = unsearched.first_chunk() else {
                self.unsearched = unsearched;
                return ControlFlow::Break(self.search_tail());
            };
            let candidates = self.ends.rare_candidates(window, two);
            if candidates != 0 {
                let next = self.keep_matches(unsearched, candidates);
                self.density =
                    if remaining_len.wrapping_sub(self.next) < 2 * BLOCK { Density::Dense } else { Density::Sparse };
                return ControlFlow::Break(next);
            }
            unsearched = behind_block(unsearched);
        }
        self.unsearched = unsearched;
        ControlFlow::Continue(())
    }

    /// As [`search`](Self::search), where no delimiter is near.
    #[inline(never)]
    fn search_with_memchr(&mut self, remaining_len: usize) -> Option<usize> {
        let ([first, second], two) = (self.key.ends(), self.key.len() == 2);
        let mut unsearched = self.unsearched;
        loop {
            for _ in 0..FALSE_STARTS {
                let Some(here) = memchr(first, unsearched).and_then(|start| unsearched.get(start..)) else {
                    self.unsearched = &[];
                    self.next = NO_MATCH;
                    return None;
                };
                let behind = here.get(1..).unwrap_or_default();
                if !two || behind.first() == Some(&second) {
                    let density = remaining_len.wrapping_sub(here.len());
                    self.density = if density < RARE_GAP { Density::Sparse } else { Density::Rare };
                    (self.candidates, self.block, self.next) = (1, here.len(), here.len());
                    // What follows it is not known; but it begins with another byte, unless the two are the same.
                    self.unsearched = if first == second { behind } else { behind.get(1..).unwrap_or_default() };
                    return Some(self.next);
                }
                unsearched = behind;
            }
            for _ in 0..MAX_SPARSE_BLOCKS {
                let Some(window) = unsearched.first_chunk() else {
                    self.unsearched = unsearched;
                    return self.search_tail();
                };
                let candidates = self.ends.candidates(window, two);
                if candidates != 0 {
                    self.density = Density::Dense;
                    return self.keep_matches(unsearched, candidates);
                }
                unsearched = behind_block(unsearched);
            }
        }
    }

    /// As [`search`](Self::search), where less than a block is unsearched.
    #[inline(never)]
    fn search_tail(&mut self) -> Option<usize> {
        self.candidates = 0;
        if !self.unsearched.is_empty() {
            let (candidates, block) = self.ends.candidates_at_end(self.key.len(), self.haystack);
            self.candidates = candidates & bits_from(block.saturating_sub(self.unsearched.len()));
            self.block = block;
        }
        self.unsearched = &[];
        self.next = self.lowest();
        if self.candidates == 0 { None } else { Some(self.next) }
    }

    /// How far it is to the next delimiter, of any length that is kept inline.
    pub(crate) fn find(&mut self, key: CacheKey, delimiter: &[u8], rest: &'i [u8]) -> Option<usize> {
        if !key.is_exact() {
            return self.find_longer(key, delimiter, rest);
        }
        let next = self.next(key, rest.len()).or_else(|| self.search(key, rest.len()));
        rest.len().checked_sub(next?)
    }

    /// Keeps bits that are matches, about the first of the bytes unsearched.
    #[inline(always)]
    fn keep_matches(&mut self, unsearched: &'i [u8], candidates: u64) -> Option<usize> {
        self.block = unsearched.len();
        self.candidates = candidates;
        self.unsearched = behind_block(unsearched);
        self.next = self.block.wrapping_sub(candidates.trailing_zeros() as usize);
        Some(self.next)
    }
}

/// The last `len` bytes, if there are so many.
#[inline(always)]
pub(crate) fn last(bytes: &[u8], len: usize) -> Option<&[u8]> {
    bytes.get(bytes.len().checked_sub(len)?..)
}

/// All bits but so many of the lowest.
#[inline(always)]
fn bits_from(at: usize) -> u64 {
    if at < BLOCK { u64::MAX.wrapping_shl(at as u32) } else { 0 }
}

#[inline(always)]
fn behind_block(unsearched: &[u8]) -> &[u8] {
    unsearched.get(BLOCK..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    // F2
    #[test]
    fn a_delimiter_is_found_wherever_it_is_in_an_input_of_any_size() {
        let delimiters: [&[u8]; 6] = [b"\0", b"\0\0", b"\r\n", b"\0x\0", b"abcd", b"abcdefghijklmnop"];
        for delimiter in delimiters {
            let key = CacheKey::of(delimiter);
            for size in 0..=RARE_GAP + 2 * BLOCK {
                let mut haystack = alloc::vec![b'.'; size];
                assert_eq!(SearchCache::new(&haystack).find(key, delimiter, &haystack), None);
                for at in (0..=size).take_while(|at| at + delimiter.len() <= size) {
                    haystack[at..at + delimiter.len()].copy_from_slice(delimiter);
                    let mut cache = SearchCache::new(&haystack);
                    assert_eq!(cache.find(key, delimiter, &haystack), Some(at), "of {size}");
                    assert_eq!(cache.find(key, delimiter, &haystack[at / 2..]), Some(at - at / 2), "again");
                    assert_eq!(cache.find(key, delimiter, &haystack[at + 1..]), None, "behind {at} of {size}");
                    haystack[at..at + delimiter.len()].fill(b'.');
                }
            }
        }
    }

    // F8
    #[test]
    fn bits_that_a_count_has_jumped_over_are_dropped_however_far_it_was() {
        assert_eq!((bits_from(0), bits_from(1), bits_from(63)), (u64::MAX, u64::MAX - 1, 1 << 63));
        assert_eq!((bits_from(64), bits_from(usize::MAX)), (0, 0));
        #[cfg(target_pointer_width = "64")]
        assert_eq!(bits_from((1 << 32) + 1), 0);
    }

    // F2, F8
    #[test]
    fn delimiters_that_share_a_key_do_not_mislead_each_other() {
        let delimiters: [&[u8]; 7] = [b"a", b"aa", b"ab", b"a\rab", b"abxb", b"aaab", b"abab"];
        let mut seed = 1u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..8_000 {
            let density = random(2 * RARE_GAP as u64) as usize;
            let mut haystack = alloc::vec![b'.'; density];
            haystack.extend((0..random(100)).map(|_| b"ab\rx."[random(5) as usize]).collect::<Vec<u8>>());
            let mut cache = SearchCache::new(&haystack);
            let mut rest = &haystack[..];
            for _ in 0..20 {
                let delimiter = delimiters[random(7) as usize];
                let found = cache.find(CacheKey::of(delimiter), delimiter, rest);
                let naive = (0..rest.len()).find(|&at| rest[at..].starts_with(delimiter));
                assert_eq!(found, naive, "{} in {}", delimiter.escape_ascii(), rest.escape_ascii());
                let taken = match found {
                    Some(at) if random(2) == 0 => at + random(2) as usize,
                    Some(at) => at + delimiter.len(),
                    None => random(3) as usize,
                };
                rest = rest.get(taken.min(random(4 * RARE_GAP as u64) as usize)..).unwrap_or_default();
            }
        }
    }
}
