//! The interface that the scenarios use: an adapter's server, `drive` and `Connection`, as blocking calls. So a scenario
//! is plain code with threads and `std::net`, and knows no runtime.
//!
//! To bind a further adapter whose calls block, write a file as [`blocking`] that implements [`Adapter`], [`SplitPull`],
//! [`PullReader`] and [`PullWriter`], and one in `tests/` that says `scenarios!(Name)`.
//!
//! To bind one whose calls are futures, write a file as [`tokio`]: it implements [`Adapter`] and [`CancelDrive`], and for the
//! runtime [`Executor`](block_on::Executor), [`RuntimeStream`](block_on::RuntimeStream) and
//! [`RuntimeListener`](serve::RuntimeListener). Its file in `tests/` says `scenarios!(Name, futures)` as well.
//!
//! | module | contents |
//! |---|---|
//! | `pull` | `Connection` and its halves, as blocking calls |
//! | `server` | the settings of a server, and a server on its own thread |
//! | [`block_on`] | core's `Connection` behind [`PullConnection`], for adapters with futures |
//! | [`serve`] | core's `Server` on its own thread, for adapters with futures |

use std::net::{TcpListener, TcpStream};

use asynchat_core::drive::{ConnectionHandle, Ended, Peer};
use asynchat_core::{Config, Error, Handler, Terminator};

use crate::harness::faulty::Faulty;

pub mod async_std;
pub mod block_on;
pub mod blocking;
pub mod cancellation;
pub mod futures_io;
mod pull;
pub mod serve;
mod server;
pub mod smol;
pub mod tokio;

pub use pull::{
    CancelConnection, IntoInnerFailure, OwnedEvent, Parts, PullConnection, PullReader, PullWriter, SplitPull,
};
pub(crate) use server::set_up;
pub use server::{Serving, Settings, any_port};

/// An adapter. A call that serves returns a server on its own thread. Any other call blocks until it is done.
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
    /// `Incoming::connection`. At the end of the stream the code closes, and at a shutdown it says `bye|` before. It obeys
    /// these lines:
    ///
    /// | line | act |
    /// |---|---|
    /// | `panic` | panics |
    /// | `fail` | returns an error that blames the peer |
    /// | `hang` | answers `hanging\|`, and then waits for input without end, and without regard for a shutdown |
    /// | `push` | pushes `pushed\|` through the handle of the connection, and answers nothing |
    /// | any other | answers the line, with a `\|` behind it |
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

/// An adapter whose `drive` is a future, which can be cancelled.
pub trait CancelDrive: Adapter {
    /// Polls `drive` over a faulty stream `polls` times, and drops it if it is still pending.
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>>;
}
