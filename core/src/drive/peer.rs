use core::fmt;
use core::net::SocketAddr;

use crate::drive::mailbox::{Caller, ConnectionHandle};

/// The peer of a connection that a server has accepted: its address, a handle on the connection, and a caller of the handler
/// that is to be made for it.
pub struct Peer<H> {
    address: SocketAddr,
    caller: Caller<H>,
}

impl<H> Peer<H> {
    /// Makes a peer. For adapters.
    pub fn new(address: SocketAddr, caller: Caller<H>) -> Self {
        Self { address, caller }
    }

    /// Returns the address of the peer.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the handle through which other tasks and threads push to the connection. Its clones may outlive the
    /// connection; a push then fails with [`MailboxError::Closed`](crate::drive::MailboxError::Closed).
    pub fn handle(&self) -> &ConnectionHandle {
        self.caller.handle()
    }

    /// Returns the caller through which other tasks and threads call the handler of the connection. A handler that keeps a
    /// clone can start work elsewhere, which calls back.
    pub fn caller(&self) -> &Caller<H> {
        &self.caller
    }
}

impl<H> Clone for Peer<H> {
    fn clone(&self) -> Self {
        Self { address: self.address, caller: self.caller.clone() }
    }
}

impl<H> fmt::Debug for Peer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("address", &self.address).field("handle", self.handle()).finish()
    }
}
