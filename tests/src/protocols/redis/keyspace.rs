//! The keys, their values, and when they expire.

use std::hash::BuildHasher;
use std::mem;

use indexmap::IndexMap;

use super::clock::{Clock, Milliseconds};
use super::deadlines::{Deadline, Deadlines};
use super::value::Value;
use super::watches::{Watch, Watches};

/// The keys and their values.
///
/// A map with a list of its entries, so that `SCAN` has a cursor: [`Keyspace::scan`]. Clients choose the keys, so the hash
/// is keyed at random: nobody can choose keys that collide (hash flooding).
pub(super) type Entries = IndexMap<Box<[u8]>, Entry, ahash::RandomState>;

#[derive(Debug)]
pub(super) struct Keyspace {
    entries: Entries,
    deadlines: Deadlines,
    watches: Watches,
    clock: Clock,
    /// The time of this command or transaction, if it was read. Within it no time passes, as in Redis.
    now: Option<Milliseconds>,
}

#[derive(Debug)]
pub(super) struct Entry {
    value: Value,
    deadline: Option<Deadline>,
}

/// When a key expires that is being set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    Never,
    At(Milliseconds),
    /// When the key that is there would expire.
    Keep,
}

impl Keyspace {
    /// The most keys that a command removes because they have expired, beside those that it names. Each key expires
    /// once, so this is enough to remove them faster than commands can set them.
    const EXPIRED_PER_COMMAND: usize = 16;

    pub(super) fn new(clock: Clock) -> Self {
        Self {
            entries: Entries::with_hasher(random_state()),
            deadlines: Deadlines::default(),
            watches: Watches::default(),
            clock,
            now: None,
        }
    }

    /// Begins a command or a transaction.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.now = None;
        if !self.deadlines.is_empty() {
            self.remove_expired(Self::EXPIRED_PER_COMMAND);
        }
    }

    pub(super) fn now(&mut self) -> Milliseconds {
        *self.now.get_or_insert_with(|| self.clock.now())
    }

    pub(super) fn get(&mut self, key: &[u8]) -> Option<&Value> {
        self.live_index(key).map(|index| &self.entries[index].value)
    }

    pub(super) fn contains(&mut self, key: &[u8]) -> bool {
        self.live_index(key).is_some()
    }

    /// Sets a key. One whose deadline has passed is removed.
    pub(super) fn set(&mut self, key: &[u8], value: Value, expiry: Expiry) {
        let index = match self.live_index(key) {
            Some(index) => {
                self.entries[index].value = value;
                index
            }
            None => self.entries.insert_full(key.into(), Entry { value, deadline: None }).0,
        };
        match expiry {
            Expiry::At(at) => self.change_deadline(index, Some(at)),
            Expiry::Never => self.change_deadline(index, None),
            Expiry::Keep => {}
        }
        self.watches.touch(key);
    }

    /// Changes a value in place, or an empty one if there is none. Keeps when it expires.
    pub(super) fn update(&mut self, key: &[u8], change: impl FnOnce(Value) -> Value) -> usize {
        let value = match self.live_index(key) {
            Some(index) => mem::replace(&mut self.entries[index].value, Value::copy_from(b"")),
            None => Value::copy_from(b""),
        };
        let value = change(value);
        let len = value.len();
        self.set(key, value, Expiry::Keep);
        len
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Value> {
        let index = self.live_index(key)?;
        self.remove_entry(index)
    }

    /// Gives the value of a key, and when it expires, to another one. Returns false if there is no such key.
    pub(super) fn rename(&mut self, key: &[u8], new_key: &[u8]) -> bool {
        let Some(deadline) = self.deadline(key) else { return false };
        if key != new_key
            && let Some(value) = self.remove(key)
        {
            self.set(new_key, value, deadline.map_or(Expiry::Never, Expiry::At));
        }
        true
    }

    /// Returns when a key expires: `None` if there is no such key, `Some(None)` for never.
    pub(super) fn deadline(&mut self, key: &[u8]) -> Option<Option<Milliseconds>> {
        self.live_index(key).map(|index| self.entries[index].deadline.as_ref().map(Deadline::at))
    }

    /// Sets when a key expires; one whose deadline has passed is removed. Does nothing if there is no such key.
    pub(super) fn set_deadline(&mut self, key: &[u8], at: Option<Milliseconds>) {
        if let Some(index) = self.live_index(key) {
            self.watches.touch(key);
            self.change_deadline(index, at);
        }
    }

    /// Returns the number of keys that have not expired.
    pub(super) fn len(&mut self) -> usize {
        self.remove_expired(usize::MAX);
        self.entries.len()
    }

    /// Returns the number of keys that will expire.
    pub(super) fn len_with_deadline(&self) -> usize {
        self.deadlines.len()
    }

    /// Returns all keys that have not expired.
    pub(super) fn keys(&mut self) -> impl Iterator<Item = &[u8]> {
        self.remove_expired(usize::MAX);
        self.entries.keys().map(|key| &**key)
    }

    /// Returns at most `count` keys and the next cursor. The first cursor is 0, and 0 ends the scan.
    ///
    /// Each key that is there from the first call to the last is returned. A key may be returned twice. The cursor is
    /// the number of entries that are left, and the scan goes from the last entry to the first: a new key is appended
    /// behind the cursor, and a removal moves the last entry into its place, which is behind the cursor too, or was.
    pub(super) fn scan(&mut self, cursor: u64, count: usize) -> (impl Iterator<Item = &[u8]>, u64) {
        self.remove_expired(usize::MAX);
        let len = self.entries.len();
        let end = if cursor == 0 { len } else { usize::try_from(cursor).map_or(len, |cursor| cursor.min(len)) };
        let start = end.saturating_sub(count);
        let keys = self.entries.get_range(start..end).into_iter().flat_map(|entries| entries.keys());
        (keys.map(|key| &**key), start as u64)
    }

    /// Removes all entries and returns them, so that the caller can drop them without the lock.
    pub(super) fn take_entries(&mut self) -> Entries {
        self.watches.touch_all(|key| self.entries.contains_key(key));
        self.deadlines = Deadlines::default();
        let empty = Entries::with_hasher(self.entries.hasher().clone());
        mem::replace(&mut self.entries, empty)
    }

    /// Notes in `watch` when the key changes. Returns whether the client has not watched the key before.
    pub(super) fn watch(&mut self, key: &[u8], client: i64, watch: &Watch) -> bool {
        // A key that has expired counts as missing from here.
        self.live_index(key);
        self.watches.add(key, client, watch)
    }

    pub(super) fn unwatch(&mut self, key: &[u8], client: i64) {
        self.watches.remove(key, client);
    }

    /// Returns the place of a key, and removes it instead if it has expired. The clock is read only for a key that
    /// expires.
    #[inline]
    fn live_index(&mut self, key: &[u8]) -> Option<usize> {
        let index = self.entries.get_index_of(key)?;
        match self.entries[index].deadline.as_ref().map(Deadline::at) {
            Some(at) if at <= self.now() => {
                self.remove_entry(index);
                None
            }
            _ => Some(index),
        }
    }

    fn change_deadline(&mut self, index: usize, at: Option<Milliseconds>) {
        if at.is_some_and(|at| at <= self.now()) {
            self.remove_entry(index);
            return;
        }
        let Some((key, entry)) = self.entries.get_index_mut(index) else { return };
        if let Some(deadline) = entry.deadline.take() {
            self.deadlines.remove(&deadline);
        }
        entry.deadline = at.map(|at| self.deadlines.insert(at, key));
    }

    /// Removes keys that have expired, the first to expire first, at most so many.
    fn remove_expired(&mut self, most: usize) {
        for _ in 0..most {
            let Some(first) = self.deadlines.first() else { return };
            if first > self.now() {
                return;
            }
            let key = self.deadlines.pop_first_key();
            let Some(index) = key.and_then(|key| self.entries.get_index_of(&key)) else { return };
            self.remove_entry(index);
        }
    }

    fn remove_entry(&mut self, index: usize) -> Option<Value> {
        let (key, entry) = self.entries.swap_remove_index(index)?;
        if let Some(deadline) = entry.deadline {
            self.deadlines.remove(&deadline);
        }
        self.watches.touch(&key);
        Some(entry.value)
    }
}

/// Returns a hash function with a random key. std's gets its key from the system.
fn random_state() -> ahash::RandomState {
    let random = std::hash::RandomState::new();
    let [a, b, c, d] = [0, 1, 2, 3].map(|number| random.hash_one(number));
    ahash::RandomState::with_seeds(a, b, c, d)
}

#[cfg(test)]
mod tests;
