//! The search for delimiters of three to sixteen bytes, of which a key does not say all: bits are places to look at.
//!
//! Other delimiters may have the same key. So the bits of a block are kept whatever has become of them, and what is known
//! of one delimiter is not taken to be known of another: before the block nothing is.

use memchr::memchr;

use super::block::BLOCK;
use super::{BLOCKS_IN_SHORT_GAP, FALSE_STARTS, Gap, Key, LONG_GAP, Memo, behind_block, last};

impl<'i> Memo<'i> {
    /// How far it is to the delimiter.
    pub(super) fn find_longer(&mut self, key: Key, delimiter: &[u8], rest: &'i [u8]) -> Option<usize> {
        if rest.starts_with(delimiter) {
            // The second look at one that was found before.
            return Some(0);
        }
        if self.key != key {
            *self = Self::of(key, self.whole);
        }
        let found = self.find_among_starts(delimiter, rest);
        let found = found.or_else(|| self.search(delimiter, rest))?;
        let gap = rest.len().saturating_sub(found.len());
        self.gap = if gap < LONG_GAP { Gap::Some } else { Gap::Many };
        Some(gap)
    }

    /// Looks at the places in the block, if the cursor is there. They all are kept: what does not begin this delimiter may
    /// begin another of the same key.
    fn find_among_starts(&self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let passed = self.block.checked_sub(rest.len()).filter(|&passed| passed < BLOCK)?;
        let mut starts = self.starts.wrapping_shr(passed as u32);
        while starts != 0 {
            let here = rest.get(starts.trailing_zeros() as usize..)?;
            if here.starts_with(delimiter) {
                return Some(here);
            }
            starts &= starts.wrapping_sub(1);
        }
        None
    }

    /// Looks for a delimiter that the key does not say all of, behind the block if the cursor is there.
    fn search(&mut self, delimiter: &[u8], rest: &'i [u8]) -> Option<&'i [u8]> {
        let is_in_block = rest.len() <= self.block;
        let mut ahead = last(self.ahead, rest.len()).unwrap_or(if is_in_block { self.ahead } else { rest });
        let mut far = self.gap == Gap::Many;
        loop {
            if far {
                for _ in 0..FALSE_STARTS {
                    let here = memchr(*delimiter.first()?, ahead).and_then(|start| ahead.get(start..))?;
                    if here.starts_with(delimiter) {
                        // Others that share the key may begin within it, and behind it.
                        (self.starts, self.block, self.ahead) = (0, here.len(), here);
                        return Some(here);
                    }
                    ahead = here.get(1..)?;
                }
            }
            for _ in 0..BLOCKS_IN_SHORT_GAP {
                if ahead.len() < delimiter.len() {
                    return None;
                }
                (self.starts, self.block) = match self.starts_in_block(ahead) {
                    Some(starts) => (starts, ahead.len()),
                    None => self.ends.starts_at_end(delimiter.len(), self.whole),
                };
                self.ahead = behind_block(ahead);
                if let Some(found) = self.find_among_starts(delimiter, ahead) {
                    return Some(found);
                }
                ahead = self.ahead;
            }
            far = true;
        }
    }

    /// A bit for each of the next 64 bytes at which a delimiter may begin. Nothing if the input ends before that.
    #[inline(always)]
    fn starts_in_block(&self, ahead: &[u8]) -> Option<u64> {
        let lasts = ahead.get(self.key.len().wrapping_sub(1)..)?.first_chunk()?;
        Some(self.ends.both(ahead.first_chunk()?, lasts))
    }
}
