//! The search for delimiters of one to sixteen bytes within one piece of input.
//!
//! # The plan
//!
//! Lines of text protocols are short. There it costs more to start a search for each line than to compare the bytes. So
//! the search goes from block to block, whatever the lines are, and keeps what it found.
//!
//! 1. Compare 64 bytes at once, with SIMD, with the first and the last byte of the delimiter. This is the
//!    [generic SIMD "packed pair" search](http://0x80.pl/articles/simd-strfind.html), which memchr's `memmem`
//!    uses too: bit `i` of the block's bitmask says "the first byte is at `i`, and the last byte is where it would be".
//! 2. Keep the bitmask beside the cursor, with the lowest bit worked out. The lines in these 64 bytes then cost a
//!    subtraction for their data and a count of zeros for their end.
//! 3. Where a gap has more than [`MAX_SPARSE_BLOCKS`] blocks without a delimiter, `memchr` for the first byte takes
//!    over: it compares 32 bytes an instruction where the processor has AVX2, and has less to do in each. The length of
//!    the last gap ([`Density`]) tells which of the two begins the next search. After [`FALSE_STARTS`] first bytes that
//!    begin no delimiter, blocks take over again.
//!
//! For delimiters of one and two bytes a bit is a match. For longer ones it is a candidate, whose bytes in between are
//! compared when it is reached ([`candidates`]). At most 16 bytes are compared for a bit, so the work stays linear
//! (F11).
//!
//! A line end, CR or LF, is searched for in the same way, with a bit for each byte that is either of the two.
//!
//! # Why the cache has a key
//!
//! A terminator may change in mid-stream, and back again: a count between two lines does not make the bits wrong. So
//! they are kept under a [`CacheKey`], and used whenever a delimiter with the same key is searched for.
//!
//! # Why the cache borrows nothing
//!
//! A caller that is lent one frame at a time gives the borrow of the bytes back in between. Its cache would be lost with a
//! borrow in it, and each frame would cost a search of its own.

mod block;
mod cache_key;
mod candidates;
mod position;

use core::ops::ControlFlow;

use memchr::{memchr, memchr2};

use crate::invariant::{difference, tail};
use block::{BLOCK, BytePair};
pub(crate) use cache_key::CacheKey;
pub(crate) use position::FromEnd;

/// A gap of more blocks than this is searched by `memchr`.
const MAX_SPARSE_BLOCKS: usize = 8;

/// The length in bytes from which on a gap is [`Density::Rare`]. Far above the gap that blocks search: where lengths are
/// random, one long line does not say that the next is long too. (Lines of 256 bytes on average then take 10 % less time.)
const RARE_GAP: usize = 4096;

/// After this many first bytes in a row that begin no delimiter, `memchr` for the first byte does not pay.
const FALSE_STARTS: usize = 4;

/// The bytes of an input, and the pair that is searched for in them.
// No `Debug`: it would show the input (C20).
#[derive(Clone, Copy)]
pub(crate) struct Haystack<'i> {
    bytes: &'i [u8],
    /// That of the key of the cache.
    pair: BytePair,
}

impl<'i> Haystack<'i> {
    /// All of an input, or the bytes from the cursor on.
    #[inline(always)]
    pub(crate) const fn new(bytes: &'i [u8], key: CacheKey) -> Self {
        Self { bytes, pair: BytePair::new(key.ends()) }
    }

    #[inline(always)]
    pub(crate) fn bytes(&self) -> &'i [u8] {
        self.bytes
    }

    /// The bytes from a position on.
    #[inline(always)]
    fn from(&self, position: FromEnd) -> &'i [u8] {
        suffix(self.bytes, position.left()).unwrap_or(self.bytes)
    }
}

/// The positions at which a delimiter is known to occur in an input. It has no borrow of the bytes.
///
/// All of them are counted from the end of the input. So they stay true while bytes are taken from its front, or moved in
/// memory. When bytes are appended, begin anew with [`NONE`](Self::NONE).
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchCache {
    key: CacheKey,
    density: Density,
    /// The lowest bit, if bits are matches. If the cursor is behind it, or it is [`FromEnd::NONE`], the next match is
    /// not known.
    next: FromEnd,
    /// The first byte of the block that the bits are about.
    block: FromEnd,
    /// A bit for each byte of the block at which a delimiter may begin. If bits are matches, those before `next` are
    /// gone.
    candidates: u64,
    /// The first of the bytes that were not searched. No delimiter begins between the last bit and them. They do not depend
    /// on the cursor, so the processor can compare them while it still handles earlier events.
    unsearched: FromEnd,
}

/// The length of the gap before the last match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Density {
    /// Less than two blocks.
    Dense,
    /// Up to [`MAX_SPARSE_BLOCKS`].
    Sparse,
    /// More: `memchr` begins the next search.
    Rare,
}

impl SearchCache {
    /// A cache that knows nothing.
    pub(crate) const NONE: Self = Self::new(CacheKey::NONE, FromEnd::NONE);

    #[inline(always)]
    const fn new(key: CacheKey, unsearched: FromEnd) -> Self {
        Self {
            key,
            // Line ends have a search of their own, which `search` branches to with the sparse ones.
            density: if key.is_newline() { Density::Sparse } else { Density::Dense },
            next: FromEnd::NONE,
            block: FromEnd::new(0),
            candidates: 0,
            unsearched,
        }
    }

    /// The delimiter that it is about.
    #[inline(always)]
    pub(crate) const fn key(&self) -> CacheKey {
        self.key
    }

    /// Returns the next match at or behind the cursor `at`, if the cache knows it. For an exact key.
    #[inline(always)]
    pub(crate) fn next(&self, key: CacheKey, at: FromEnd) -> Option<FromEnd> {
        if self.key == key && self.next <= at { Some(self.next) } else { None }
    }

    /// Drops the match that was next: it has been taken.
    #[inline(always)]
    pub(crate) fn drop_next(&mut self) {
        self.candidates &= self.candidates.wrapping_sub(1);
        self.next = self.first_match();
    }

    /// Returns the lowest bit. For an exact key.
    #[inline(always)]
    fn first_match(&self) -> FromEnd {
        if self.candidates == 0 { FromEnd::NONE } else { self.block.skip(self.candidates.trailing_zeros() as usize) }
    }

    /// Finds the next match, for an exact key or none.
    ///
    /// If more than `limit` bytes remain behind the cursor, it finds no distant one. The cost of a repeated search is then
    /// proportional to the bytes that are taken, even if the delimiter changes each time.
    #[inline(always)]
    pub(crate) fn find_exact(
        &mut self,
        haystack: &mut Haystack<'_>,
        key: CacheKey,
        at: FromEnd,
        limit: usize,
    ) -> Option<FromEnd> {
        match self.next(key, at) {
            Some(next) => Some(next),
            None if key == CacheKey::NONE => None,
            // Each change of the delimiter drops what was found. Under a limit of one byte, an unbounded search would
            // read all of the input for each frame: quadratic (F11).
            None if at.left() > limit => self.search_bounded(haystack, key, at),
            None => self.search(haystack, key, at),
        }
    }

    /// Searches for the next match, which [`next`](Self::next) does not know: goes on where the cache ends. For an
    /// exact key.
    // The searches are out of line, each apart, so that their registers do not burden the loop around `next`.
    #[inline(never)]
    fn search(&mut self, haystack: &mut Haystack<'_>, key: CacheKey, at: FromEnd) -> Option<FromEnd> {
        if self.key != key || self.candidates != 0 || self.unsearched > at {
            return self.search_reset(haystack, key, at);
        }
        let unsearched = haystack.from(self.unsearched);
        if self.density != Density::Dense {
            return self.search_sparse(haystack, unsearched, at);
        }
        let Some(window) = unsearched.first_chunk() else { return self.search_tail(haystack, unsearched) };
        let candidates = haystack.pair.candidates(window, key.len() == 2);
        if candidates != 0 {
            return self.set_matches(unsearched, candidates);
        }
        self.search_sparse(haystack, unsearched.get(BLOCK..).unwrap_or_default(), at)
    }

    /// [`search`](Self::search), where the cache is about another delimiter or the cursor has jumped.
    #[inline(never)]
    fn search_reset(&mut self, haystack: &mut Haystack<'_>, key: CacheKey, at: FromEnd) -> Option<FromEnd> {
        self.reset(haystack, key, at).or_else(|| self.search(haystack, key, at))
    }

    /// Makes the cache about this delimiter, and drops what is before the cursor: bytes may have been taken under
    /// another terminator, and matches with them. Returns the next match, if it is then known.
    fn reset(&mut self, haystack: &mut Haystack<'_>, key: CacheKey, at: FromEnd) -> Option<FromEnd> {
        if self.key != key {
            self.begin(haystack, key, at);
        }
        self.candidates &= bits_from(self.block.left().saturating_sub(at.left()));
        self.next = self.first_match();
        self.unsearched = self.unsearched.min(at);
        if self.candidates != 0 { Some(self.next) } else { None }
    }

    /// Makes the cache about another delimiter.
    #[inline(always)]
    fn begin(&mut self, haystack: &mut Haystack<'_>, key: CacheKey, at: FromEnd) {
        *self = Self::new(key, at);
        haystack.pair = BytePair::new(key.ends());
    }

    /// [`search`](Self::search), where most blocks have no delimiter.
    #[inline(never)]
    fn search_sparse(&mut self, haystack: &Haystack<'_>, unsearched: &[u8], at: FromEnd) -> Option<FromEnd> {
        if self.density == Density::Rare {
            return self.search_with_memchr(haystack, unsearched, at);
        }
        if self.key.is_newline() {
            return self.search_newline(haystack, unsearched);
        }
        match self.search_sparse_blocks(haystack, unsearched, at) {
            ControlFlow::Break(next) => next,
            ControlFlow::Continue(unsearched) => self.search_with_memchr(haystack, unsearched, at),
        }
    }

    /// [`search`](Self::search) for a line end: blocks, and `memchr2` where none is near.
    #[inline(never)]
    fn search_newline(&mut self, haystack: &Haystack<'_>, mut unsearched: &[u8]) -> Option<FromEnd> {
        for _ in 0..MAX_SPARSE_BLOCKS {
            let candidates = haystack.pair.either(unsearched);
            if candidates != 0 {
                return self.set_matches(unsearched, candidates);
            }
            unsearched = unsearched.get(BLOCK..).unwrap_or_default();
        }
        let [cr, lf] = self.key.ends();
        let here = memchr2(cr, lf, unsearched).and_then(|start| unsearched.get(start..));
        self.unsearched = FromEnd::new(here.map_or(0, |here| difference(here.len(), 1)));
        self.next = here.map_or(FromEnd::NONE, |here| FromEnd::new(here.len()));
        (self.candidates, self.block) = (here.is_some().into(), self.next);
        here.is_some().then_some(self.next)
    }

    /// [`search`](Self::search) within [`MAX_SPARSE_BLOCKS`] blocks: returns `None` for a match that is farther away.
    ///
    /// For callers that search again and again, under changing delimiters, and take less than the gap each time.
    #[inline(never)]
    fn search_bounded(&mut self, haystack: &mut Haystack<'_>, key: CacheKey, at: FromEnd) -> Option<FromEnd> {
        if let Some(next) = self.reset(haystack, key, at) {
            return Some(next);
        }
        match self.search_sparse_blocks(haystack, haystack.from(self.unsearched), at) {
            ControlFlow::Break(next) => next,
            ControlFlow::Continue(unsearched) => {
                self.unsearched = FromEnd::new(unsearched.len());
                None
            }
        }
    }

    /// Searches [`MAX_SPARSE_BLOCKS`] blocks: breaks with the next match, or with `None` at the end of the input.
    #[inline(always)]
    fn search_sparse_blocks<'i>(
        &mut self,
        haystack: &Haystack<'_>,
        mut unsearched: &'i [u8],
        at: FromEnd,
    ) -> ControlFlow<Option<FromEnd>, &'i [u8]> {
        let two = self.key.len() == 2;
        for _ in 0..MAX_SPARSE_BLOCKS {
            let Some(window) = unsearched.first_chunk() else {
                return ControlFlow::Break(self.search_tail(haystack, unsearched));
            };
            let candidates = haystack.pair.rare_candidates(window, two);
            if candidates != 0 {
                let next = self.set_matches(unsearched, candidates);
                self.density = if at.to(self.next) < 2 * BLOCK { Density::Dense } else { Density::Sparse };
                return ControlFlow::Break(next);
            }
            unsearched = unsearched.get(BLOCK..).unwrap_or_default();
        }
        ControlFlow::Continue(unsearched)
    }

    /// [`search`](Self::search), where no delimiter is near.
    #[inline(never)]
    fn search_with_memchr(&mut self, haystack: &Haystack<'_>, mut unsearched: &[u8], at: FromEnd) -> Option<FromEnd> {
        let ([first, second], two) = (self.key.ends(), self.key.len() == 2);
        loop {
            for _ in 0..FALSE_STARTS {
                let Some(here) = memchr(first, unsearched).and_then(|start| unsearched.get(start..)) else {
                    (self.unsearched, self.next) = (FromEnd::new(0), FromEnd::NONE);
                    return None;
                };
                let behind = tail(here, 1);
                if !two || behind.first() == Some(&second) {
                    let next = FromEnd::new(here.len());
                    self.density = if at.to(next) < RARE_GAP { Density::Sparse } else { Density::Rare };
                    (self.candidates, self.block, self.next) = (1, next, next);
                    // The second byte begins no delimiter, unless it equals the first.
                    let searched = if first == second { 0 } else { 1 };
                    self.unsearched = FromEnd::new(difference(behind.len(), searched));
                    return Some(next);
                }
                unsearched = behind;
            }
            for _ in 0..MAX_SPARSE_BLOCKS {
                let Some(window) = unsearched.first_chunk() else { return self.search_tail(haystack, unsearched) };
                let candidates = haystack.pair.candidates(window, two);
                if candidates != 0 {
                    self.density = Density::Dense;
                    return self.set_matches(unsearched, candidates);
                }
                unsearched = unsearched.get(BLOCK..).unwrap_or_default();
            }
        }
    }

    /// [`search`](Self::search), where less than a block is unsearched.
    #[inline(never)]
    fn search_tail(&mut self, haystack: &Haystack<'_>, unsearched: &[u8]) -> Option<FromEnd> {
        self.candidates = 0;
        if !unsearched.is_empty() {
            let (candidates, block) = haystack.pair.candidates_at_end(self.key.len(), haystack.bytes);
            self.candidates = candidates & bits_from(difference(block, unsearched.len()));
            self.block = FromEnd::new(block);
        }
        self.unsearched = FromEnd::new(0);
        self.next = self.first_match();
        if self.candidates == 0 { None } else { Some(self.next) }
    }

    /// Finds the next delimiter of at most sixteen bytes behind the cursor. Returns the distance.
    pub(crate) fn find(
        &mut self,
        haystack: &mut Haystack<'_>,
        key: CacheKey,
        delimiter: &[u8],
        at: FromEnd,
    ) -> Option<usize> {
        if !key.is_exact() {
            return self.find_longer(haystack, key, delimiter, at);
        }
        let next = self.next(key, at).or_else(|| self.search(haystack, key, at))?;
        Some(at.to(next))
    }

    /// Keeps these bits, none of which is 0 and all of which are matches, about the first bytes of `unsearched`.
    #[inline(always)]
    fn set_matches(&mut self, unsearched: &[u8], candidates: u64) -> Option<FromEnd> {
        self.block = FromEnd::new(unsearched.len());
        self.candidates = candidates;
        self.unsearched = after_block(self.block);
        self.next = self.block.skip(candidates.trailing_zeros() as usize);
        Some(self.next)
    }
}

/// Returns the last `len` bytes, if there are that many.
#[inline(always)]
pub(crate) fn suffix(bytes: &[u8], len: usize) -> Option<&[u8]> {
    bytes.get(bytes.len().checked_sub(len)?..)
}

/// All bits from this one up.
#[inline(always)]
fn bits_from(at: usize) -> u64 {
    if at < BLOCK { u64::MAX.wrapping_shl(at as u32) } else { 0 }
}

/// The position behind a block that begins here.
#[inline(always)]
fn after_block(block: FromEnd) -> FromEnd {
    // Fewer than a block at the end of the input: then none are left.
    FromEnd::new(block.left().saturating_sub(BLOCK))
}

#[cfg(test)]
mod tests;
