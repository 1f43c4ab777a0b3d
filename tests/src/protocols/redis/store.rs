//! The state that all connections share: the keyspace, the clients and the subscriptions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::clients::{Clients, Registration};
use super::clock::{Clock, Milliseconds};
use super::keyspace::{Entries, Keyspace};
use super::subscribers::Subscribers;

/// A handle to the state that all connections share. Clones share it; each handler has one.
///
/// A command locks the keyspace when it first uses it, until it ends, so every command is atomic, as in Redis. This
/// includes `MSET`, `MGET`, and the commands of a transaction together.
#[derive(Debug, Clone)]
pub struct Store(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    keys: Mutex<Keyspace>,
    clients: Clients,
    /// Locked within the lock of the keyspace, never the other way round.
    subscribers: Mutex<Subscribers>,
    clock: Clock,
    started: Milliseconds,
}

impl Store {
    /// The most clients that are served at the same time, by default.
    ///
    /// Redis serves 10,000. Each connection takes a descriptor, and most systems let a process have 1,024 of them.
    pub const DEFAULT_MAX_CLIENTS: usize = 980;

    /// The connections beyond those that are served which a server should accept, so that a client above the limit is
    /// told so. Each holds its place until it has read the error, for [`Config::linger`](asynchat_core::Config::linger)
    /// at most. Further connections wait in the backlog of the system.
    pub const REFUSAL_PLACES: usize = 20;

    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty store that reads `clock` for the expiry of keys. The default is [`Instant::now`].
    pub fn with_clock(clock: fn() -> Instant) -> Self {
        Self::with(Clock::new(clock), Self::DEFAULT_MAX_CLIENTS)
    }

    /// Creates an empty store that serves this many clients at the same time. A further one gets an error, and its
    /// connection closes. The default is [`DEFAULT_MAX_CLIENTS`](Self::DEFAULT_MAX_CLIENTS).
    ///
    /// The connection limit of the server has to be higher, by [`REFUSAL_PLACES`](Self::REFUSAL_PLACES).
    pub fn with_max_clients(max_clients: usize) -> Self {
        Self::with(Clock::new(Instant::now), max_clients)
    }

    fn with(clock: Clock, max_clients: usize) -> Self {
        Self(Arc::new(Shared {
            keys: Mutex::new(Keyspace::new(clock)),
            clients: Clients::new(max_clients),
            subscribers: Mutex::default(),
            clock,
            started: clock.now(),
        }))
    }

    pub(super) fn keys(&self) -> Keys<'_> {
        Keys { store: self, guard: None, removed: None }
    }

    /// Locks the subscribers. Nothing else is locked within this lock but mailboxes.
    pub(super) fn subscribers(&self) -> MutexGuard<'_, Subscribers> {
        lock(&self.0.subscribers)
    }

    pub(super) fn clients(&self) -> &Clients {
        &self.0.clients
    }

    pub(super) fn register_client(&self) -> Registration {
        Registration::new(self)
    }

    pub(super) fn now(&self) -> Milliseconds {
        self.0.clock.now()
    }

    /// Returns for how long the store has existed.
    pub(super) fn uptime(&self) -> Milliseconds {
        self.now() - self.0.started
    }
}

/// A poisoned lock is safe to use: no panic can leave an entry half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Store {
    fn default() -> Self {
        Self::with_clock(Instant::now)
    }
}

/// The keyspace, for one command or one transaction. It is locked from its first use to the end.
#[derive(Debug)]
pub(super) struct Keys<'s> {
    store: &'s Store,
    /// Dropped before the entries that were removed, so that they are freed without the lock.
    guard: Option<MutexGuard<'s, Keyspace>>,
    removed: Option<Entries>,
}

impl Keys<'_> {
    /// Locks the keyspace, unless this command or transaction has it locked.
    #[inline]
    pub(super) fn lock(&mut self) -> &mut Keyspace {
        self.guard.get_or_insert_with(|| {
            let mut keys = lock(&self.store.0.keys);
            keys.begin();
            keys
        })
    }

    /// Removes all entries. They are freed after the lock is released.
    pub(super) fn clear(&mut self) {
        let entries = self.lock().take_entries();
        // A second removal in the same transaction frees the few entries that were made since the first.
        self.removed.get_or_insert(entries);
    }
}
