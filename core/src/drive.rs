//! The mechanisms that the adapters share, for authors of adapters. There is no I/O here and no runtime: an adapter
//! implements [`Transport`] and [`Clock`] over those of its runtime.
//!
//! | to | use |
//! |---|---|
//! | drive a [`Chat`](crate::chat::Chat) | [`Driver`], or the future [`Drive`] |
//! | pull frames | [`PollConnection`], or the futures of [`Connection`] |
//! | read and write in two tasks | [`SplitConnection`], or the futures of [`ReadHalf`] and [`WriteHalf`] |
//! | make a clock of a runtime's timer | [`RuntimeClock`] over [`Sleep`] |
//! | serve a listener | [`Server`] over [`Listener`] and [`Runtime`]; with threads, [`Acceptor`], [`ServerOptions`] and [`Connections`] |
//! | watch a server | [`Observer`], [`Metrics`] |
//! | push to a connection, and call its handler, from other tasks | [`mailbox()`]: [`ConnectionHandle`], [`Caller`] and [`Mailbox`] |
//! | call the system | [`retry_on_intr`], [`with_read_buffer`], [`with_shared_read_buffer`] |
//!
//! Locks and std's `Instant` are only in this module. Thread-locals are here, and in [`chat`](crate::chat), where an
//! [`IdleChat`](crate::chat::IdleChat) keeps a spare allocation.

mod acceptor;
mod budget;
#[cfg(feature = "std")]
mod connection;
#[cfg(feature = "std")]
mod driver;
mod ended;
#[doc(hidden)]
#[cfg(feature = "std")]
pub mod exports;
#[cfg(feature = "std")]
mod future;
mod judgement;
#[cfg(feature = "std")]
mod mailbox;
mod parts;
#[cfg(feature = "std")]
mod peer;
mod poll_connection;
#[cfg(feature = "std")]
mod read_buffer;
#[cfg(feature = "std")]
mod runtime_clock;
#[cfg(feature = "std")]
mod server;
#[cfg(feature = "std")]
mod shared_timer;
#[cfg(feature = "std")]
mod split;
#[cfg(feature = "std")]
mod tcp;
mod transport;
mod writer;

#[cfg(feature = "std")]
#[doc(inline)]
pub use crate::retry_on_intr::retry_on_intr;
pub use acceptor::{AcceptError, Acceptor};
#[cfg(feature = "std")]
pub use connection::{Connection, ReadHalf, ReuniteError, WriteHalf};
#[cfg(feature = "std")]
pub use driver::Driver;
pub use ended::Ended;
#[cfg(feature = "std")]
pub use future::Drive;
#[cfg(feature = "std")]
pub use mailbox::{Caller, ConnectionHandle, Mailbox, MailboxError, mailbox};
pub use parts::{IntoInnerError, IntoStreamError, Parts};
#[cfg(feature = "std")]
pub use peer::Peer;
pub use poll_connection::PollConnection;
#[cfg(feature = "std")]
pub use read_buffer::{with_read_buffer, with_shared_read_buffer};
#[cfg(feature = "std")]
pub use runtime_clock::{RuntimeClock, Sleep};
#[cfg(feature = "tracing")]
pub use server::TracingObserver;
#[cfg(feature = "std")]
pub use server::{
    AcceptedConnection, Bind, ConnectionGuard, ConnectionInfo, Connections, Incoming, Listener, Metrics,
    MetricsSnapshot, Observer, Panicked, Runtime, ServeOutcome, ServedBy, Server, ServerEvent, ServerOptions,
    ShutdownHandle, Traffic, isolate_panic,
};
#[cfg(feature = "std")]
pub use split::{Half, LentCopy, SplitConnection};
#[cfg(feature = "std")]
pub use tcp::tcp_unacknowledged;
pub use transport::{Clock, IoWrapper, Transport};
