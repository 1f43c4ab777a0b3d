//! The keys that expire, in the order in which they do.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use super::clock::Milliseconds;

/// An index of keys by their deadline.
///
/// # Complexity
///
/// Logarithmic in the number of keys that expire, for each method but the getters.
#[derive(Debug)]
pub(super) struct Deadlines {
    keys: BTreeMap<(Milliseconds, NonZeroU64), Box<[u8]>>,
    next_number: NonZeroU64,
}

/// A place in the index.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Milliseconds,
    /// Distinguishes keys that expire at the same time.
    number: NonZeroU64,
}

impl Deadline {
    pub(super) fn at(&self) -> Milliseconds {
        self.at
    }
}

impl Deadlines {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn insert(&mut self, at: Milliseconds, key: &[u8]) -> Deadline {
        let number = self.next_number;
        self.next_number = number.saturating_add(1);
        self.keys.insert((at, number), key.into());
        Deadline { at, number }
    }

    pub(super) fn remove(&mut self, deadline: &Deadline) {
        let Deadline { at, number } = *deadline;
        self.keys.remove(&(at, number));
    }

    /// Returns the first deadline.
    pub(super) fn first(&self) -> Option<Milliseconds> {
        self.keys.first_key_value().map(|((at, _), _)| *at)
    }

    /// Removes the first deadline and returns its key.
    pub(super) fn pop_first_key(&mut self) -> Option<Box<[u8]>> {
        self.keys.pop_first().map(|(_, key)| key)
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { keys: BTreeMap::new(), next_number: NonZeroU64::MIN }
    }
}
