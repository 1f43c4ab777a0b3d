use alloc::sync::Arc;
use core::any;
use core::fmt;
use core::net::SocketAddr;
use core::task::{Poll, Waker};
use std::collections::HashMap;

use super::signals::{ConnectionEnd, Signal, Signals};
use crate::chat::{Config, Handler};
use crate::drive::mailbox::{ConnectionHandle, Mailbox, mailbox};
use crate::drive::peer::Peer;
use crate::drive::server::isolate_panic::isolate_panic;

/// The open connections of a server, each with its task or thread. For adapters.
pub struct Connections<T> {
    config: Arc<Config>,
    signals: Arc<Signals>,
    open: HashMap<u64, Open<T>>,
    next_number: u64,
}

struct Open<T> {
    handle: ConnectionHandle,
    task: T,
}

/// A connection that is to be served: what its task or thread needs. For adapters.
#[non_exhaustive]
pub struct Admission<H> {
    /// The handler.
    pub handler: H,
    /// The bounds.
    pub config: Arc<Config>,
    /// The mailbox that others push and call into.
    pub mailbox: Mailbox<H>,
    /// The other end of that mailbox.
    pub handle: ConnectionHandle,
    /// To be dropped after the stream.
    pub end: ConnectionEnd,
}

/// Shows the type of the handler, which may hold what a peer sent (C20).
impl<H> fmt::Debug for Admission<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admission")
            .field("handler", &format_args!("{}", any::type_name::<H>()))
            .field("mailbox", &self.mailbox)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<T> Connections<T> {
    pub(super) fn new(config: Arc<Config>, signals: Arc<Signals>) -> Self {
        Self { config, signals, open: HashMap::new(), next_number: 0 }
    }

    /// Waits for a shutdown, or for a connection to end.
    pub fn poll_signal(&mut self, waker: &Waker) -> Poll<Signal> {
        self.signals.poll(waker)
    }

    /// Makes the handler of an accepted connection. `None` if `handler_for` panics: the connection is then to be dropped.
    pub fn admit<H: Handler + 'static>(
        &mut self,
        address: SocketAddr,
        handler_for: &mut impl FnMut(Peer<H>) -> H,
    ) -> Option<Admission<H>> {
        let (handle, mailbox) = mailbox(self.config.mailbox_capacity);
        let peer = Peer::new(address, mailbox.caller());
        let handler = isolate_panic(|| handler_for(peer)).ok()?;
        let end = ConnectionEnd::new(self.next_number, Arc::clone(&self.signals));
        // 2^64 connections are never reached.
        self.next_number = self.next_number.wrapping_add(1);
        Some(Admission { handler, config: Arc::clone(&self.config), mailbox, handle, end })
    }

    /// Adds a connection that is served now.
    pub fn insert(&mut self, number: u64, handle: ConnectionHandle, task: T) {
        self.open.insert(number, Open { handle, task });
    }

    /// Removes a connection that has ended, and returns its task.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        Some(self.open.remove(&number)?.task)
    }

    /// Tells every handler that the server shuts down, behind everything that was pushed to its connection.
    pub fn request_shutdown(&self) {
        for connection in self.open.values() {
            connection.handle.request_shutdown();
        }
    }

    /// Aborts every connection.
    pub fn abort(&self) {
        for connection in self.open.values() {
            connection.handle.abort();
        }
    }
}

impl<T> fmt::Debug for Connections<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("open", &self.open.len()).finish_non_exhaustive()
    }
}
