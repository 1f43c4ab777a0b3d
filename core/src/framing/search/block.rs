//! One block of the packed pair search: 64 bytes, compared by SIMD and turned into a bitmask.
//!
//! `wide` makes it 16 bytes at once on every target, with or without SIMD, and no `unsafe` here.

use wide::u8x16;

use super::suffix;
use crate::invariant::{difference, sum, tail};

/// The number of bytes that are compared at once.
pub(super) const BLOCK: usize = 64;

/// The longest delimiter here, in bytes.
const LONGEST: usize = 16;

/// The packed pair: the first and the last byte of a delimiter, sixteen times each.
#[derive(Debug, Clone, Copy)]
pub(super) struct BytePair {
    first: u8x16,
    last: u8x16,
}

impl BytePair {
    #[inline(always)]
    pub(super) const fn new([first, last]: [u8; 2]) -> Self {
        Self { first: u8x16::splat(first), last: u8x16::splat(last) }
    }

    /// A bit for each byte of `firsts` that equals the first byte, where the byte at the same place in `lasts` equals
    /// the last.
    #[inline(always)]
    pub(super) fn matches(&self, firsts: &[u8; BLOCK], lasts: &[u8; BLOCK]) -> u64 {
        both(compare(firsts, self.first), compare(lasts, self.last))
    }

    /// A bit for each of these bytes, of which there may be fewer than a block, that equals the first byte or the last.
    #[inline(always)]
    pub(super) fn either(&self, bytes: &[u8]) -> u64 {
        match bytes.first_chunk() {
            Some(block) => self.either_in_block(block),
            None => {
                // Zeros, which are neither of the two, for the bytes that are not there.
                let mut block = [0; BLOCK];
                if let Some(slot) = block.get_mut(..bytes.len()) {
                    slot.copy_from_slice(bytes);
                }
                self.either_in_block(&block)
            }
        }
    }

    #[inline(always)]
    fn either_in_block(&self, block: &[u8; BLOCK]) -> u64 {
        let ([a, b, c, d], [e, f, g, h]) = (compare(block, self.first), compare(block, self.last));
        bitmask([a | e, b | f, c | g, d | h])
    }

    /// The bits of a delimiter of one byte, or of two.
    #[inline(always)]
    pub(super) fn candidates(&self, window: &[u8; BLOCK + 1], two: bool) -> u64 {
        let (firsts, lasts) = blocks(window, two);
        self.matches(firsts, lasts)
    }

    /// The same, in fewer instructions where the first byte does not occur.
    #[inline(always)]
    pub(super) fn rare_candidates(&self, window: &[u8; BLOCK + 1], two: bool) -> u64 {
        let (firsts, lasts) = blocks(window, two);
        let firsts @ [a, b, c, d] = compare(firsts, self.first);
        if (a | b | c | d).to_bitmask() == 0 { 0 } else { both(firsts, compare(lasts, self.last)) }
    }

    /// The bits of the last 64 places at which a delimiter of `len` bytes may begin, and how many bytes are left at the
    /// first of them.
    ///
    /// That may be more bytes than there are: then zeros are put before them. A caller drops the bits of bytes that
    /// were searched before, and with them those of the zeros.
    #[inline(never)]
    pub(super) fn candidates_at_end(&self, len: usize, haystack: &[u8]) -> (u64, usize) {
        let window = sum(BLOCK, difference(len, 1));
        let mut copy = [0; BLOCK + LONGEST];
        let end = match suffix(haystack, window) {
            Some(end) => end,
            None => {
                let before = difference(copy.len(), haystack.len());
                if let Some(end) = copy.get_mut(before..) {
                    end.copy_from_slice(haystack);
                }
                tail(&copy, difference(copy.len(), window))
            }
        };
        let blocks = end.first_chunk().zip(end.last_chunk());
        debug_assert!(blocks.is_some(), "a window of {window} bytes has two blocks");
        (blocks.map_or(0, |(firsts, lasts)| self.matches(firsts, lasts)), window)
    }
}

#[inline(always)]
fn compare(block: &[u8; BLOCK], byte: u8x16) -> [u8x16; 4] {
    let ([a, b, c, d], []) = block.as_chunks() else { return [u8x16::ZERO; 4] };
    [*a, *b, *c, *d].map(|lane| u8x16::new(lane).simd_eq(byte))
}

#[inline(always)]
fn both(firsts: [u8x16; 4], lasts: [u8x16; 4]) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (firsts, lasts);
    bitmask([a & e, b & f, c & g, d & h])
}

#[inline(always)]
fn bitmask(lanes: [u8x16; 4]) -> u64 {
    let [a, b, c, d] = lanes.map(|lane| u64::from(lane.to_bitmask()));
    a | b << 16 | c << 32 | d << 48
}

/// The block, and the block one byte further on for a delimiter of two bytes.
#[inline(always)]
fn blocks(window: &[u8; BLOCK + 1], two: bool) -> (&[u8; BLOCK], &[u8; BLOCK]) {
    let [_, lasts @ ..] = window;
    let [firsts @ .., _] = window;
    (firsts, if two { lasts } else { firsts })
}
