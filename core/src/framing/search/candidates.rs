//! The search for delimiters of 3 to 16 bytes. Their key has only the first byte, the last byte and the length, so a
//! bit is a candidate and not a match.
//!
//! Another delimiter may have the same key, so all bits of a block are kept. What was searched for one delimiter is
//! searched again for another.

use memchr::memchr;

use super::block::BLOCK;
use super::{CacheKey, Density, FALSE_STARTS, FromEnd, MAX_SPARSE_BLOCKS, RARE_GAP, SearchCache, after_block, suffix};
use crate::invariant::difference;

impl<'i> SearchCache<'i> {
    /// Finds the delimiter. Returns the distance.
    pub(super) fn find_longer(&mut self, key: CacheKey, delimiter: &[u8], rest: &'i [u8]) -> Option<usize> {
        if rest.starts_with(delimiter) {
            // The second look at a delimiter that was found before, behind data.
            return Some(0);
        }
        if self.key != key {
            *self = Self::with_key(key, self.haystack);
        }
        let found = self.find_among_candidates(delimiter, rest);
        let found = found.or_else(|| self.search_longer(delimiter, rest))?;
        let gap = difference(rest.len(), found.len());
        self.density = if gap < RARE_GAP { Density::Sparse } else { Density::Rare };
        Some(gap)
    }

    /// Compares at the candidates of the block, if the cursor is in it. All bits are kept: a candidate that does not
    /// begin this delimiter may begin another of the same key.
    fn find_among_candidates(&self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
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
    fn search_longer(&mut self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let is_in_block = rest.len() <= self.block.left();
        let mut unsearched =
            suffix(self.unsearched, rest.len()).unwrap_or(if is_in_block { self.unsearched } else { rest });
        let mut rare = self.density == Density::Rare;
        loop {
            if rare {
                for _ in 0..FALSE_STARTS {
                    let here = memchr(*delimiter.first()?, unsearched).and_then(|start| unsearched.get(start..))?;
                    if here.starts_with(delimiter) {
                        // Other delimiters that share the key may begin within this one, and behind it.
                        (self.candidates, self.block, self.unsearched) = (0, FromEnd::new(here.len()), here);
                        return Some(here);
                    }
                    unsearched = here.get(1..)?;
                }
            }
            for _ in 0..MAX_SPARSE_BLOCKS {
                if unsearched.len() < delimiter.len() {
                    return None;
                }
                let (candidates, block) = match self.candidates_in_block(unsearched) {
                    Some(candidates) => (candidates, unsearched.len()),
                    None => self.pair.candidates_at_end(delimiter.len(), self.haystack),
                };
                (self.candidates, self.block) = (candidates, FromEnd::new(block));
                self.unsearched = after_block(unsearched);
                if let Some(found) = self.find_among_candidates(delimiter, unsearched) {
                    return Some(found);
                }
                unsearched = self.unsearched;
            }
            rare = true;
        }
    }

    /// A bit for each of the next 64 bytes at which a delimiter may begin, or `None` if the input ends before that.
    #[inline(always)]
    fn candidates_in_block(&self, unsearched: &[u8]) -> Option<u64> {
        let lasts = unsearched.get(difference(self.key.len(), 1)..)?.first_chunk()?;
        Some(self.pair.matches(unsearched.first_chunk()?, lasts))
    }
}
