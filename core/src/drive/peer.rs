use core::fmt;
use core::net::SocketAddr;

use crate::drive::mailbox::{Caller, ConnectionHandle};

/// The peer of a connection that a server has accepted: its address, a handle on the connection, and a caller of the
/// handler that is to be made for it.
///
/// `H` is that handler. `A` is the address of the listener: that of the internet, or another, such as that of a Unix
/// socket.
pub struct Peer<H, A = SocketAddr> {
    address: A,
    local_address: A,
    caller: Caller<H>,
}

impl<H, A> Peer<H, A> {
    /// Makes a peer. For adapters.
    pub fn new(address: A, local_address: A, caller: Caller<H>) -> Self {
        Self { address, local_address, caller }
    }

    /// Returns the address of the peer.
    pub fn address(&self) -> A
    where
        A: Clone,
    {
        self.address.clone()
    }

    /// Returns the address at this end, by which the listener of a server that has several is known.
    pub fn local_address(&self) -> A
    where
        A: Clone,
    {
        self.local_address.clone()
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

impl<H, A: Clone> Clone for Peer<H, A> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), local_address: self.local_address.clone(), caller: self.caller.clone() }
    }
}

/// Shows addresses and states, and no byte (C20).
impl<H, A: fmt::Debug> fmt::Debug for Peer<H, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("address", &self.address)
            .field("local_address", &self.local_address)
            .field("handle", self.handle())
            .finish()
    }
}
