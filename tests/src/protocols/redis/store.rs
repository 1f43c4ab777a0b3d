//! The keyspace, shared by all connections.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::{Bytes, BytesMut};

/// A handle to the keyspace. Clones share it; each handler has one.
///
/// A command holds the one lock for its whole run, so every command is atomic, as in Redis. This includes `MSET` and
/// `MGET`.
#[derive(Debug, Clone, Default)]
pub struct Store(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    keys: Mutex<Keyspace>,
    last_client_id: AtomicI64,
}

impl Store {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty store that reads `clock` for the expiry of keys. The default is [`Instant::now`].
    pub fn with_clock(clock: fn() -> Instant) -> Self {
        let keys = Mutex::new(Keyspace { clock, ..Keyspace::default() });
        Self(Arc::new(Shared { keys, ..Shared::default() }))
    }

    /// Locks the keyspace. A poisoned lock is safe to use: no panic can leave an entry half changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, Keyspace> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns an id that no other client of this store has.
    pub(super) fn next_client_id(&self) -> i64 {
        self.0.last_client_id.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[derive(Debug)]
pub(super) struct Keyspace {
    entries: HashMap<Box<[u8]>, Entry>,
    clock: fn() -> Instant,
    /// True if a key has ever had an expiry time. Until then no lookup has to check for one.
    any_expiry: bool,
}

#[derive(Debug)]
struct Entry {
    value: Bytes,
    expires_at: Option<Instant>,
}

/// The expiry of a key that is being set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    Never,
    At(Instant),
    /// The expiry that the key already has.
    Keep,
}

impl Keyspace {
    pub(super) fn now(&self) -> Instant {
        (self.clock)()
    }

    pub(super) fn get(&mut self, key: &[u8]) -> Option<&Bytes> {
        self.live_entry(key).map(|entry| &entry.value)
    }

    pub(super) fn set(&mut self, key: &[u8], value: Bytes, expiry: Expiry) {
        let expires_at = match expiry {
            Expiry::At(instant) => Some(instant),
            Expiry::Never | Expiry::Keep => None,
        };
        self.any_expiry |= expires_at.is_some();
        match self.live_entry(key) {
            Some(entry) => {
                entry.value = value;
                if expiry != Expiry::Keep {
                    entry.expires_at = expires_at;
                }
            }
            None => drop(self.entries.insert(key.into(), Entry { value, expires_at })),
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        self.live_entry(key).is_some() && self.entries.remove(key).is_some()
    }

    /// Appends to the value, or creates it. Returns the new length, or `None` if that is above `max_len`.
    ///
    /// # Complexity
    ///
    /// Amortized linear in `more`: the value grows in place. It is copied only while a reply shares it.
    pub(super) fn append(&mut self, key: &[u8], more: &[u8], max_len: usize) -> Option<usize> {
        let Some(entry) = self.live_entry(key) else {
            self.set(key, Bytes::copy_from_slice(more), Expiry::Never);
            return Some(more.len());
        };
        let len = entry.value.len().checked_add(more.len()).filter(|len| *len <= max_len)?;
        let mut value = mem::take(&mut entry.value).try_into_mut().unwrap_or_else(|shared| {
            let mut copy = BytesMut::with_capacity(len);
            copy.extend_from_slice(&shared);
            copy
        });
        value.extend_from_slice(more);
        entry.value = value.freeze();
        Some(len)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Removes all entries and returns them, so that the caller can drop them without the lock.
    pub(super) fn take_entries(&mut self) -> impl Sized + use<> {
        mem::take(&mut self.entries)
    }

    /// Returns the entry, and removes it instead if it has expired. The clock is read only for an entry with an expiry.
    fn live_entry(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let is_expired = |entry: &Entry| entry.expires_at.is_some_and(|expires_at| expires_at <= self.now());
        if self.any_expiry && self.entries.get(key).is_some_and(is_expired) {
            self.entries.remove(key);
            return None;
        }
        self.entries.get_mut(key)
    }
}

impl Default for Keyspace {
    fn default() -> Self {
        Self { entries: HashMap::new(), clock: Instant::now, any_expiry: false }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn key_expires_at_its_deadline() {
        let mut keys = Keyspace::default();
        let now = Instant::now();
        let later = now + Duration::from_secs(1000);
        keys.set(b"past", "a".into(), Expiry::At(now));
        keys.set(b"future", "b".into(), Expiry::At(later));
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.get(b"past"), None);
        assert_eq!(keys.get(b"future").unwrap(), "b");
        assert_eq!(keys.len(), 1);

        keys.set(b"future", "c".into(), Expiry::Keep);
        assert_eq!(keys.live_entry(b"future").unwrap().expires_at, Some(later));
        keys.append(b"future", b"d", 2).unwrap();
        assert_eq!(keys.live_entry(b"future").unwrap().expires_at, Some(later));
        keys.set(b"future", "e".into(), Expiry::Never);
        assert_eq!(keys.live_entry(b"future").unwrap().expires_at, None);
    }

    #[test]
    fn append_does_not_change_a_shared_value() {
        let mut keys = Keyspace::default();
        keys.set(b"k", "abc".into(), Expiry::Never);
        let sending = keys.get(b"k").unwrap().clone();
        assert_eq!(keys.append(b"k", b"de", 5), Some(5));
        assert_eq!(keys.append(b"k", b"f", 5), None);
        assert_eq!(keys.get(b"k").unwrap(), "abcde");
        assert_eq!(sending, "abc");
    }
}
