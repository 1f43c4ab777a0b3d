//! The state of one client, beside the command that it is sending.

use std::collections::BTreeSet;

use asynchat_core::drive::{Caller, ConnectionHandle, Peer};
use bytes::Bytes;

use super::arguments::Arguments;
use super::clients::Registration;
use super::handler::RedisHandler;
use super::reply_writer::Protocol;
use super::store::{Keys, Store};
use super::subscribers::{Kind, Subscriber};
use super::watches::Watch;

/// One client.
#[derive(Debug)]
pub(super) struct Client {
    store: Store,
    pub(super) registration: Registration,
    pub(super) protocol: Protocol,
    /// `None` if the handler is driven in memory.
    peer: Option<Peer<RedisHandler>>,
    pub(super) transaction: Option<Box<Transaction>>,
    pub(super) watching: Option<Box<Watching>>,
    subscriptions: Option<Box<Subscriptions>>,
}

/// The commands since `MULTI`.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub(super) commands: Vec<Arguments>,
    /// The cost of their arguments.
    pub(super) cost: usize,
    /// A command was refused, so `EXEC` will be.
    pub(super) is_refused: bool,
}

/// The keys that the client watches.
#[derive(Debug, Default)]
pub(super) struct Watching {
    pub(super) watch: Watch,
    pub(super) keys: Vec<Box<[u8]>>,
}

#[derive(Debug, Default)]
struct Subscriptions {
    channels: BTreeSet<Bytes>,
    patterns: BTreeSet<Bytes>,
}

impl Subscriptions {
    fn of(&mut self, kind: Kind) -> &mut BTreeSet<Bytes> {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
        }
    }

    fn len(&self) -> usize {
        self.channels.len() + self.patterns.len()
    }
}

impl Client {
    pub(super) fn new(store: &Store) -> Self {
        Self {
            registration: store.register_client(),
            store: store.clone(),
            protocol: Protocol::default(),
            peer: None,
            transaction: None,
            watching: None,
            subscriptions: None,
        }
    }

    pub(super) fn set_peer(&mut self, peer: Peer<RedisHandler>) {
        self.registration.set_peer(&peer);
        self.peer = Some(peer);
    }

    pub(super) fn id(&self) -> i64 {
        self.registration.record().id
    }

    pub(super) fn caller(&self) -> Option<&Caller<RedisHandler>> {
        self.peer.as_ref().map(Peer::caller)
    }

    pub(super) fn handle(&self) -> Option<&ConnectionHandle> {
        self.peer.as_ref().map(Peer::handle)
    }

    /// Returns whether the client may send only the commands of a subscriber: replies and messages look alike in RESP2.
    pub(super) fn is_bound_to_messages(&self) -> bool {
        self.subscriptions.is_some() && self.protocol == Protocol::Resp2
    }

    /// Changes the protocol, for messages too.
    pub(super) fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
        self.registration.record().update(|details| details.protocol = protocol);
        for kind in [Kind::Channel, Kind::Pattern] {
            for name in self.subscriptions(kind) {
                self.store.subscribers().add(kind, name, self.id(), self.subscriber());
            }
        }
    }

    /// Returns the number of subscriptions.
    pub(super) fn subscription_count(&self) -> usize {
        self.subscriptions.as_ref().map_or(0, |subscriptions| subscriptions.len())
    }

    /// Returns the names to which the client has subscribed, sorted.
    pub(super) fn subscriptions(&mut self, kind: Kind) -> Vec<Bytes> {
        self.subscriptions.as_mut().map_or_else(Vec::new, |all| all.of(kind).iter().cloned().collect())
    }

    /// Subscribes, and returns the number of subscriptions.
    pub(super) fn subscribe(&mut self, kind: Kind, name: &[u8]) -> usize {
        let name = Bytes::copy_from_slice(name);
        let all = self.subscriptions.get_or_insert_default();
        if all.of(kind).insert(name.clone()) {
            self.store.subscribers().add(kind, name, self.id(), self.subscriber());
            self.publish_counts();
        }
        self.subscription_count()
    }

    /// Unsubscribes, and returns the number of subscriptions that are left.
    pub(super) fn unsubscribe(&mut self, kind: Kind, name: &Bytes) -> usize {
        if self.subscriptions.as_mut().is_some_and(|all| all.of(kind).remove(name)) {
            self.store.subscribers().remove(kind, name, self.id());
            self.publish_counts();
        }
        if self.subscription_count() == 0 {
            self.subscriptions = None;
        }
        self.subscription_count()
    }

    pub(super) fn unsubscribe_all(&mut self) {
        for kind in [Kind::Channel, Kind::Pattern] {
            for name in self.subscriptions(kind) {
                self.unsubscribe(kind, &name);
            }
        }
    }

    /// Stops watching all keys.
    pub(super) fn unwatch(&mut self, keys: &mut Keys<'_>) {
        let Some(watching) = self.watching.take() else { return };
        watching.keys.iter().for_each(|key| keys.lock().unwatch(key, self.id()));
    }

    fn subscriber(&self) -> Subscriber {
        Subscriber { handle: self.handle().cloned(), protocol: self.protocol }
    }

    fn publish_counts(&mut self) {
        let counts = self.subscriptions.as_ref().map_or((0, 0), |all| (all.channels.len(), all.patterns.len()));
        self.registration.record().update(|details| (details.channels, details.patterns) = counts);
    }
}

/// Takes the client out of what other connections see.
impl Drop for Client {
    fn drop(&mut self) {
        self.unsubscribe_all();
        let store = self.store.clone();
        self.unwatch(&mut store.keys());
    }
}
