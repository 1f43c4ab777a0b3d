//! What is stored, shared by all connections.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::{Bytes, BytesMut};

/// All the keys. Clones share them: one to each handler.
///
/// One lock for all, held for one command: so each of them is atomic, `MSET` and `MGET` included, as they are in Redis.
#[derive(Debug, Clone, Default)]
pub struct Store(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    keys: Mutex<Keys>,
    clients: AtomicI64,
}

impl Store {
    /// A store without a key.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store whose keys end by another clock.
    pub fn with_clock(clock: fn() -> Instant) -> Self {
        let keys = Mutex::new(Keys { clock, ..Keys::default() });
        Self(Arc::new(Shared { keys, ..Shared::default() }))
    }

    /// A panic under the lock can leave no entry half done, so a poisoned lock is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that no other client of this store has.
    pub(super) fn next_client(&self) -> i64 {
        self.0.clients.fetch_add(1, Ordering::Relaxed) + 1
    }
}

#[derive(Debug)]
pub(super) struct Keys {
    entries: HashMap<Box<[u8]>, Entry>,
    clock: fn() -> Instant,
    /// Some key has been given an end. Until then none need be looked up to see whether it has ended.
    any_ends: bool,
}

#[derive(Debug)]
struct Entry {
    value: Bytes,
    ends: Option<Instant>,
}

/// When a key that is set ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Never,
    At(Instant),
    /// When it would have ended before.
    AsBefore,
}

impl Keys {
    pub(super) fn now(&self) -> Instant {
        (self.clock)()
    }

    pub(super) fn get(&mut self, key: &[u8]) -> Option<&Bytes> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn set(&mut self, key: &[u8], value: Bytes, ends: Ends) {
        let ends_at = match ends {
            Ends::At(instant) => Some(instant),
            Ends::Never | Ends::AsBefore => None,
        };
        self.any_ends |= ends_at.is_some();
        match self.entry(key) {
            Some(entry) => {
                entry.value = value;
                if ends != Ends::AsBefore {
                    entry.ends = ends_at;
                }
            }
            None => drop(self.entries.insert(key.into(), Entry { value, ends: ends_at })),
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> bool {
        self.entry(key).is_some() && self.entries.remove(key).is_some()
    }

    /// Appends to a value, or makes one, of at most `max_len` bytes; returns its length, unless it would be longer.
    ///
    /// Amortised linear in what is appended: the value grows in place, unless it is being sent.
    pub(super) fn append(&mut self, key: &[u8], more: &[u8], max_len: usize) -> Option<usize> {
        let Some(entry) = self.entry(key) else {
            self.set(key, Bytes::copy_from_slice(more), Ends::Never);
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

    /// Takes all entries out, to be dropped without the lock.
    pub(super) fn take_all(&mut self) -> impl Sized + use<> {
        mem::take(&mut self.entries)
    }

    /// The entry, unless it has ended. The time is asked only for those that have one.
    fn entry(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let has_ended = |entry: &Entry| entry.ends.is_some_and(|ends| ends <= self.now());
        if self.any_ends && self.entries.get(key).is_some_and(has_ended) {
            self.entries.remove(key);
            return None;
        }
        self.entries.get_mut(key)
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { entries: HashMap::new(), clock: Instant::now, any_ends: false }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn key_expires_at_its_deadline() {
        let mut keys = Keys::default();
        let now = Instant::now();
        let later = now + Duration::from_secs(1000);
        keys.set(b"past", "a".into(), Ends::At(now));
        keys.set(b"future", "b".into(), Ends::At(later));
        assert_eq!(keys.len(), 2);
        assert_eq!(keys.get(b"past"), None);
        assert_eq!(keys.get(b"future").unwrap(), "b");
        assert_eq!(keys.len(), 1);

        keys.set(b"future", "c".into(), Ends::AsBefore);
        assert_eq!(keys.entry(b"future").unwrap().ends, Some(later));
        keys.append(b"future", b"d", 2).unwrap();
        assert_eq!(keys.entry(b"future").unwrap().ends, Some(later));
        keys.set(b"future", "e".into(), Ends::Never);
        assert_eq!(keys.entry(b"future").unwrap().ends, None);
    }

    #[test]
    fn append_does_not_change_a_shared_value() {
        let mut keys = Keys::default();
        keys.set(b"k", "abc".into(), Ends::Never);
        let sending = keys.get(b"k").unwrap().clone();
        assert_eq!(keys.append(b"k", b"de", 5), Some(5));
        assert_eq!(keys.append(b"k", b"f", 5), None);
        assert_eq!(keys.get(b"k").unwrap(), "abcde");
        assert_eq!(sending, "abc");
    }
}
