//! The keys that clients watch, for `WATCH`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a key that a client watches has changed. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<AtomicBool>);

impl Watch {
    pub(super) fn is_dirty(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn touch(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Who watches which key, by the id of the client.
#[derive(Debug, Default)]
pub(super) struct Watches(HashMap<Box<[u8]>, BTreeMap<i64, Watch>>);

impl Watches {
    /// Returns whether the client has not watched the key before.
    pub(super) fn add(&mut self, key: &[u8], client: i64, watch: &Watch) -> bool {
        self.0.entry(key.into()).or_default().insert(client, watch.clone()).is_none()
    }

    pub(super) fn remove(&mut self, key: &[u8], client: i64) {
        let Some(watches) = self.0.get_mut(key) else { return };
        watches.remove(&client);
        if watches.is_empty() {
            self.0.remove(key);
        }
    }

    /// Notes that a key has changed.
    #[inline]
    pub(super) fn touch(&self, key: &[u8]) {
        if !self.0.is_empty() {
            self.0.get(key).into_iter().flat_map(BTreeMap::values).for_each(Watch::touch);
        }
    }

    /// Notes that all keys have changed for which `is_there` holds.
    pub(super) fn touch_all(&self, is_there: impl Fn(&[u8]) -> bool) {
        let changed = self.0.iter().filter(|(key, _)| is_there(key));
        changed.flat_map(|(_, watches)| watches.values()).for_each(Watch::touch);
    }
}
