use core::net::SocketAddr;

use crate::drive::mailbox::ConnectionHandle;

/// The peer of a connection that a server has accepted: its address, and a handle on the connection.
#[derive(Debug, Clone)]
pub struct Peer {
    address: SocketAddr,
    handle: ConnectionHandle,
}

impl Peer {
    /// Makes a peer. For adapters.
    pub fn new(address: SocketAddr, handle: ConnectionHandle) -> Self {
        Self { address, handle }
    }

    /// Returns the address of the peer.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the handle through which other tasks and threads push to the connection. Its clones may outlive the
    /// connection; a push then fails with [`MailboxError::Closed`](crate::drive::MailboxError::Closed).
    pub fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }
}
