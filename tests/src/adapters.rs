//! What the scenarios ask of an adapter: its three things, behind a face that blocks, so that a scenario is plain code
//! with threads and `std::net` peers and knows nothing of runtimes.
//!
//! To bind a further adapter, write a file beside [`tokio`] that implements [`Adapter`] and [`Pull`], and [`Cancel`] and
//! [`Abandon`] if its calls are futures; and one in `tests/` that says `scenarios!(Name)`, or `scenarios!(Name, futures)` as well.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use asynchat_core::drive::{Peer, ShutdownHandle};
use asynchat_core::{Config, End, Error, Handler, Producer, PushError, Terminator};
use bytes::Bytes;

use crate::harness::faulty::Faulty;

pub mod async_std;
pub mod awaited;
pub mod blocking;
pub mod futures_io;
pub mod patience;
pub mod smol;
pub mod tokio;

/// An adapter. Each call runs on the calling thread until it is done, but for [`serve`](Adapter::serve).
pub trait Adapter: 'static {
    /// Its pull-style connection over a socket.
    type Tcp: Pull<Stream = TcpStream>;
    /// Its pull-style connection over a faulty stream.
    type Faulty: Pull<Stream = Faulty>;

    /// Whether it ends the output of a faulty stream. With std, only a socket has a shutdown.
    const ENDS_FAULTY: bool = true;

    /// Runs its server on a thread, over a listener that is blocking.
    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static;

    /// Runs its server on a thread, listening on some port of 127.0.0.1.
    fn serve<H, F>(config: Config, connection_limit: usize, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static,
    {
        let settings = Settings { config, connection_limit, ..Settings::default() };
        Self::serve_on(any_port(), settings, handler_for)
    }

    /// Drives a handler over a socket, to its end.
    ///
    /// # Errors
    ///
    /// Those of the adapter's own `drive`.
    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error>;

    /// Drives a handler over a faulty stream, to its end.
    ///
    /// # Errors
    ///
    /// Those of the adapter's own `drive`.
    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error>;

    /// A connection over a socket.
    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp;

    /// A connection over a faulty stream.
    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty;
}

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `Server::with_config`.
    pub config: Config,
    /// `Server::with_connection_limit`.
    pub connection_limit: usize,
    /// `Server::with_drain_timeout`.
    pub drain_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { config: Config::default(), connection_limit: 16, drain_timeout: Duration::from_secs(30) }
    }
}

/// Returns a listener on some port of 127.0.0.1.
pub fn any_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// An adapter's `Connection`. What it lends, this gives.
pub trait Pull: Sized {
    /// What it is a connection over, as std knows it.
    type Stream;

    /// `Connection::next_event`.
    ///
    /// # Errors
    ///
    /// As there.
    fn next_event(&mut self) -> Result<Option<Pulled>, Error>;

    /// `Connection::next_frame`.
    ///
    /// # Errors
    ///
    /// As there.
    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error>;

    /// `Connection::partial`.
    fn partial(&self) -> Vec<u8>;

    /// `Connection::end`.
    fn end(&self) -> Option<End>;

    /// `Connection::set_terminator`.
    fn set_terminator(&mut self, terminator: impl Into<Terminator>);

    /// `Connection::push`.
    ///
    /// # Errors
    ///
    /// As there.
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError>;

    /// `Connection::push_with_producer`.
    ///
    /// # Errors
    ///
    /// As there.
    fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError>;

    /// `Connection::queued`.
    fn queued(&self) -> usize;

    /// `Connection::flush`.
    ///
    /// # Errors
    ///
    /// As there.
    fn flush(&mut self) -> Result<(), Error>;

    /// `Connection::close`.
    ///
    /// # Errors
    ///
    /// As there.
    fn close(&mut self) -> Result<(), Error>;

    /// `Connection::into_inner`.
    ///
    /// # Errors
    ///
    /// As there.
    fn into_inner(self) -> Result<Self::Stream, Refused<Self>>;

    /// `Connection::into_parts`.
    fn into_parts(self) -> Parts<Self::Stream>;
}

/// An adapter whose `drive` is a future, which can be given up.
pub trait Abandon: Adapter {
    /// Polls `drive` over a faulty stream so often, and drops it if it is pending then.
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>>;
}

/// A connection whose calls are futures, which can be given up.
pub trait Cancel: Pull {
    /// From now on every future is polled so often, dropped if it is still pending, and made anew, until one is ready.
    fn drop_after(&mut self, polls: usize);

    /// Polls `next_frame` so often and drops it; whether it was pending to the last.
    fn give_up_a_frame(&mut self, polls: usize) -> bool;
}

/// An event that is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pulled {
    /// `Event::Data`.
    Data(Vec<u8>),
    /// `Event::Terminator`.
    Terminator,
}

impl From<asynchat_core::Event<'_>> for Pulled {
    fn from(event: asynchat_core::Event<'_>) -> Self {
        match event {
            asynchat_core::Event::Data(data) => Self::Data(data.to_vec()),
            asynchat_core::Event::Terminator => Self::Terminator,
        }
    }
}

/// An adapter's `IntoInnerError`.
#[derive(Debug)]
pub struct Refused<P> {
    /// How many bytes of input are unread.
    pub unread: usize,
    /// How many bytes of output are unsent.
    pub unsent: usize,
    /// The connection.
    pub connection: P,
}

/// An adapter's `Parts`.
#[derive(Debug)]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// Input that was read and not returned.
    pub unread: Bytes,
    /// How many bytes of output were not sent.
    pub unsent: usize,
}

/// A server that runs on a thread of its own.
pub struct Serving {
    address: SocketAddr,
    shutdown: ShutdownHandle,
    thread: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// A server that listens there, is shut down so, and returns on that thread.
    pub fn new(address: SocketAddr, shutdown: ShutdownHandle, thread: JoinHandle<io::Result<()>>) -> Self {
        Self { address, shutdown, thread }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has it shut down, gracefully.
    pub fn shutdown(&self) {
        self.shutdown.shutdown();
    }

    /// Waits until it has returned, and passes on its panic.
    ///
    /// # Errors
    ///
    /// Those of `Server::serve`.
    pub fn result(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Waits until it has returned without an error.
    pub fn join(self) {
        self.result().unwrap();
    }

    /// Shuts it down and waits until it has returned.
    pub fn stop(self) {
        self.shutdown();
        self.join();
    }
}
