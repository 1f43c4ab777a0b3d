use alloc::format;
use alloc::sync::Arc;
use core::any::Any;
use core::fmt;
use core::net::SocketAddr;
use std::io;

use crate::error::Error;

/// Code of the program that a server tells of its connections: for logs and metrics. Given to `Server::with_observer`.
///
/// Each connection that the listener hands out is either [`refused`](Self::refused), or it is [`accepted`](Self::accepted)
/// and later [`closed`](Self::closed), exactly once. A [panic](Self::panicked) comes between these two.
///
/// All methods do nothing unless they are implemented. [`Metrics`](crate::drive::Metrics) counts; with the feature
/// `tracing`, `TracingObserver` logs.
///
/// # Calls
///
/// The loop of the server makes the first three calls. The task or thread of a connection makes the other two, so that
/// they come from several threads at once; the loop may make them too, if the code that makes a connection's handler or
/// future panics. No lock is held. A call has to be quick, since the loop or the task waits for it, and must not block. A
/// panic of an observer is caught and has no further effect.
///
/// # Cost
///
/// A server without an observer allocates nothing for it. With one, each connection has one more allocation, of about 250
/// bytes, and each of its turns adds up the lengths of the chunks that are queued.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::{ConnectionInfo, Observer, Traffic};
/// use asynchat_core::{Blame, Error};
///
/// /// Prints each connection that a peer has broken.
/// struct Complaints;
///
/// impl Observer for Complaints {
///     fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
///         if let Err(error) = outcome
///             && error.blame() == Blame::Peer
///         {
///             eprintln!("{connection}: {error}, after {} bytes", traffic.received);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// The listener has handed out a connection, and it is going to be served. Its handler does not exist yet.
    fn accepted(&self, connection: &ConnectionInfo) {
        let _ = connection;
    }

    /// The server's admission has refused a connection, or has panicked. It is closed at once, and nothing was read. A
    /// connection above the limit is not refused: it waits in the backlog of the system.
    fn refused(&self, connection: &ConnectionInfo) {
        let _ = connection;
    }

    /// The listener has failed to accept a connection, or the connection was reset before the address of this end was read.
    /// The server retries, unless the listener is dead. The error is an [`std::io::Error`].
    fn accept_failed(&self, error: &io::Error) {
        let _ = error;
    }

    /// A connection has ended, and its stream is closed. [`Error::blame`] says whose fault an error was.
    ///
    /// The outcome is that of the connection's handler. Under `serve_with` it is the error that the future or the
    /// closure returned; if it returned none, the outcome of `Incoming::drive`. After a panic it blames the handler. A
    /// connection that was dropped before its end has [`Error::Aborted`].
    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
        let _ = (connection, outcome, traffic);
    }

    /// The handler of a connection has panicked, or a producer of it, or the code that was to make or to serve it. Told once
    /// for a connection, even if the drop of what has panicked panics too.
    fn panicked(&self, connection: &ConnectionInfo) {
        let _ = connection;
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn accepted(&self, connection: &ConnectionInfo) {
        (**self).accepted(connection);
    }

    fn refused(&self, connection: &ConnectionInfo) {
        (**self).refused(connection);
    }

    fn accept_failed(&self, error: &io::Error) {
        (**self).accept_failed(error);
    }

    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
        (**self).closed(connection, outcome, traffic);
    }

    fn panicked(&self, connection: &ConnectionInfo) {
        (**self).panicked(connection);
    }
}

/// Both observers are told, in this order. A server can have more than one in this way.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn accepted(&self, connection: &ConnectionInfo) {
        self.0.accepted(connection);
        self.1.accepted(connection);
    }

    fn refused(&self, connection: &ConnectionInfo) {
        self.0.refused(connection);
        self.1.refused(connection);
    }

    fn accept_failed(&self, error: &io::Error) {
        self.0.accept_failed(error);
        self.1.accept_failed(error);
    }

    fn closed(&self, connection: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
        self.0.closed(connection, outcome, traffic);
        self.1.closed(connection, outcome, traffic);
    }

    fn panicked(&self, connection: &ConnectionInfo) {
        self.0.panicked(connection);
        self.1.panicked(connection);
    }
}

/// A connection, as an [`Observer`] is told of it. `Display` shows the number and the address of the peer.
#[derive(Debug, Clone)]
pub struct ConnectionInfo {
    number: u64,
    address: Address,
    /// The span of the connection, if a `TracingObserver` is told of it.
    #[cfg(feature = "tracing")]
    span: std::sync::OnceLock<tracing::Span>,
}

/// The address of a peer. One of the internet, which a busy server sees most, is not allocated.
#[derive(Debug, Clone)]
enum Address {
    Internet(SocketAddr),
    Other(Arc<str>),
}

impl ConnectionInfo {
    /// Describes a connection from this address. For adapters.
    pub fn new(number: u64, address: &(impl Any + fmt::Debug)) -> Self {
        let any: &dyn Any = address;
        let address = match any.downcast_ref::<SocketAddr>() {
            Some(address) => Address::Internet(*address),
            None => Address::Other(format!("{address:?}").into()),
        };
        Self {
            number,
            address,
            #[cfg(feature = "tracing")]
            span: std::sync::OnceLock::new(),
        }
    }

    /// The address, as `Display` shows it.
    #[cfg(feature = "tracing")]
    pub(super) fn peer(&self) -> &dyn fmt::Display {
        &self.address
    }

    /// Runs code within the span of the connection, if it has one.
    #[cfg(feature = "tracing")]
    pub(super) fn within<R>(&self, call: impl FnOnce() -> R) -> R {
        match self.span.get() {
            Some(span) => span.in_scope(call),
            None => call(),
        }
    }

    #[cfg(feature = "tracing")]
    pub(super) fn span(&self) -> &std::sync::OnceLock<tracing::Span> {
        &self.span
    }

    /// Returns the number of the connection. The server counts from 0 the connections that its listeners hand out, the
    /// refused ones included.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the address of the peer. `None` if it is no address of the internet, as that of a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.address {
            Address::Internet(address) => Some(address),
            Address::Other(_) => None,
        }
    }
}

impl fmt::Display for ConnectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {} from {}", self.number, self.address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internet(address) => address.fmt(f),
            Self::Other(address) => f.write_str(address),
        }
    }
}

/// The bytes that a connection has moved. Those that the program reads and writes through a stream of its own, as under
/// TLS, count only once they pass `Incoming::drive` or `Incoming::connection`: they are the bytes of the protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Traffic {
    /// The bytes that were read.
    pub received: u64,
    /// The bytes that were written.
    pub sent: u64,
    /// The bytes of output that were queued and dropped, because the connection failed or was aborted. A producer
    /// counts as one. Pushes that waited in the mailbox do not count. For an `Incoming::connection` it is the output
    /// that was queued when it last wrote.
    pub unsent: u64,
}
