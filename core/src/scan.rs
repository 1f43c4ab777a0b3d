//! The search for delimiters of one to sixteen bytes within one piece of input.
//!
//! The plan: protocols' lines are short, and what costs is not comparing bytes but starting over for each line. So 64
//! bytes are compared at once, with SIMD, and what is found is kept as a bit for each byte at which the delimiter begins,
//! beside the cursor. The lines in those 64 bytes are then a shift and a count of zeros each. Where there is none for a
//! while, the gap is long, and `memchr` takes over, which is faster there; how long the last gap was tells which of them
//! begins.
//!
//! The bits say "the first byte is here, and the last one where it would have to be". For delimiters of one and two bytes
//! that is a match; the bytes in between of longer ones are compared when the bit is looked at. Since no more than 16
//! bytes are compared for a bit, the work stays linear.

use memchr::memchr;
use wide::u8x16;

/// How many bytes are compared at once.
const BLOCK: usize = 64;

/// How many blocks without a delimiter make a long gap.
const BLOCKS_IN_SHORT_GAP: usize = 2;

/// How many bytes such a gap has at least.
const LONG_GAP: usize = BLOCK * BLOCKS_IN_SHORT_GAP;

/// So many first bytes in a row that begin no delimiter, and looking for the first byte alone does not pay.
const FALSE_STARTS: usize = 4;

/// What the bits of a memo depend on: the first byte of a delimiter, its last, and its length. Whoever has a delimiter
/// with the same key may use the memo, whatever framer has left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u32);

impl Key {
    /// Of no delimiter.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The key of a delimiter of at most sixteen bytes.
    #[inline]
    pub(crate) fn of(delimiter: &[u8]) -> Self {
        match (delimiter.first(), delimiter.last(), u8::try_from(delimiter.len())) {
            (Some(&first), Some(&last), Ok(len)) => Self(u32::from_le_bytes([first, last, len, 0])),
            _ => Self::NONE,
        }
    }

    /// The first byte of the delimiter and its last: all of it, if it has two; or one, and the second is the same.
    #[inline(always)]
    fn delimiter(self) -> [u8; 2] {
        let [first, last, ..] = self.0.to_le_bytes();
        [first, last]
    }

    /// How many bytes the delimiter has.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        let [_, _, len, _] = self.0.to_le_bytes();
        len.into()
    }

    /// Whether a bit is a match, rather than a place to look at.
    #[inline(always)]
    pub(crate) fn is_exact(self) -> bool {
        self.len() <= 2
    }
}

/// Where in one block of the input a delimiter may begin.
///
/// The block is named by how many bytes of the input were left at its beginning, so that a memo cannot be mistaken when
/// the cursor moves on: beyond the block it is of no use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memo {
    key: Key,
    left_at_block: usize,
    starts: u64,
    /// The last gap was long.
    long_gap: bool,
}

impl Memo {
    pub(crate) const EMPTY: Self = Self { key: Key(0), left_at_block: 0, starts: 0, long_gap: false };

    /// Where the delimiter begins first, if the memo knows; for a delimiter whose bits are matches. So many bytes are left
    /// of the input.
    #[inline(always)]
    pub(crate) fn peek(&self, key: Key, left: usize) -> Option<usize> {
        let passed = self.left_at_block.wrapping_sub(left);
        if self.key != key || passed >= BLOCK {
            return None;
        }
        let starts = self.starts.wrapping_shr(passed as u32);
        if starts == 0 { None } else { Some(starts.trailing_zeros() as usize) }
    }

    /// Where the delimiter begins first, for a delimiter whose bits are matches, if the memo does not know: goes on where
    /// it ends, from block to block. `rest` is what is left of the input.
    #[inline]
    pub(crate) fn advance(&mut self, key: Key, rest: &[u8]) -> Option<usize> {
        let mut at = self.passed_to(key, rest);
        if !self.long_gap {
            for _ in 0..BLOCKS_IN_SHORT_GAP {
                let Some(starts) = starts_in_block(key, rest, at) else { break };
                if starts != 0 {
                    return self.keep(key, rest, at, starts);
                }
                at = at.saturating_add(BLOCK);
            }
        }
        self.search(key, key.delimiter().get(..key.len()).unwrap_or_default(), rest, at)
    }

    /// The same for any delimiter, whether the memo knows or not.
    pub(crate) fn find(&mut self, key: Key, delimiter: &[u8], rest: &[u8]) -> Option<usize> {
        let mut passed = 0;
        while let Some(start) = rest.len().checked_sub(passed).and_then(|left| self.peek(key, left)) {
            let at = start.saturating_add(passed);
            if begins_at(rest, at, delimiter) {
                return Some(at);
            }
            passed = at.saturating_add(1);
        }
        let at = self.passed_to(key, rest);
        self.search(key, delimiter, rest, at)
    }

    /// Up to where the memo says that there is no other delimiter.
    #[inline(always)]
    fn passed_to(&self, key: Key, rest: &[u8]) -> usize {
        let passed = self.left_at_block.wrapping_sub(rest.len());
        if self.key == key { BLOCK.saturating_sub(passed) } else { 0 }
    }

    #[inline(always)]
    fn keep(&mut self, key: Key, rest: &[u8], at: usize, starts: u64) -> Option<usize> {
        *self = Self { key, left_at_block: rest.len().saturating_sub(at), starts, long_gap: false };
        at.checked_add(starts.trailing_zeros() as usize)
    }

    /// Looks for the delimiter from `at` on, over any distance.
    #[inline(never)]
    fn search(&mut self, key: Key, delimiter: &[u8], rest: &[u8], mut at: usize) -> Option<usize> {
        let from = at;
        let mut far = core::mem::take(&mut self.long_gap);
        loop {
            if far {
                match find_far(delimiter, rest, at) {
                    Far::Found(found) => {
                        // The block that begins here has this delimiter first, and maybe the next ones.
                        let block = rest.get(found..).unwrap_or_default();
                        let starts = starts_in_block(key, rest, found).unwrap_or_else(|| starts_at_end(key, block));
                        self.keep(key, rest, found, starts);
                        self.long_gap = found.saturating_sub(from) >= LONG_GAP;
                        return Some(found);
                    }
                    Far::Nowhere => return None,
                    Far::TooManyFalseStarts(passed) => at = passed,
                }
            }
            for _ in 0..BLOCKS_IN_SHORT_GAP {
                let block = rest.get(at..).filter(|block| block.len() >= delimiter.len())?;
                let mut starts = starts_in_block(key, rest, at).unwrap_or_else(|| starts_at_end(key, block));
                while starts != 0 {
                    let found = self.keep(key, rest, at, starts)?;
                    if key.is_exact() || begins_at(rest, found, delimiter) {
                        return Some(found);
                    }
                    starts &= starts.wrapping_sub(1);
                }
                at = at.saturating_add(BLOCK);
            }
            far = true;
        }
    }
}

/// What looking for the first byte alone has come to.
enum Far {
    Found(usize),
    Nowhere,
    /// It does not pay, and there is nothing before here.
    TooManyFalseStarts(usize),
}

fn find_far(delimiter: &[u8], rest: &[u8], mut at: usize) -> Far {
    for _ in 0..FALSE_STARTS {
        let (Some(&first), Some(ahead)) = (delimiter.first(), rest.get(at..)) else { return Far::Nowhere };
        let Some(start) = memchr(first, ahead) else { return Far::Nowhere };
        if begins_at(ahead, start, delimiter) {
            return Far::Found(at.saturating_add(start));
        }
        at = at.saturating_add(start).saturating_add(1);
    }
    Far::TooManyFalseStarts(at)
}

#[inline(always)]
fn begins_at(rest: &[u8], at: usize, delimiter: &[u8]) -> bool {
    rest.get(at..).is_some_and(|here| here.starts_with(delimiter))
}

/// A bit for each of the 64 bytes from `at` on at which the first byte of the delimiter is, with the last one where it
/// would have to be. Nothing if the input ends before that.
#[inline(always)]
fn starts_in_block(key: Key, rest: &[u8], at: usize) -> Option<u64> {
    let [first, last] = key.delimiter();
    let firsts = rest.get(at..)?;
    let lasts = firsts.get(key.len().saturating_sub(1)..)?;
    Some(both(firsts.first_chunk()?, first, lasts.first_chunk()?, last))
}

/// The same at the end of the input, in a copy, whose bytes beyond the end begin nothing.
#[cold]
fn starts_at_end(key: Key, rest: &[u8]) -> u64 {
    let mut copy = [0; 2 * BLOCK];
    let len = rest.len().min(copy.len());
    if let (Some(to), Some(from)) = (copy.get_mut(..len), rest.get(..len)) {
        to.copy_from_slice(from);
    }
    let possible = rest.len().saturating_add(1).saturating_sub(key.len());
    let within = 1u64.checked_shl(possible as u32).map_or(u64::MAX, |bit| bit.wrapping_sub(1));
    starts_in_block(key, &copy, 0).unwrap_or(0) & within
}

#[inline(always)]
fn both(firsts: &[u8; BLOCK], first: u8, lasts: &[u8; BLOCK], last: u8) -> u64 {
    let (first, last) = (u8x16::splat(first), u8x16::splat(last));
    let lanes = firsts.as_chunks().0.iter().zip(lasts.as_chunks().0).enumerate();
    lanes.fold(0, |bits, (lane, (firsts, lasts))| {
        let both = u8x16::new(*firsts).simd_eq(first) & u8x16::new(*lasts).simd_eq(last);
        bits | u64::from(both.to_bitmask()).wrapping_shl(16u32.wrapping_mul(lane as u32))
    })
}
