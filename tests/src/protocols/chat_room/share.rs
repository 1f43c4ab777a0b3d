//! The share of a mailbox that one speaker may fill.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use asynchat_core::ProducerQueue;
use bytes::Bytes;

/// The most that the lines of one speaker may cost in the mailbox of another member: a quarter of it, as
/// [`config`](super::config) sets its capacity. So a speaker that floods the room loses lines of its own, and three
/// more of its kind are needed before anybody else does.
pub const SPEAKER_SHARE: usize = 256 * 1024;

/// The cost of each speaker's lines in one mailbox.
#[derive(Default)]
pub(super) struct Shares(Mutex<HashMap<usize, Arc<AtomicUsize>>>);

impl Shares {
    /// Makes a line whose cost counts for this speaker until the line is sent or dropped. `None` if the speaker's share
    /// is full.
    pub(super) fn charge(&self, speaker: usize, line: Bytes) -> Option<Bytes> {
        let used = self.of(speaker);
        let cost = line.len() + ProducerQueue::CHUNK_COST;
        let charged = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            Some(used + cost).filter(|&used| used <= SPEAKER_SHARE)
        });
        charged.ok()?;
        Some(Bytes::from_owner(ChargedLine { line, cost, used }))
    }

    fn of(&self, speaker: usize) -> Arc<AtomicUsize> {
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = shares.get(&speaker) {
            return Arc::clone(used);
        }
        // A speaker is seldom new. The others that have no line here may have left.
        shares.retain(|_, used| used.load(Ordering::Relaxed) > 0);
        Arc::clone(shares.entry(speaker).or_default())
    }
}

/// Shows the number of speakers, and no line.
impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shares").field(&self.0.lock().unwrap_or_else(PoisonError::into_inner).len()).finish()
    }
}

/// A line that counts for its speaker.
struct ChargedLine {
    line: Bytes,
    cost: usize,
    used: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for ChargedLine {
    fn as_ref(&self) -> &[u8] {
        &self.line
    }
}

impl Drop for ChargedLine {
    fn drop(&mut self) {
        self.used.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Bytes = Bytes::from_static(&[b'a'; 20_000]);

    #[test]
    fn share_of_one_speaker_leaves_the_others_theirs() {
        let shares = Shares::default();
        let lines: Vec<_> = std::iter::from_fn(|| shares.charge(1, LINE)).collect();
        assert_eq!(lines.len(), SPEAKER_SHARE / (LINE.len() + ProducerQueue::CHUNK_COST));
        assert_eq!(shares.charge(2, LINE), Some(LINE));
        drop(lines);
        assert_eq!(shares.charge(1, LINE), Some(LINE));
    }

    #[test]
    fn shares_forget_a_speaker_without_lines() {
        let shares = Shares::default();
        let line = shares.charge(1, LINE);
        drop(shares.charge(2, LINE));
        drop(shares.charge(3, LINE));
        assert_eq!(shares.0.lock().unwrap().len(), 2, "1, which has a line, and 3");
        drop(line);
    }
}
