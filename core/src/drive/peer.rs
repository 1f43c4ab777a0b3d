use core::net::SocketAddr;

use crate::drive::mailbox::ConnectionHandle;

/// The peer of a connection that a server has accepted: its address, and a handle on the connection.
///
/// `A` is the address of the listener: that of the internet, or another, such as that of a Unix socket.
#[derive(Debug, Clone)]
pub struct Peer<A = SocketAddr> {
    address: A,
    local_address: A,
    handle: ConnectionHandle,
}

impl<A> Peer<A> {
    /// Makes a peer. For adapters.
    pub fn new(address: A, local_address: A, handle: ConnectionHandle) -> Self {
        Self { address, local_address, handle }
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
        &self.handle
    }
}
