//! The search_long for delimiters of three to sixteen bytes, of which a key does not say all: bits are places to look at.
//!
//! Other delimiters may have the same key. So the bits of a block are kept whatever has become of them, and what is known
//! of one delimiter is not taken to be known of another: before the block nothing is.

use memchr::memchr;

use super::block::BLOCK;
use super::{CacheKey, Density, FALSE_STARTS, MAX_SPARSE_BLOCKS, RARE_GAP, SearchCache, behind_block, last};

impl<'i> SearchCache<'i> {
    /// How far it is to the delimiter.
    pub(super) fn find_longer(&mut self, key: CacheKey, delimiter: &[u8], rest: &'i [u8]) -> Option<usize> {
        if rest.starts_with(delimiter) {
            // The second look at one that was found before.
            return Some(0);
        }
        if self.key != key {
            *self = Self::of(key, self.haystack);
        }
        let found = self.find_among_candidates(delimiter, rest);
        let found = found.or_else(|| self.search_long(delimiter, rest))?;
        let density = rest.len().saturating_sub(found.len());
        self.density = if density < RARE_GAP { Density::Sparse } else { Density::Rare };
        Some(density)
    }

    /// Looks at the places in the block, if the cursor is there. They all are kept: what does not begin this delimiter may
    /// begin another of the same key.
    fn find_among_candidates(&self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let passed = self.block.checked_sub(rest.len()).filter(|&passed| passed < BLOCK)?;
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

    /// Looks for a delimiter that the key does not say all of, behind the block if the cursor is there.
    fn search_long(&mut self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let is_in_block = rest.len() <= self.block;
        let mut unsearched =
            last(self.unsearched, rest.len()).unwrap_or(if is_in_block { self.unsearched } else { rest });
        let mut far = self.density == Density::Rare;
        loop {
            if far {
                for _ in 0..FALSE_STARTS {
                    let here = memchr(*delimiter.first()?, unsearched).and_then(|start| unsearched.get(start..))?;
                    if here.starts_with(delimiter) {
                        // Others that share the key may begin within it, and behind it.
                        (self.candidates, self.block, self.unsearched) = (0, here.len(), here);
                        return Some(here);
                    }
                    unsearched = here.get(1..)?;
                }
            }
            for _ in 0..MAX_SPARSE_BLOCKS {
                if unsearched.len() < delimiter.len() {
                    return None;
                }
                (self.candidates, self.block) = match self.candidates_in_block(unsearched) {
                    Some(candidates) => (candidates, unsearched.len()),
                    None => self.ends.candidates_at_end(delimiter.len(), self.haystack),
                };
                self.unsearched = behind_block(unsearched);
                if let Some(found) = self.find_among_candidates(delimiter, unsearched) {
                    return Some(found);
                }
                unsearched = self.unsearched;
            }
            far = true;
        }
    }

    /// A bit for each of the next 64 bytes at which a delimiter may begin. Nothing if the input ends before that.
    #[inline(always)]
    fn candidates_in_block(&self, unsearched: &[u8]) -> Option<u64> {
        let lasts = unsearched.get(self.key.len().wrapping_sub(1)..)?.first_chunk()?;
        Some(self.ends.both(unsearched.first_chunk()?, lasts))
    }
}
