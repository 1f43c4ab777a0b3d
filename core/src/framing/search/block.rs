use wide::u8x16;

use super::last;

/// How many bytes are compared at once.
pub(super) const BLOCK: usize = 64;

/// The most bytes that a delimiter has here.
const LONGEST: usize = 16;

/// The first byte of a delimiter and its last, sixteen times each, to be compared with a block.
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

    /// A bit for each of the bytes in `firsts` that is the first of a delimiter and has its last at the same place in
    /// `lasts`.
    #[inline(always)]
    pub(super) fn both(&self, firsts: &[u8; BLOCK], lasts: &[u8; BLOCK]) -> u64 {
        both(compare(firsts, self.first), compare(lasts, self.last))
    }

    /// The same for a delimiter of one byte, or of two.
    #[inline(always)]
    pub(super) fn candidates(&self, window: &[u8; BLOCK + 1], two: bool) -> u64 {
        let (firsts, lasts) = blocks(window, two);
        self.both(firsts, lasts)
    }

    /// The same, and sooner where there is none.
    #[inline(always)]
    pub(super) fn rare_candidates(&self, window: &[u8; BLOCK + 1], two: bool) -> u64 {
        let (firsts, lasts) = blocks(window, two);
        let firsts @ [a, b, c, d] = compare(firsts, self.first);
        if (a | b | c | d).to_bitmask() == 0 { 0 } else { both(firsts, compare(lasts, self.last)) }
    }

    /// The same for all places near the end of the input at which a delimiter of so many bytes may begin, and how many
    /// bytes are remaining_len at the first of them. That may be more than there are: what lies before them is made up.
    #[inline(never)]
    pub(super) fn candidates_at_end(&self, len: usize, haystack: &[u8]) -> (u64, usize) {
        let window = BLOCK.saturating_add(len.saturating_sub(1));
        let mut copy = [0; BLOCK + LONGEST];
        let end = match last(haystack, window) {
            Some(end) => end,
            None => {
                let before = copy.len().saturating_sub(haystack.len());
                if let Some(end) = copy.get_mut(before..) {
                    end.copy_from_slice(haystack);
                }
                last(&copy, window).unwrap_or_default()
            }
        };
        let blocks = end.first_chunk().zip(end.last_chunk());
        (blocks.map_or(0, |(firsts, lasts)| self.both(firsts, lasts)), window)
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
    let [a, b, c, d] = [a & e, b & f, c & g, d & h].map(|both| u64::from(both.to_bitmask()));
    a | b << 16 | c << 32 | d << 48
}

/// Where the first bytes of delimiters of one byte or of two may be, and where the last ones.
#[inline(always)]
fn blocks(window: &[u8; BLOCK + 1], two: bool) -> (&[u8; BLOCK], &[u8; BLOCK]) {
    let [_, lasts @ ..] = window;
    let [firsts @ .., _] = window;
    (firsts, if two { lasts } else { firsts })
}
