//! The search for delimiters of 3 to 16 bytes. Their key has only the first byte, the last byte and the length, so a
//! bit is a candidate and not a match.
//!
//! Another delimiter may have the same key, so all bits of a block are kept. What was searched for one delimiter is
//! searched again for another.

use memchr::memchr;

use super::block::BLOCK;
use super::{
    CacheKey, Density, FALSE_STARTS, FromEnd, Haystack, MAX_SPARSE_BLOCKS, RARE_GAP, SearchCache, after_block,
};
use crate::invariant::difference;

impl SearchCache {
    /// Finds the delimiter. Returns the distance.
    pub(super) fn find_longer(
        &mut self,
        haystack: &mut Haystack<'_>,
        key: CacheKey,
        delimiter: &[u8],
        at: FromEnd,
    ) -> Option<usize> {
        let rest = haystack.from(at);
        if rest.starts_with(delimiter) {
            // The second look at a delimiter that was found before, behind data.
            return Some(0);
        }
        if self.key != key {
            self.begin(haystack, key, at);
        }
        let found = self.find_among_candidates(delimiter, rest);
        let found = found.or_else(|| self.search_longer(haystack, delimiter, rest))?;
        let gap = difference(rest.len(), found.len());
        self.density = if gap < RARE_GAP { Density::Sparse } else { Density::Rare };
        Some(gap)
    }

    /// Compares at the candidates of the block, if the cursor is in it. All bits are kept: a candidate that does not
    /// begin this delimiter may begin another of the same key.
    fn find_among_candidates<'i>(&self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let passed = self.block.left().checked_sub(rest.len()).filter(|&passed| passed < BLOCK)?;
        let mut candidates = self.candidates.wrapping_shr(passed as u32);
        while candidates != 0 {
            let here = rest.get(candidates.trailing_zeros() as usize..)?;
            if here.starts_with(delimiter) {
                return Some(here);
            }
            candidates &= candidates.wrapping_sub(1);
        }
        None
    }

    /// Searches for the delimiter, behind the block if the cursor is in it.
    fn search_longer<'i>(&mut self, haystack: &Haystack<'i>, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let at = FromEnd::new(rest.len());
        let is_in_block = at <= self.block;
        let begin = if is_in_block { self.unsearched.min(at) } else { at };
        let mut unsearched = haystack.from(begin);
        let mut rare = self.density == Density::Rare;
        loop {
            if rare {
                for _ in 0..FALSE_STARTS {
                    let here = memchr(*delimiter.first()?, unsearched).and_then(|start| unsearched.get(start..))?;
                    if here.starts_with(delimiter) {
                        // Other delimiters that share the key may begin within this one, and behind it.
                        let position = FromEnd::new(here.len());
                        (self.candidates, self.block, self.unsearched) = (0, position, position);
                        return Some(here);
                    }
                    unsearched = here.get(1..)?;
                }
            }
            for _ in 0..MAX_SPARSE_BLOCKS {
                if unsearched.len() < delimiter.len() {
                    return None;
                }
                let (candidates, block) = match self.candidates_in_block(haystack, unsearched) {
                    Some(candidates) => (candidates, unsearched.len()),
                    None => haystack.pair.candidates_at_end(delimiter.len(), haystack.bytes),
                };
                (self.candidates, self.block) = (candidates, FromEnd::new(block));
                self.unsearched = after_block(FromEnd::new(unsearched.len()));
                if let Some(found) = self.find_among_candidates(delimiter, unsearched) {
                    return Some(found);
                }
                unsearched = haystack.from(self.unsearched);
            }
            rare = true;
        }
    }

    /// A bit for each of the next 64 bytes at which a delimiter may begin, or `None` if the input ends before that.
    #[inline(always)]
    fn candidates_in_block(&self, haystack: &Haystack<'_>, unsearched: &[u8]) -> Option<u64> {
        let lasts = unsearched.get(difference(self.key.len(), 1)..)?.first_chunk()?;
        Some(haystack.pair.matches(unsearched.first_chunk()?, lasts))
    }
}
