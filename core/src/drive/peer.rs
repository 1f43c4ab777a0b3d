use core::net::SocketAddr;

use crate::drive::mailbox::ConnectionHandle;

/// Who is at the other end of a connection that a server has accepted: what the maker of its handler is given.
#[derive(Debug, Clone)]
pub struct Peer {
    address: SocketAddr,
    handle: ConnectionHandle,
}

impl Peer {
    /// For adapters.
    pub fn new(address: SocketAddr, handle: ConnectionHandle) -> Self {
        Self { address, handle }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The handle through which other tasks and threads push to the connection. Clones of it outlive the connection, and
    /// are then told that it is closed.
    pub fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }
}
