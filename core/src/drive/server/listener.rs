use core::future::ready;
use core::net::SocketAddr;
use std::io;

use crate::drive::transport::{Clock, IoWrapper, Transport};

/// An asynchronous runtime, as a [`Server`](super::Server) needs it: its tasks and its time. For adapters.
pub trait Runtime: 'static {
    /// The time, and a timer.
    type Clock: Clock + Default + Send + 'static;

    /// A task. Dropping it cancels the task: the runtime drops its future as soon as it is not being polled.
    type Task: Send + 'static;

    /// Prepares the runtime. Called once, before the first connection is accepted.
    fn start() -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Spawns a task, which may be polled by any thread.
    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task;
}

/// A listening socket of a runtime, as a [`Server`](super::Server) needs it. For adapters.
pub trait Listener: Send + Sync + 'static {
    /// The runtime that its connections are driven on.
    type Runtime: Runtime;

    /// An accepted connection. Shutting it down ends its output.
    type Stream: Send + 'static;

    /// An accepted connection, as core reads and writes it.
    type Transport: Transport + IoWrapper<Stream = Self::Stream> + Send + 'static;

    /// Waits for a connection. May be cancelled without losing one.
    ///
    /// The connection is set to send without delay (`TCP_NODELAY`): its output is coalesced before it is written.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// A [`Listener`] that can be made from an address of type `A`. For adapters.
pub trait Bind<A>: Listener + Sized {
    /// Listens on an address.
    fn bind(address: A) -> impl Future<Output = io::Result<Self>>;
}
