//! asynchat on tokio: framing by delimiters and lengths, with backpressure, on any `AsyncRead + AsyncWrite`.
//!
//! | to | use |
//! |---|---|
//! | serve a protocol | [`Server`]: `Server::bind(address).await?.serve(\|peer\| handler).await` |
//! | serve with TLS, behind a proxy, or with async/await | [`Server::serve_with`](asynchat_core::drive::Server::serve_with), with an [`Incoming`] |
//! | serve on a Unix socket | `UnixServer` |
//! | log and count connections | [`Server::with_observer`](asynchat_core::drive::Server::with_observer), with an [`Observer`] |
//! | drive a [`Handler`] over a stream of your own (TLS, a Unix socket) | [`drive`] |
//! | read and write in two tasks | [`ReadHalf`] and [`WriteHalf`], of a [`Connection`] |
//! | write a client, or a server with async/await | [`Connection`] |
//! | push to a connection from other tasks (chat, publish/subscribe) | [`ConnectionHandle`], of a [`Peer`] or a [`Connection`] |
//! | test a handler without a socket | [`Chat`] |
//!
//! The names of [`asynchat_core`] are here too; [`Handler`] says what a handler is. A handler runs
//! unchanged on every adapter, and must not block.
//!
//! The folder `examples` of the repository has programs to copy, each in one file: an echo, a client, TLS, STARTTLS, a
//! store that is awaited, a proxy, timeouts, a graceful shutdown, the unit tests of a handler; and clients of Redis,
//! memcached, a mail server with STARTTLS, a shell in a terminal (expect), and a serial line (NMEA 0183).
//!
//! # Example
//!
//! A server of lines, until Ctrl-C:
//!
//! ```no_run
//! use asynchat_tokio::{BoxError, Channel, Handler, Server};
//!
//! /// Answers each line with its length, and closes after `QUIT`.
//! #[derive(Default)]
//! struct Lengths {
//!     line: Vec<u8>,
//! }
//!
//! impl Handler for Lengths {
//!     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
//!         channel.set_terminator(b"\r\n");
//!         Ok(())
//!     }
//!
//!     fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
//!         self.line.extend_from_slice(data);
//!         Ok(())
//!     }
//!
//!     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
//!         let line = std::mem::take(&mut self.line);
//!         if line == b"QUIT" {
//!             channel.push("bye\r\n")?;
//!             channel.close_when_done();
//!             return Ok(());
//!         }
//!         Ok(channel.push(format!("{}\r\n", line.len()))?)
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let server = Server::bind("127.0.0.1:7000").await?;
//!     let shutdown = server.shutdown_handle();
//!     tokio::spawn(async move {
//!         if tokio::signal::ctrl_c().await.is_ok() {
//!             shutdown.shutdown();
//!         }
//!     });
//!     server.serve(|_peer| Lengths::default()).await
//! }
//! ```
//!
//! # Protection of a server
//!
//! | against | by |
//! |---|---|
//! | a peer that does not read | backpressure: above [`Config::high_water`] no event is delivered, and nothing more is read |
//! | a peer that sends or reads byte by byte (slowloris) | a minimum rate: [`MinRate`] |
//! | a frame without an end | [`Config::max_frame_len`] |
//! | too many connections, no descriptor left | [`Server::with_connection_limit`](asynchat_core::drive::Server::with_connection_limit), with backoff |
//! | a peer that is gone without a word | TCP keepalive: [`Config::tcp_keepalive`] |
//! | a handler that panics | its own connection ends, and no other |
//! | output lost in a close | a half-close, then a bounded linger: [`Config::linger`] |
//! | commands injected before TLS (STARTTLS) | [`Connection::into_inner`](asynchat_core::drive::Connection::into_inner) and [`Parts::into_stream`] refuse while input is unread |
//!
//! # Graceful shutdown
//!
//! [`ShutdownHandle::shutdown`] stops the listener and tells every handler: [`Handler::handle_shutdown`], which may say
//! a last word. Each connection sends what is queued, and `serve` returns. Connections that are open after a bound, 30
//! seconds by default, are aborted: [`Server::with_drain_timeout`](asynchat_core::drive::Server::with_drain_timeout).
//!
//! # Cancel safety
//!
//! - The futures of a [`Connection`] and of its halves are cancel-safe: each can be dropped at any await point, as `select!` does, and made
//!   again without losing a byte. A future of your own that reads several frames needs a place for them outside of it:
//!   [Cancel safety](asynchat_core::drive::Connection#cancel-safety).
//! - The futures of [`drive`] and `Server::serve` own what they drive. Dropping one drops its connections, without sending
//!   what is queued.
//!
//! # Features
//!
//! - `codec`: the module `codec`, with frames as a codec of tokio-util, and a handler made of a `Decoder`.
//! - `futures`: [`Connection`] is a `Stream` of frames and a `Sink` for output, and so are its halves. `StreamProducer` sends
//!   a `Stream`.
//! - `tracing`: `TracingObserver`, an observer of a server that logs.

#[cfg(feature = "codec")]
pub mod codec;
mod io;
mod runtime;
#[cfg(unix)]
mod unix;

pub use io::{TokioClock, TokioIo, TokioSleep};
pub use runtime::{Incoming, Server, Tokio, TokioListener, TokioTask};
#[cfg(unix)]
pub use unix::{TokioUnixListener, UnixIncoming, UnixServer};

pub use asynchat_core;
#[doc(inline)]
pub use asynchat_core::drive::exports::*;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection that is used with async/await, over any `AsyncRead + AsyncWrite` of tokio.
///
#[doc = asynchat_core::shared_doc!(connection)]
///
/// # Examples
///
/// ```
/// use asynchat_tokio::Connection;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (stream, mut server) = tokio::io::duplex(64);
/// server.write_all(b"220 ready\r\n$3\r\nabc").await?;
///
/// let mut client = Connection::new(stream, b"\r\n");
/// assert_eq!(client.next_frame().await?, Some(&b"220 ready"[..]));
/// client.push("HELO me\r\n")?;
/// client.flush().await?;
/// assert_eq!(client.next_frame().await?, Some(&b"$3"[..]));
/// client.set_terminator(3u64);
/// assert_eq!(client.next_frame().await?, Some(&b"abc"[..]));
/// # let mut sent = [0; 9];
/// # server.read_exact(&mut sent).await?;
/// # assert_eq!(&sent, b"HELO me\r\n");
/// # Ok(())
/// # }
/// ```
///
/// A peer that stops in the middle of a line. The timeout loses nothing:
///
/// ```
/// use std::time::Duration;
///
/// use asynchat_tokio::Connection;
/// use tokio::io::AsyncWriteExt;
/// use tokio::time::timeout;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (stream, mut peer) = tokio::io::duplex(64);
/// let mut connection = Connection::new(stream, b"\n");
/// peer.write_all(b"half a li").await?;
/// assert!(timeout(Duration::from_millis(1), connection.next_frame()).await.is_err());
/// assert_eq!(connection.partial(), b"half a li");
/// peer.write_all(b"ne\n").await?;
/// assert_eq!(connection.next_frame().await?, Some(&b"half a line"[..]));
/// # Ok(())
/// # }
/// ```
pub type Connection<S> = asynchat_core::drive::Connection<TokioIo<S>, TokioClock>;

/// The half of a [`Connection`] that reads. Its promises: [`asynchat_core::drive::ReadHalf`].
///
/// # Examples
///
/// A subscriber: one task reads what is published, another sends.
///
/// ```
/// use asynchat_tokio::{Connection, Error};
/// # use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// # let (stream, server) = tokio::io::duplex(64);
/// # tokio::spawn(async move {
/// #     let (mut subscription, mut server) = (String::new(), BufReader::new(server));
/// #     server.read_line(&mut subscription).await?;
/// #     server.write_all(b"rain\nsun\n").await
/// # });
/// let (mut reader, mut writer) = Connection::new(stream, b"\n").into_split();
/// let reading = tokio::spawn(async move {
///     let mut news = Vec::new();
///     while let Some(line) = reader.next_frame_owned().await? {
///         news.push(line);
///     }
///     Ok::<_, Error>(news)
/// });
/// writer.push("SUBSCRIBE weather\n")?;
/// writer.flush().await?;
/// assert_eq!(reading.await??, ["rain", "sun"]);
/// # Ok(())
/// # }
/// ```
pub type ReadHalf<S> = asynchat_core::drive::ReadHalf<TokioIo<S>, TokioClock>;

/// The half of a [`Connection`] that writes. Its promises: [`asynchat_core::drive::WriteHalf`].
pub type WriteHalf<S> = asynchat_core::drive::WriteHalf<TokioIo<S>, TokioClock>;

/// The error of a stream that was asked back while input is unread or output unsent. It has the connection.
pub type IntoInnerError<S> = asynchat_core::drive::IntoInnerError<Connection<S>>;

/// The future that [`drive`] returns. Its promises: [`asynchat_core::drive::Drive`].
pub type Drive<S, H> = asynchat_core::drive::Drive<TokioIo<S>, TokioClock, H>;

#[doc = asynchat_core::shared_doc!(drive)]
///
/// # Runtime
///
/// An open connection needs a timer, for [`Config::idle_timeout`] if for nothing else. A runtime without the time driver of
/// tokio will do, if that, [`Config::min_input_rate`] and [`Config::min_output_rate`] are `None` and [`Config::linger`]
/// is zero.
///
/// # Examples
///
/// ```
/// use asynchat_tokio::{Channel, Config, Handler, BoxError, drive};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_vec())?)
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut here, there) = tokio::io::duplex(64);
/// let task = tokio::spawn(drive(there, Echo, Config::default()));
/// here.write_all(b"hello").await?;
/// here.shutdown().await?;
/// let mut answer = Vec::new();
/// here.read_to_end(&mut answer).await?;
/// assert_eq!(answer, b"hello");
/// task.await??;
/// # Ok(())
/// # }
/// ```
pub fn drive<S, H>(stream: S, handler: H, config: impl Into<Arc<Config>>) -> Drive<S, H>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    H: Handler,
{
    Drive::new(stream, handler, config)
}

#[doc = asynchat_core::shared_doc!(drive_with_mailbox)]
pub fn drive_with_mailbox<S, H>(
    stream: S,
    handler: H,
    config: impl Into<Arc<Config>>,
    mailbox: Mailbox<H>,
) -> Drive<S, H>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
    H: Handler,
{
    Drive::with_mailbox(stream, handler, config, mailbox)
}

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
