//! Who has subscribed to what, and the path of a message to its subscribers.

use std::collections::{BTreeMap, HashMap};

use asynchat_core::drive::{ConnectionHandle, MailboxError};
use bytes::Bytes;

use super::glob;
use super::reply_writer::{Protocol, append_bulk_string};

/// A name or a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Channel,
    Pattern,
}

/// One client that has subscribed.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    /// The connection, unless the client is driven in memory, without a server. Then it gets its own messages alone.
    pub(super) handle: Option<ConnectionHandle>,
    pub(super) protocol: Protocol,
}

/// The subscriptions of all clients.
///
/// A message is pushed to the mailboxes of its subscribers within the lock. So all subscribers receive all messages in
/// the same order, as in Redis, and none after the client was told that it has unsubscribed. A push wakes the task of the
/// subscriber, which runs later: it may not run within the wake, and the tasks of no runtime do.
#[derive(Debug, Default)]
pub(super) struct Subscribers {
    channels: HashMap<Bytes, BTreeMap<i64, Subscriber>>,
    /// Sorted, so that a client that has subscribed to several patterns gets its messages in the same order each time.
    patterns: BTreeMap<Bytes, BTreeMap<i64, Subscriber>>,
}

impl Subscribers {
    pub(super) fn add(&mut self, kind: Kind, name: Bytes, client: i64, subscriber: Subscriber) {
        match kind {
            Kind::Channel => self.channels.entry(name).or_default(),
            Kind::Pattern => self.patterns.entry(name).or_default(),
        }
        .insert(client, subscriber);
    }

    pub(super) fn remove(&mut self, kind: Kind, name: &Bytes, client: i64) {
        let subscribers = match kind {
            Kind::Channel => self.channels.get_mut(name),
            Kind::Pattern => self.patterns.get_mut(name),
        };
        let Some(subscribers) = subscribers else { return };
        subscribers.remove(&client);
        if subscribers.is_empty() {
            match kind {
                Kind::Channel => drop(self.channels.remove(name)),
                Kind::Pattern => drop(self.patterns.remove(name)),
            }
        }
    }

    /// Pushes a message to all subscribers, and calls `push_own` with what the client `sender` receives itself. Returns
    /// the number of receivers: one that has subscribed twice, to the channel and to a pattern, counts twice.
    ///
    /// A subscriber whose mailbox is full is dropped, as by `client-output-buffer-limit` of Redis.
    pub(super) fn publish(
        &self,
        channel: &[u8],
        message: &[u8],
        sender: i64,
        mut push_own: impl FnMut(&[u8]),
    ) -> usize {
        let mut receivers = 0;
        let mut push = |pattern: Option<&[u8]>, subscribers: &BTreeMap<i64, Subscriber>| {
            let mut encoded: [Option<Bytes>; 2] = [None, None];
            for (client, Subscriber { handle, protocol }) in subscribers {
                let index = usize::from(*protocol == Protocol::Resp3);
                let bytes = encoded[index].get_or_insert_with(|| encode(*protocol, pattern, channel, message).into());
                if *client == sender {
                    push_own(bytes);
                    receivers += 1;
                } else if let Some(handle) = handle {
                    match handle.push(bytes.clone()) {
                        Ok(()) => receivers += 1,
                        Err(MailboxError::Full) => handle.abort(),
                        // The connection has ended, and is about to be removed.
                        Err(_) => {}
                    }
                }
            }
        };
        if let Some(subscribers) = self.channels.get(channel) {
            push(None, subscribers);
        }
        for (pattern, subscribers) in &self.patterns {
            if glob::matches(pattern, channel) {
                push(Some(pattern), subscribers);
            }
        }
        receivers
    }

    /// Returns the channels that have subscribers.
    pub(super) fn channels(&self) -> impl Iterator<Item = &Bytes> {
        self.channels.keys()
    }

    /// Returns the number of clients that have subscribed to a channel by its name.
    pub(super) fn count(&self, channel: &[u8]) -> usize {
        self.channels.get(channel).map_or(0, BTreeMap::len)
    }

    /// Returns the number of patterns.
    pub(super) fn pattern_count(&self) -> usize {
        self.patterns.len()
    }
}

fn encode(protocol: Protocol, pattern: Option<&[u8]>, channel: &[u8], message: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(channel.len() + message.len() + pattern.map_or(0, <[u8]>::len) + 80);
    encoded.push(protocol.push_type());
    match pattern {
        None => {
            encoded.extend_from_slice(b"3\r\n");
            append_bulk_string(&mut encoded, b"message");
        }
        Some(pattern) => {
            encoded.extend_from_slice(b"4\r\n");
            append_bulk_string(&mut encoded, b"pmessage");
            append_bulk_string(&mut encoded, pattern);
        }
    }
    append_bulk_string(&mut encoded, channel);
    append_bulk_string(&mut encoded, message);
    encoded
}
