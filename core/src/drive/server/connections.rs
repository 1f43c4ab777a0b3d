use alloc::sync::Arc;
use core::any;
use core::fmt;
use core::task::{Poll, Waker};
use std::collections::HashMap;
use std::io;

use super::observer::{ConnectionInfo, Observer};
use super::options::{Admission, admits};
use super::record::ConnectionRecord;
use super::signals::{ConnectionGuard, ServerEvent, Signals};
use crate::chat::Config;
use crate::drive::mailbox::{ConnectionHandle, Mailbox, recorded_mailbox};

/// The open connections of a server, each with its task or thread. `A` is the address of a peer. For adapters.
pub struct Connections<T, A> {
    pub(super) config: Arc<Config>,
    pub(super) signals: Arc<Signals>,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) admission: Option<Admission<A>>,
    pub(super) open: HashMap<u64, Open<T>>,
    pub(super) next_number: u64,
}

pub(super) struct Open<T> {
    handle: ConnectionHandle,
    task: T,
}

/// A connection that was accepted and is to be served: the parts that its task or thread needs. For adapters.
#[non_exhaustive]
pub struct AcceptedConnection<A> {
    /// The address of the peer.
    pub address: A,
    /// The address at this end.
    pub local_address: A,
    /// The bounds.
    pub config: Arc<Config>,
    /// The mailbox that others push and call into.
    pub mailbox: Mailbox<()>,
    /// The other end of that mailbox.
    pub handle: ConnectionHandle,
    /// To be dropped after the stream.
    pub guard: ConnectionGuard,
}

/// The code that serves a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServedBy {
    /// A handler, whose driver collects the mailbox.
    Handler,
    /// Code of the program, which may do without the mailbox: an abort has to end it in another way.
    Code,
}

/// Shows lengths and states, and no byte (C20).
impl<A: fmt::Debug> fmt::Debug for AcceptedConnection<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptedConnection")
            .field("address", &self.address)
            .field("local_address", &self.local_address)
            .field("mailbox", &self.mailbox)
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

impl<T, A: fmt::Debug + 'static> Connections<T, A> {
    /// Waits for a shutdown, or for a connection to end.
    pub fn poll_event(&mut self, waker: &Waker) -> Poll<ServerEvent> {
        self.signals.poll(waker)
    }

    /// Asks the admission about a connection that the listener has handed out, and then [accepts](Self::accept) it.
    ///
    /// `None` if it is refused, or if `local_address` fails, since its peer has reset it: the observer is told, and the
    /// caller drops the connection. A refusal allocates only for an observer and an address that is not one of the internet.
    pub fn admit(
        &mut self,
        address: A,
        local_address: impl FnOnce() -> io::Result<A>,
        served_by: ServedBy,
    ) -> Option<AcceptedConnection<A>> {
        if !self.admits(&address) {
            return None;
        }
        match local_address() {
            Ok(local_address) => Some(self.accept(address, local_address, served_by)),
            Err(error) => {
                self.accept_failed(&error);
                None
            }
        }
    }

    fn admits(&mut self, address: &A) -> bool {
        let Some(admission) = &mut self.admission else { return true };
        if admits(admission, address) {
            return true;
        }
        let number = self.number();
        self.tell(|observer| observer.refused(&ConnectionInfo::new(number, address)));
        false
    }

    /// Makes what a connection needs that is going to be served, and tells the observer.
    pub fn accept(&mut self, address: A, local_address: A, served_by: ServedBy) -> AcceptedConnection<A> {
        let number = self.number();
        let observed = self.observer.clone().map(|observer| (observer, ConnectionInfo::new(number, &address)));
        let needs_record = observed.is_some() || served_by == ServedBy::Code;
        let signals = Arc::clone(&self.signals);
        let (guard, record) = if needs_record {
            let record = Arc::new(ConnectionRecord::new(number, signals, observed, served_by));
            (ConnectionGuard::recorded(Arc::clone(&record)), Some(record))
        } else {
            (ConnectionGuard::plain(number, signals), None)
        };
        let (handle, mailbox) = recorded_mailbox(self.config.mailbox_capacity, record);
        AcceptedConnection { address, local_address, config: Arc::clone(&self.config), mailbox, handle, guard }
    }

    /// Tells the observer of a failure to accept.
    pub fn accept_failed(&self, error: &io::Error) {
        self.tell(|observer| observer.accept_failed(error));
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

    fn number(&mut self) -> u64 {
        let number = self.next_number;
        // 2^64 connections are never reached.
        self.next_number = number.wrapping_add(1);
        number
    }

    fn tell(&self, call: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = &self.observer {
            let _ = super::isolate_panic(|| call(&**observer));
        }
    }
}

impl<T, A> fmt::Debug for Connections<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("address", &any::type_name::<A>())
            .field("open", &self.open.len())
            .finish_non_exhaustive()
    }
}
