//! The clients that are connected: for `CLIENT LIST`, and for the limit on their number.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use asynchat_core::drive::Peer;

use super::clock::Milliseconds;
use super::handler::RedisHandler;
use super::reply_writer::Protocol;
use super::store::{Store, lock};

/// The clients of a store.
#[derive(Debug)]
pub(super) struct Clients {
    open: Mutex<BTreeMap<i64, Arc<ClientRecord>>>,
    last_id: AtomicI64,
    max_clients: usize,
}

impl Clients {
    pub(super) fn new(max_clients: usize) -> Self {
        Self { open: Mutex::default(), last_id: AtomicI64::new(0), max_clients }
    }

    /// Returns the clients in the order of their ids.
    pub(super) fn list(&self) -> Vec<Arc<ClientRecord>> {
        lock(&self.open).values().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.open).len()
    }

    pub(super) fn max_clients(&self) -> usize {
        self.max_clients
    }
}

/// The public side of a client: what other connections need to know of it.
#[derive(Debug)]
pub(super) struct ClientRecord {
    pub(super) id: i64,
    connected: Milliseconds,
    details: Mutex<ClientDetails>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ClientDetails {
    /// The addresses of the client and of this end.
    pub(super) addresses: Option<(SocketAddr, SocketAddr)>,
    pub(super) name: Vec<u8>,
    pub(super) library_name: Vec<u8>,
    pub(super) library_version: Vec<u8>,
    pub(super) protocol: Protocol,
    pub(super) channels: usize,
    pub(super) patterns: usize,
    /// The commands that wait for `EXEC`.
    pub(super) queued: Option<usize>,
}

impl ClientRecord {
    pub(super) fn update(&self, change: impl FnOnce(&mut ClientDetails)) {
        change(&mut lock(&self.details));
    }

    pub(super) fn details(&self) -> ClientDetails {
        lock(&self.details).clone()
    }

    /// Returns a line of `CLIENT LIST`. It has the fields of Redis whose values are known here.
    pub(super) fn line(&self, now: Milliseconds) -> Vec<u8> {
        let details = self.details();
        let address = |address: Option<SocketAddr>| address.map_or_else(String::new, |address| address.to_string());
        let mut flags = String::new();
        if details.channels + details.patterns > 0 {
            flags.push('P');
        }
        if details.queued.is_some() {
            flags.push('x');
        }
        if flags.is_empty() {
            flags.push('N');
        }
        let mut line = format!(
            "id={} addr={} laddr={} name=",
            self.id,
            address(details.addresses.map(|(address, _)| address)),
            address(details.addresses.map(|(_, local)| local)),
        )
        .into_bytes();
        line.extend_from_slice(&details.name);
        let mut rest = String::new();
        // A String takes every write.
        let _ = write!(
            rest,
            " age={} flags={flags} db=0 sub={} psub={} ssub=0 multi={} resp={} lib-name=",
            (now - self.connected) / 1000,
            details.channels,
            details.patterns,
            details.queued.map_or(-1, |queued| i64::try_from(queued).unwrap_or(i64::MAX)),
            details.protocol.number(),
        );
        line.extend_from_slice(rest.as_bytes());
        line.extend_from_slice(&details.library_name);
        line.extend_from_slice(b" lib-ver=");
        line.extend_from_slice(&details.library_version);
        line.push(b'\n');
        line
    }
}

/// The place of a client in the list. Dropping it removes the client, and its subscriptions.
#[derive(Debug)]
pub(super) struct Registration {
    store: Store,
    record: Arc<ClientRecord>,
    is_refused: bool,
}

impl Registration {
    pub(super) fn new(store: &Store) -> Self {
        let clients = store.clients();
        let id = clients.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let record = Arc::new(ClientRecord { id, connected: store.now(), details: Mutex::default() });
        let mut open = lock(&clients.open);
        let is_refused = open.len() >= clients.max_clients;
        if !is_refused {
            open.insert(id, Arc::clone(&record));
        }
        drop(open);
        Self { store: store.clone(), record, is_refused }
    }

    pub(super) fn record(&self) -> &Arc<ClientRecord> {
        &self.record
    }

    /// Returns whether there are too many clients for this one.
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused
    }

    pub(super) fn set_peer(&self, peer: &Peer<RedisHandler>) {
        self.record.update(|details| details.addresses = Some((peer.address(), peer.local_address())));
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.store.clients().open).remove(&self.record.id);
    }
}
