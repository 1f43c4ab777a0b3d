//! The interface that the scenarios use: an adapter's server, `drive` and `Connection`, as blocking calls. So a scenario
//! is plain code with threads and `std::net`, and knows no runtime.
//!
//! To bind a further adapter, write a file beside [`tokio`] that implements [`Adapter`] and [`PullConnection`], and
//! [`CancelConnection`] and [`CancelDrive`] if its calls are futures; and one in `tests/` that says `scenarios!(Name)`,
//! or `scenarios!(Name, futures)` as well.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use asynchat_core::drive::{ConnectionHandle, Ended, Observer, Peer, ShutdownHandle};
use asynchat_core::{Config, End, Error, Handler, Producer, PushError, Terminator};
use bytes::Bytes;

use crate::harness::faulty::Faulty;

pub mod async_std;
pub mod block_on;
pub mod blocking;
pub mod cancellation;
pub mod futures_io;
pub mod smol;
pub mod tokio;

/// An adapter. Each call except [`serve`](Adapter::serve) blocks until it is done.
pub trait Adapter: 'static {
    /// The connection over a socket.
    type Tcp: SplitPull<Stream = TcpStream>;
    /// The connection over a faulty stream.
    type Faulty: PullConnection<Stream = Faulty>;

    /// True if the adapter shuts down the write side of a faulty stream. In std, only a socket has a shutdown.
    const ENDS_FAULTY: bool = true;

    /// Runs its server on a thread, over a listener that is blocking.
    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H + Send + 'static;

    /// Runs its server on a thread, listening on some port of 127.0.0.1.
    fn serve<H, F>(config: Config, connection_limit: usize, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H + Send + 'static,
    {
        let settings = Settings { config, connection_limit, ..Settings::default() };
        Self::serve_on(any_port(), settings, handler_for)
    }

    /// Runs its server on a thread, which serves each connection by code: `Server::serve_with` and `Incoming::drive`, once
    /// more above an upgrade.
    fn serve_drive<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: Fn(&ConnectionHandle) -> H + Send + Sync + 'static;

    /// Runs its server on a thread, which serves each connection by code: `Server::serve_with` and
    /// `Incoming::connection`. See [`Command`] for what the code does.
    fn serve_lines(listener: TcpListener, settings: Settings) -> Serving;
    /// Drives a handler over a socket until the connection ends, or is to be upgraded.
    ///
    /// # Errors
    ///
    /// Those of the adapter's own `drive`.
    fn drive_to_upgrade<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<Ended<TcpStream>, Error>;

    /// Drives a handler over a faulty stream until the connection ends, or is to be upgraded.
    ///
    /// # Errors
    ///
    /// Those of the adapter's own `drive`.
    fn drive_faulty_to_upgrade<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<Ended<Faulty>, Error>;

    /// Drives a handler over a socket until the connection ends.
    ///
    /// # Errors
    ///
    /// Those of the adapter's own `drive`.
    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error> {
        Self::drive_to_upgrade(stream, handler, config).map(drop)
    }

    /// Drives a handler over a faulty stream until the connection ends.
    ///
    /// # Errors
    ///
    /// Those of the adapter's own `drive`.
    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error> {
        Self::drive_faulty_to_upgrade(stream, handler, config).map(drop)
    }

    /// Creates a connection over a socket.
    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp;

    /// Creates a connection over a socket from which another layer has read these bytes.
    fn connect_with_unread(stream: TcpStream, unread: &[u8], terminator: impl Into<Terminator>) -> Self::Tcp;

    /// Creates a connection over a faulty stream.
    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty;
}

/// The settings of a server.
#[derive(Clone)]
pub struct Settings {
    /// `Server::with_config`.
    pub config: Config,
    /// `Server::with_connection_limit`.
    pub connection_limit: usize,
    /// `Server::with_drain_timeout`.
    pub drain_timeout: Duration,
    /// `Server::with_admission`.
    pub admits: Arc<dyn Fn(&SocketAddr) -> bool + Send + Sync>,
    /// `Server::with_observer`.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            config: Config::default(),
            connection_limit: 16,
            drain_timeout: Duration::from_secs(30),
            admits: Arc::new(|_| true),
            observer: None,
        }
    }
}

/// Sets up a server of an adapter, whatever its listener.
macro_rules! set_up {
    ($server:expr, $settings:expr) => {{
        let $crate::adapters::Settings { config, connection_limit, drain_timeout, admits, observer } = $settings;
        let server = $server.with_config(config).with_connection_limit(connection_limit);
        let server = server.with_drain_timeout(drain_timeout).with_admission(move |address| admits(address));
        match observer {
            Some(observer) => server.with_observer(observer),
            None => server,
        }
    }};
}
pub(crate) use set_up;

/// A line for the code of [`Adapter::serve_lines`]. At the end of the stream the code closes, and at a shutdown it says
/// `bye|` before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `panic`: panics.
    Panic,
    /// `fail`: returns an error that blames the peer.
    Fail,
    /// `hang`: answers `hanging|`, and then waits for input without end, and without regard for a shutdown.
    Hang,
    /// `push`: pushes `pushed|` through the handle of the connection, and answers nothing.
    Push,
    /// Any other line: answers it, with a `|` behind it.
    Echo(Vec<u8>),
}

impl From<&[u8]> for Command {
    fn from(line: &[u8]) -> Self {
        match line {
            b"panic" => Self::Panic,
            b"fail" => Self::Fail,
            b"hang" => Self::Hang,
            b"push" => Self::Push,
            _ => Self::Echo([line, b"|"].concat()),
        }
    }
}

/// Returns a listener on some port of 127.0.0.1.
pub fn any_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// An adapter's `Connection`. Data that it lends is returned as a copy.
pub trait PullConnection: Sized {
    /// The stream below the connection, as std knows it.
    type Stream;

    /// `Connection::next_event`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error>;

    /// `Connection::next_frame`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error>;

    /// `Connection::next_frame_owned`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error>;

    /// `Connection::partial`.
    fn partial(&self) -> Vec<u8>;

    /// `Connection::end`.
    fn end(&self) -> Option<End>;

    /// `Connection::set_terminator`.
    fn set_terminator(&mut self, terminator: impl Into<Terminator>);

    /// `Connection::set_max_frame_len`.
    fn set_max_frame_len(&mut self, max_len: usize);

    /// `Connection::discard_input`.
    fn discard_input(&mut self);

    /// `Connection::handle`.
    fn handle(&mut self) -> ConnectionHandle;

    /// `Connection::push_slice`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError>;

    /// `Connection::push`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError>;

    /// `Connection::push_with_producer`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError>;

    /// `Connection::queued`.
    fn queued(&self) -> usize;

    /// `Connection::flush`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn flush(&mut self) -> Result<(), Error>;

    /// `Connection::finish`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn finish(&mut self) -> Result<(), Error>;

    /// `Connection::abort`.
    fn abort(self);

    /// `Connection::close`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn close(&mut self) -> Result<(), Error>;

    /// `Connection::into_inner`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn into_inner(self) -> Result<Self::Stream, IntoInnerFailure<Self>>;

    /// `Connection::into_parts`.
    fn into_parts(self) -> Parts<Self::Stream>;
}

/// A connection that can be split between two threads.
pub trait SplitPull: PullConnection {
    /// The half that reads.
    type Reader: PullReader<Writer = Self::Writer, Whole = Self> + Send + 'static;
    /// The half that writes.
    type Writer: PullWriter + Send + 'static;

    /// `Connection::into_split`.
    fn into_split(self) -> (Self::Reader, Self::Writer);
}

/// An adapter's `ReadHalf`.
pub trait PullReader {
    /// The other half.
    type Writer;
    /// The connection.
    type Whole;

    /// `ReadHalf::next_frame`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error>;

    /// `ReadHalf::next_event`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error>;

    /// `ReadHalf::set_terminator`.
    fn set_terminator(&mut self, terminator: impl Into<Terminator>);

    /// `ReadHalf::handle`.
    fn handle(&self) -> ConnectionHandle;

    /// `ReadHalf::reunite`, with the halves of the same connection.
    fn reunite(self, writer: Self::Writer) -> Self::Whole;
}

/// An adapter's `WriteHalf`.
pub trait PullWriter {
    /// `WriteHalf::push`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError>;

    /// `WriteHalf::flush`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn flush(&mut self) -> Result<(), Error>;

    /// `WriteHalf::finish`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn finish(&mut self) -> Result<(), Error>;

    /// `WriteHalf::close`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn close(&mut self) -> Result<(), Error>;

    /// `WriteHalf::abort`.
    fn abort(self);
}

/// An adapter whose `drive` is a future, which can be cancelled.
pub trait CancelDrive: Adapter {
    /// Polls `drive` over a faulty stream `polls` times, and drops it if it is still pending.
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>>;
}

/// A connection whose calls are futures, which can be cancelled.
pub trait CancelConnection: PullConnection {
    /// Cancels every future of later calls after `polls` polls and creates it again, until one is ready.
    fn drop_after(&mut self, polls: usize);

    /// Polls `next_frame` `polls` times and drops it. Returns whether it was still pending.
    fn cancel_next_frame(&mut self, polls: usize) -> bool;
}

/// An `Event` that owns its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnedEvent {
    /// `Event::Data`.
    Data(Vec<u8>),
    /// `Event::Terminator`.
    Terminator,
}

impl From<asynchat_core::Event<'_>> for OwnedEvent {
    fn from(event: asynchat_core::Event<'_>) -> Self {
        match event {
            asynchat_core::Event::Data(data) => Self::Data(data.to_vec()),
            asynchat_core::Event::Terminator => Self::Terminator,
        }
    }
}

/// An adapter's `IntoInnerError`: the stream cannot be returned.
#[derive(Debug)]
pub struct IntoInnerFailure<P> {
    /// The number of bytes of input that are unread.
    pub unread: usize,
    /// The number of bytes of output that are unsent.
    pub unsent: usize,
    /// The connection.
    pub connection: P,
}

/// An adapter's `Parts`.
#[derive(Debug)]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The input that was read and not returned.
    pub unread: Bytes,
    /// The number of bytes of output that were not sent.
    pub unsent: usize,
}

/// A server that runs on its own thread.
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

    /// Returns the address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a graceful shutdown.
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

    /// Shuts the server down and waits until it has returned.
    pub fn stop(self) {
        self.shutdown();
        self.join();
    }
}
