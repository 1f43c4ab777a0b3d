//! The search for delimiters of one to sixteen bytes within one piece of input.
//!
//! The plan: protocols' lines are short, and what costs is not comparing bytes but starting over for each line. So 64
//! bytes are compared at once, with SIMD, and what is found is kept as a bit for each byte at which the delimiter begins,
//! beside the cursor, with the first of them worked out. The lines in those 64 bytes are then a subtraction for their
//! data, and a count of zeros for their end. Where there is none for a while, the gap is long, and `memchr` takes over,
//! which is faster there; how long the last gap was tells which of them begins.
//!
//! The bits say "the first byte is here, and the last one where it would have to be". For delimiters of one and two bytes
//! that is a match; the bytes in between of longer ones are compared when the bit is looked at. Since no more than 16
//! bytes are compared for a bit, the work stays linear.

mod block;
mod key;
mod longer;

use core::ops::ControlFlow;

use memchr::memchr;

use block::{BLOCK, Ends};
pub(crate) use key::Key;

/// How many blocks without a delimiter make a long gap.
const BLOCKS_IN_SHORT_GAP: usize = 6;

/// How many bytes such a gap has at least.
const LONG_GAP: usize = BLOCK * BLOCKS_IN_SHORT_GAP;

/// So many first bytes in a row that begin no delimiter, and looking for the first byte alone does not pay.
const FALSE_STARTS: usize = 4;

/// More bytes than can be left.
const NOWHERE: usize = usize::MAX;

/// Where in one block of the input a delimiter may begin.
///
/// Places in the input are named by how many bytes are left there, so that they mean the same wherever the cursor is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memo<'i> {
    /// All of the input.
    whole: &'i [u8],
    key: Key,
    /// How long the last gap was.
    gap: Gap,
    /// Where the lowest bit is, if bits are matches. Where the cursor has passed it, or it is [`NOWHERE`], what comes next
    /// is not known.
    next: usize,
    /// The first of the bytes that the bits are about.
    block: usize,
    /// If bits are matches, those before `next` have been dropped.
    starts: u64,
    /// Before here, and behind the last bit, no delimiter begins. That it does not depend on the cursor lets a processor
    /// compare these bytes while it still works on the events before them.
    ahead: &'i [u8],
    ends: Ends,
}

/// How many blocks a gap between two delimiters has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// Less than two.
    Short,
    /// Some.
    Some,
    /// So many that looking for the first byte alone is worth its beginning.
    Many,
}

impl<'i> Memo<'i> {
    /// Of an input of which nothing is known.
    #[inline(always)]
    pub(crate) const fn new(whole: &'i [u8]) -> Self {
        Self::of(Key::NONE, whole)
    }

    #[inline(always)]
    const fn of(key: Key, whole: &'i [u8]) -> Self {
        let ends = Ends::new(key.ends());
        Self { whole, key, gap: Gap::Short, next: NOWHERE, block: 0, starts: 0, ahead: whole, ends }
    }

    /// All of the input.
    #[inline(always)]
    pub(crate) fn whole(&self) -> &'i [u8] {
        self.whole
    }

    /// Where the next delimiter is, if the memo knows; for a delimiter whose bits are matches.
    #[inline(always)]
    pub(crate) fn next(&self, key: Key, left: usize) -> Option<usize> {
        if self.key == key && self.next <= left { Some(self.next) } else { None }
    }

    /// To be called when the delimiter that was next has been taken.
    #[inline(always)]
    pub(crate) fn pass(&mut self) {
        self.starts &= self.starts.wrapping_sub(1);
        self.next = self.lowest();
    }

    #[inline(always)]
    fn lowest(&self) -> usize {
        if self.starts == 0 { NOWHERE } else { self.block.wrapping_sub(self.starts.trailing_zeros() as usize) }
    }

    /// As [`next`](Self::next), if the memo does not know: goes on where it ends, from block to block.
    #[inline(never)]
    pub(crate) fn advance(&mut self, key: Key, left: usize) -> Option<usize> {
        if self.key != key || self.starts != 0 || self.ahead.len() > left {
            return self.advance_anew(key, left);
        }
        if self.gap != Gap::Short {
            return self.advance_on(left);
        }
        let Some(window) = self.ahead.first_chunk() else { return self.advance_to_end() };
        let starts = self.ends.starts(window, key.len() == 2);
        if starts != 0 {
            return self.keep_matches(self.ahead, starts);
        }
        self.ahead = behind_block(self.ahead);
        self.advance_on(left)
    }

    /// As [`advance`](Self::advance), with a memo that is to be renewed first.
    #[inline(never)]
    fn advance_anew(&mut self, key: Key, left: usize) -> Option<usize> {
        self.renew(key, left).or_else(|| self.advance(key, left))
    }

    /// Makes the memo about this delimiter, and about what is left, if bytes were taken under another terminator and with
    /// them places that it knows. Where the next delimiter is, if it then knows.
    fn renew(&mut self, key: Key, left: usize) -> Option<usize> {
        if self.key != key {
            *self = Self::of(key, self.whole);
        }
        self.starts &= bits_from(self.block.saturating_sub(left));
        self.next = self.lowest();
        self.ahead = last(self.ahead, left).unwrap_or(self.ahead);
        if self.starts != 0 { Some(self.next) } else { None }
    }

    /// As [`advance`](Self::advance), where most blocks have no delimiter.
    #[inline(never)]
    fn advance_on(&mut self, left: usize) -> Option<usize> {
        if self.gap == Gap::Many {
            return self.advance_far(left);
        }
        match self.advance_in_short_gap(left) {
            ControlFlow::Break(next) => next,
            ControlFlow::Continue(()) => self.advance_far(left),
        }
    }

    /// As [`advance`](Self::advance), but not far: of a delimiter that is not near, nothing is said. For who looks again
    /// and again, under one delimiter and another, and takes less than what is between.
    #[inline(never)]
    pub(crate) fn advance_near(&mut self, key: Key, left: usize) -> Option<usize> {
        self.renew(key, left).or_else(|| self.advance_in_short_gap(left).break_value().flatten())
    }

    /// As [`advance`](Self::advance), as far as a gap is short: breaks with where the next delimiter is, or with that there
    /// is none.
    #[inline(always)]
    fn advance_in_short_gap(&mut self, left: usize) -> ControlFlow<Option<usize>> {
        let two = self.key.len() == 2;
        let mut ahead = self.ahead;
        for _ in 0..BLOCKS_IN_SHORT_GAP {
            let Some(window) = ahead.first_chunk() else {
                self.ahead = ahead;
                return ControlFlow::Break(self.advance_to_end());
            };
            let starts = self.ends.rare_starts(window, two);
            if starts != 0 {
                let next = self.keep_matches(ahead, starts);
                self.gap = if left.wrapping_sub(self.next) < 2 * BLOCK { Gap::Short } else { Gap::Some };
                return ControlFlow::Break(next);
            }
            ahead = behind_block(ahead);
        }
        self.ahead = ahead;
        ControlFlow::Continue(())
    }

    /// As [`advance`](Self::advance), where no delimiter is near.
    #[inline(never)]
    fn advance_far(&mut self, left: usize) -> Option<usize> {
        let ([first, second], two) = (self.key.ends(), self.key.len() == 2);
        let mut ahead = self.ahead;
        loop {
            for _ in 0..FALSE_STARTS {
                let Some(here) = memchr(first, ahead).and_then(|start| ahead.get(start..)) else {
                    self.ahead = &[];
                    self.next = NOWHERE;
                    return None;
                };
                let behind = here.get(1..).unwrap_or_default();
                if !two || behind.first() == Some(&second) {
                    let gap = left.wrapping_sub(here.len());
                    self.gap = if gap < LONG_GAP { Gap::Some } else { Gap::Many };
                    (self.starts, self.block, self.next) = (1, here.len(), here.len());
                    // What follows it is not known; but it begins with another byte, unless the two are the same.
                    self.ahead = if first == second { behind } else { behind.get(1..).unwrap_or_default() };
                    return Some(self.next);
                }
                ahead = behind;
            }
            for _ in 0..BLOCKS_IN_SHORT_GAP {
                let Some(window) = ahead.first_chunk() else {
                    self.ahead = ahead;
                    return self.advance_to_end();
                };
                let starts = self.ends.starts(window, two);
                if starts != 0 {
                    self.gap = Gap::Short;
                    return self.keep_matches(ahead, starts);
                }
                ahead = behind_block(ahead);
            }
        }
    }

    /// As [`advance`](Self::advance), where less than a block is ahead.
    #[inline(never)]
    fn advance_to_end(&mut self) -> Option<usize> {
        self.starts = 0;
        if !self.ahead.is_empty() {
            let (starts, block) = self.ends.starts_at_end(self.key.len(), self.whole);
            self.starts = starts & bits_from(block.saturating_sub(self.ahead.len()));
            self.block = block;
        }
        self.ahead = &[];
        self.next = self.lowest();
        if self.starts == 0 { None } else { Some(self.next) }
    }

    /// How far it is to the next delimiter, of any length that is kept inline.
    pub(crate) fn find(&mut self, key: Key, delimiter: &[u8], rest: &'i [u8]) -> Option<usize> {
        if !key.is_exact() {
            return self.find_longer(key, delimiter, rest);
        }
        let next = self.next(key, rest.len()).or_else(|| self.advance(key, rest.len()));
        rest.len().checked_sub(next?)
    }

    /// Keeps bits that are matches, about the first of the bytes ahead.
    #[inline(always)]
    fn keep_matches(&mut self, ahead: &'i [u8], starts: u64) -> Option<usize> {
        self.block = ahead.len();
        self.starts = starts;
        self.ahead = behind_block(ahead);
        self.next = self.block.wrapping_sub(starts.trailing_zeros() as usize);
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
fn behind_block(ahead: &[u8]) -> &[u8] {
    ahead.get(BLOCK..).unwrap_or_default()
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
            let key = Key::of(delimiter);
            for size in 0..=LONG_GAP + 2 * BLOCK {
                let mut haystack = alloc::vec![b'.'; size];
                assert_eq!(Memo::new(&haystack).find(key, delimiter, &haystack), None);
                for at in (0..=size).take_while(|at| at + delimiter.len() <= size) {
                    haystack[at..at + delimiter.len()].copy_from_slice(delimiter);
                    let mut memo = Memo::new(&haystack);
                    assert_eq!(memo.find(key, delimiter, &haystack), Some(at), "of {size}");
                    assert_eq!(memo.find(key, delimiter, &haystack[at / 2..]), Some(at - at / 2), "again");
                    assert_eq!(memo.find(key, delimiter, &haystack[at + 1..]), None, "behind {at} of {size}");
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
            let gap = random(2 * LONG_GAP as u64) as usize;
            let mut haystack = alloc::vec![b'.'; gap];
            haystack.extend((0..random(100)).map(|_| b"ab\rx."[random(5) as usize]).collect::<Vec<u8>>());
            let mut memo = Memo::new(&haystack);
            let mut rest = &haystack[..];
            for _ in 0..20 {
                let delimiter = delimiters[random(7) as usize];
                let found = memo.find(Key::of(delimiter), delimiter, rest);
                let naive = (0..rest.len()).find(|&at| rest[at..].starts_with(delimiter));
                assert_eq!(found, naive, "{} in {}", delimiter.escape_ascii(), rest.escape_ascii());
                let taken = match found {
                    Some(at) if random(2) == 0 => at + random(2) as usize,
                    Some(at) => at + delimiter.len(),
                    None => random(3) as usize,
                };
                rest = rest.get(taken.min(random(4 * LONG_GAP as u64) as usize)..).unwrap_or_default();
            }
        }
    }
}
