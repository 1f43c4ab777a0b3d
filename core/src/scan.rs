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
const BLOCKS_IN_SHORT_GAP: usize = 3;

/// How many bytes such a gap has at least.
const LONG_GAP: usize = BLOCK * BLOCKS_IN_SHORT_GAP;

/// So many first bytes in a row that begin no delimiter, and looking for the first byte alone does not pay.
const FALSE_STARTS: usize = 4;

/// What the bits of a memo depend on: the first byte of a delimiter, its last, and its length. Whoever has a delimiter
/// with the same key may use the bits, whatever framer has left them. What is known beyond them is known of a delimiter,
/// and kept only if the key says all of it.
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
/// Places in the input are named by how many bytes are left there, so that they mean the same wherever the cursor is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memo {
    key: Key,
    /// How many bytes the bits are about.
    covers: u32,
    /// How many bytes are left at the first of them.
    block: usize,
    starts: u64,
    /// Between here and the block no delimiter begins: whoever takes less than all of a gap need not search it again.
    clear_from: usize,
    /// From here on no delimiter begins.
    barren: usize,
    /// The last gap was long.
    long_gap: bool,
    /// The first byte of the delimiter, and its last, sixteen times each.
    first: u8x16,
    last: u8x16,
}

impl Memo {
    pub(crate) const EMPTY: Self = Self {
        key: Key(0),
        covers: 0,
        block: 0,
        starts: 0,
        clear_from: 0,
        barren: 0,
        long_gap: false,
        first: u8x16::splat(0),
        last: u8x16::splat(0),
    };

    /// Where the delimiter begins first, if the memo knows; for a delimiter whose bits are matches. So many bytes are left.
    #[inline(always)]
    pub(crate) fn peek(&self, key: Key, left: usize) -> Option<usize> {
        let passed = self.block.wrapping_sub(left);
        if self.key != key || passed >= BLOCK {
            return None;
        }
        let starts = self.starts.wrapping_shr(passed as u32);
        if starts == 0 { None } else { Some(starts.trailing_zeros() as usize) }
    }

    /// The same, if the memo does not know: goes on where it ends, from block to block.
    #[inline]
    pub(crate) fn advance(&mut self, key: Key, rest: &[u8]) -> Option<usize> {
        if self.key == key && !self.long_gap {
            let mut at = self.passed(rest);
            for _ in 0..BLOCKS_IN_SHORT_GAP {
                let Some(starts) = self.starts_in_block(rest, at, key.len() == 2) else { break };
                if starts != 0 {
                    return self.keep(rest, at, starts, BLOCK);
                }
                at = at.saturating_add(BLOCK);
            }
        }
        self.search(key, key.delimiter().get(..key.len()).unwrap_or_default(), rest, 0)
    }

    /// The same for any delimiter, whether the memo knows or not.
    pub(crate) fn find(&mut self, key: Key, delimiter: &[u8], rest: &[u8]) -> Option<usize> {
        let gap = rest.len().checked_sub(self.block).filter(|_| self.key == key && rest.len() <= self.clear_from);
        let mut from = gap.unwrap_or(0);
        if begins_at(rest, from, delimiter) {
            // The second look at one that was found before.
            return Some(from);
        }
        while let Some(start) = rest.len().checked_sub(from).and_then(|left| self.peek(key, left)) {
            let at = from.saturating_add(start);
            if begins_at(rest, at, delimiter) {
                return Some(at);
            }
            from = at.saturating_add(1);
        }
        self.search(key, delimiter, rest, from)
    }

    /// From where on the memo does not say whether there is a delimiter.
    #[inline(always)]
    fn passed(&self, rest: &[u8]) -> usize {
        (self.covers as usize).saturating_sub(self.block.wrapping_sub(rest.len()))
    }

    #[inline(always)]
    fn keep(&mut self, rest: &[u8], at: usize, starts: u64, covers: usize) -> Option<usize> {
        self.covers = covers as u32;
        self.block = rest.len().saturating_sub(at);
        self.clear_from = self.block;
        self.starts = starts;
        at.checked_add(starts.trailing_zeros() as usize)
    }

    /// Looks for the delimiter from `from` on, over any distance.
    #[inline(never)]
    fn search(&mut self, key: Key, delimiter: &[u8], rest: &[u8], from: usize) -> Option<usize> {
        let ahead = rest.get(from..)?;
        if self.key != key {
            let [first, last] = key.delimiter();
            *self = Self { key, first: u8x16::splat(first), last: u8x16::splat(last), ..Self::EMPTY };
        } else if ahead.len() <= self.barren {
            return None;
        }
        let found = self.search_on(delimiter, ahead, self.passed(ahead));
        match found {
            Some(found) => {
                self.long_gap = found >= LONG_GAP;
                if key.is_exact() {
                    self.clear_from = ahead.len();
                }
            }
            None if key.is_exact() => self.barren = ahead.len(),
            None => {}
        }
        found?.checked_add(from)
    }

    #[inline(always)]
    fn search_on(&mut self, delimiter: &[u8], rest: &[u8], mut at: usize) -> Option<usize> {
        let mut far = self.long_gap;
        loop {
            if far {
                match find_far(delimiter, rest, at) {
                    // What follows it is not known, but that is for the second look at it, which comes first. Others that
                    // share the key might begin within it.
                    Far::Found(found) if delimiter.len() <= 2 => return self.keep(rest, found, 1, delimiter.len()),
                    Far::Found(found) => {
                        self.keep(rest, found, 0, 0);
                        return Some(found);
                    }
                    Far::Nowhere => return None,
                    Far::TooManyFalseStarts(passed) => at = passed,
                }
            }
            for _ in 0..BLOCKS_IN_SHORT_GAP {
                let block = rest.get(at..).filter(|block| block.len() >= delimiter.len())?;
                let mut starts = self.starts(delimiter.len(), block);
                if starts != 0 {
                    // All of them: what does not begin this delimiter may begin another of the same key.
                    self.keep(rest, at, starts, BLOCK);
                }
                while starts != 0 {
                    let found = at.saturating_add(starts.trailing_zeros() as usize);
                    if delimiter.len() <= 2 || begins_at(rest, found, delimiter) {
                        return Some(found);
                    }
                    starts &= starts.wrapping_sub(1);
                }
                at = at.saturating_add(BLOCK);
            }
            far = true;
        }
    }

    /// A bit for each of the 64 bytes from `at` on at which the first byte of a delimiter of one or two bytes is, with the
    /// second behind it. Nothing if the input ends before that.
    #[inline(always)]
    fn starts_in_block(&self, bytes: &[u8], at: usize, two: bool) -> Option<u64> {
        let window: &[u8; BLOCK + 1] = bytes.get(at..)?.first_chunk()?;
        self.both(window.first_chunk()?, if two { window.last_chunk()? } else { window.first_chunk()? })
    }

    /// The same for a delimiter of any length, whose last byte is where it would have to be; and at the end of the input in
    /// a copy, whose bytes beyond the end begin nothing.
    fn starts(&self, len: usize, block: &[u8]) -> u64 {
        let last_at = len.saturating_sub(1);
        if let (Some(firsts), Some(lasts)) = (block.first_chunk(), block.get(last_at..).and_then(<[u8]>::first_chunk)) {
            return self.both(firsts, lasts).unwrap_or(0);
        }
        let mut copy = [0; 2 * BLOCK];
        let copied = block.len().min(copy.len());
        if let (Some(to), Some(from)) = (copy.get_mut(..copied), block.get(..copied)) {
            to.copy_from_slice(from);
        }
        let possible = block.len().saturating_sub(last_at);
        let within = 1u64.checked_shl(possible as u32).map_or(u64::MAX, |bit| bit.wrapping_sub(1));
        let (firsts, lasts) = (copy.first_chunk(), copy.get(last_at..).and_then(<[u8]>::first_chunk));
        firsts.zip(lasts).and_then(|(firsts, lasts)| self.both(firsts, lasts)).unwrap_or(0) & within
    }

    #[inline(always)]
    fn both(&self, firsts: &[u8; BLOCK], lasts: &[u8; BLOCK]) -> Option<u64> {
        let ([a, b, c, d], [e, f, g, h]) = (firsts.as_chunks().0, lasts.as_chunks().0) else { return None };
        let lane = |firsts: &[u8; 16], lasts: &[u8; 16]| {
            let both = u8x16::new(*firsts).simd_eq(self.first) & u8x16::new(*lasts).simd_eq(self.last);
            u64::from(both.to_bitmask())
        };
        Some(lane(a, e) | lane(b, f) << 16 | lane(c, g) << 32 | lane(d, h) << 48)
    }
}

/// What looking for the first byte alone has come to.
enum Far {
    Found(usize),
    Nowhere,
    /// It does not pay, and there is nothing before here.
    TooManyFalseStarts(usize),
}

fn find_far(delimiter: &[u8], bytes: &[u8], mut at: usize) -> Far {
    for _ in 0..FALSE_STARTS {
        let (Some(&first), Some(ahead)) = (delimiter.first(), bytes.get(at..)) else { return Far::Nowhere };
        let Some(start) = memchr(first, ahead) else { return Far::Nowhere };
        if begins_at(ahead, start, delimiter) {
            return Far::Found(at.saturating_add(start));
        }
        at = at.saturating_add(start).saturating_add(1);
    }
    Far::TooManyFalseStarts(at)
}

#[inline(always)]
fn begins_at(bytes: &[u8], at: usize, delimiter: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|here| here.starts_with(delimiter))
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

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
            let gap = random(400) as usize;
            let mut haystack = alloc::vec![b'.'; gap];
            haystack.extend((0..random(100)).map(|_| b"ab\rx."[random(5) as usize]).collect::<Vec<u8>>());
            let mut memo = Memo::EMPTY;
            let mut rest = &haystack[..];
            for _ in 0..20 {
                let delimiter = delimiters[random(7) as usize];
                let found = memo.find(Key::of(delimiter), delimiter, rest);
                let naive = (0..rest.len()).find(|&at| rest[at..].starts_with(delimiter));
                assert_eq!(found, naive, "{} in {}", delimiter.escape_ascii(), rest.escape_ascii());
                let taken = match found {
                    Some(at) if random(2) == 0 => at,
                    Some(at) => at + delimiter.len(),
                    None => random(3) as usize,
                };
                rest = rest.get(taken.min(random(500) as usize)..).unwrap_or_default();
            }
        }
    }
}
