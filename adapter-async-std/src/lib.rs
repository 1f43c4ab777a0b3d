//! asynchat on futures-io: framing by delimiters and lengths, with backpressure, on any `AsyncRead + AsyncWrite` of
//! [`futures_io`]. For smol, for async-std, and for any other executor.
//!
//! | to | use |
//! |---|---|
//! | serve a protocol on smol | feature `smol`: `smol::Server::bind(address).await?.serve(\|peer\| handler).await` |
//! | serve a protocol on async-std | feature `async-std`: `async_std::Server` |
//! | serve with TLS, behind a proxy, or with async/await | [`Server::serve_with`](asynchat_core::drive::Server::serve_with), with a `smol::Incoming` or an `async_std::Incoming` |
//! | serve on a Unix socket | `smol::UnixServer` |
//! | log and count connections | [`Server::with_observer`](asynchat_core::drive::Server::with_observer), with an [`Observer`] |
//! | drive a [`Handler`] over a stream, on any runtime | [`drive`] |
//! | read and write in two tasks | [`ReadHalf`] and [`WriteHalf`], of a [`Connection`] |
//! | write a client, or a server with async/await, on any runtime | [`Connection`] |
//! | push to a connection from other tasks (chat, publish/subscribe) | [`ConnectionHandle`], of a [`Peer`] or a [`Connection`] |
//! | test a handler without a socket | [`Chat`] |
//!
//! The names of [`asynchat_core`] are here too; [`Handler`] says what a handler is. A handler runs
//! unchanged on every adapter, and must not block.
//!
//! The folder `examples` of the repository has programs to copy, each in one file, on smol: servers, proxies and shutdowns,
//! clients of Redis, memcached, a mail server with STARTTLS, a shell in a terminal (expect), and a serial line (NMEA 0183).
//!
//! # Example
//!
//! A server of lines on smol:
//!
//! ```no_run
//! # #[cfg(feature = "smol")]
//! # mod with_smol {
//! use asynchat_async_std::smol::Server;
//! use asynchat_async_std::{BoxError, Channel, Handler};
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
//! fn main() -> std::io::Result<()> {
//!     smol::block_on(async {
//!         let server = Server::bind("127.0.0.1:7000").await?;
//!         server.serve(|_peer| Lengths::default()).await
//!     })
//! }
//! # }
//! # fn main() {}
//! ```
//!
//! # Which runtime
//!
//! The default is none. For new code take smol. **async-std is discontinued** (RUSTSEC-2025-0052), by its own authors in
//! favour of smol; its feature is for programs that have yet to move, and a move changes one path here.
//!
//! Timers are those of `async-io`, on which both runtimes are built: for a slow peer that is cut off, and for a close that
//! lingers. They need no executor of these runtimes: if a program has no thread called `async-io` yet, one is started when
//! the first timer is set. It wakes tasks of any runtime.
//!
//! # Closing
//!
//! A peer sees the end of its input when `poll_close` of the stream shuts down the write side, as that of
//! `smol::net::TcpStream` does. That of `async_std::net::TcpStream` and of a bare `async_io::Async<TcpStream>` does
//! nothing: the peer then sees the end only when the stream is dropped. For the first there is `async_std::Socket`, which
//! the server uses; in place of the second take `smol::net::TcpStream`, into which it converts.
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
//! - `futures`: [`Connection`] is a `Stream` of frames and a `Sink` for output, and so are its halves. `StreamProducer` sends
//!   a `Stream`.
//! - `smol`: the module `smol`, with a server.
//! - `tracing`: `TracingObserver`, an observer of a server that logs.
//! - `async-std`: the module `async_std`, with the same server.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod io;

#[cfg(feature = "async-std")]
pub mod async_std;
#[cfg(feature = "smol")]
pub mod smol;

#[cfg(any(feature = "smol", feature = "async-std"))]
asynchat_core::socket_options!();

pub use io::{AsyncIoClock, AsyncIoSleep, FuturesIo};

pub use asynchat_core;
#[doc(inline)]
pub use asynchat_core::drive::exports::*;

use std::sync::Arc;

use futures_io::{AsyncRead, AsyncWrite};

/// A connection that is used with async/await, over any `AsyncRead + AsyncWrite` of futures-io and on any runtime.
///
#[doc = asynchat_core::shared_doc!(connection)]
///
/// # Examples
///
/// ```
/// use asynchat_async_std::Connection;
/// use futures_lite::io::Cursor;
///
/// # pollster::block_on(async {
/// let stream = Cursor::new(b"220 ready\r\n$3\r\nabc".to_vec());
/// let mut client = Connection::new(stream, b"\r\n");
/// assert_eq!(client.next_frame().await?, Some(&b"220 ready"[..]));
/// assert_eq!(client.next_frame().await?, Some(&b"$3"[..]));
/// client.set_terminator(3u64);
/// assert_eq!(client.next_frame().await?, Some(&b"abc"[..]));
///
/// client.push("QUIT\r\n")?;
/// client.flush().await?;
/// assert!(client.into_inner()?.into_inner().ends_with(b"QUIT\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub type Connection<S> = asynchat_core::drive::Connection<FuturesIo<S>, AsyncIoClock>;

/// The half of a [`Connection`] that reads. Its promises: [`asynchat_core::drive::ReadHalf`].
///
/// # Examples
///
/// Reading and writing at the same time, in one task:
///
/// ```
/// use asynchat_async_std::{Connection, Error};
/// use futures_lite::future;
/// use futures_lite::io::Cursor;
///
/// # pollster::block_on(async {
/// let stream = Cursor::new(b"rain\nsun\n".to_vec());
/// let (mut reader, mut writer) = Connection::new(stream, b"\n").into_split();
/// let reading = async move {
///     let mut news = 0;
///     while reader.next_frame().await?.is_some() {
///         news += 1;
///     }
///     Ok::<_, Error>(news)
/// };
/// let writing = async move {
///     writer.push("SUBSCRIBE weather\n")?;
///     writer.finish().await
/// };
/// let (news, ()) = future::try_zip(reading, writing).await?;
/// assert_eq!(news, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub type ReadHalf<S> = asynchat_core::drive::ReadHalf<FuturesIo<S>, AsyncIoClock>;

/// The half of a [`Connection`] that writes. Its promises: [`asynchat_core::drive::WriteHalf`].
pub type WriteHalf<S> = asynchat_core::drive::WriteHalf<FuturesIo<S>, AsyncIoClock>;

/// The error of a stream that was asked back while input is unread or output unsent. It has the connection.
pub type IntoInnerError<S> = asynchat_core::drive::IntoInnerError<Connection<S>>;

/// The future that [`drive`] returns. Its promises: [`asynchat_core::drive::Drive`].
pub type Drive<S, H> = asynchat_core::drive::Drive<FuturesIo<S>, AsyncIoClock, H>;

#[doc = asynchat_core::shared_doc!(drive)]
///
/// # Runtime
///
/// Any executor can poll it.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::{Shutdown, TcpListener, TcpStream};
///
/// use async_io::Async;
/// use asynchat_async_std::{Channel, Config, Handler, BoxError, drive};
///
/// struct Shout;
///
/// impl Handler for Shout {
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_ascii_uppercase())?)
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut client = TcpStream::connect(listener.local_addr()?)?;
/// let stream = Async::new(listener.accept()?.0)?;
/// client.write_all(b"hello")?;
/// client.shutdown(Shutdown::Write)?;
///
/// let client = std::thread::spawn(move || {
///     let mut answer = String::new();
///     client.read_to_string(&mut answer).map(|_| answer)
/// });
/// pollster::block_on(drive(stream, Shout, Config::default()))?;
/// assert_eq!(client.join().unwrap()?, "HELLO");
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
