//! asynchat on blocking sockets: framing by delimiters and lengths, with backpressure, on `std::net`, with threads and
//! without a runtime.
//!
//! | to | use |
//! |---|---|
//! | serve a protocol | [`Server`]: `Server::bind(address)?.serve(\|peer\| handler)` |
//! | serve with TLS, behind a proxy, or by calls that wait | [`Server::serve_with`](server::Server::serve_with), with an [`Incoming`] |
//! | serve on a Unix socket | `UnixServer` |
//! | log and count connections | [`Server::with_observer`](server::Server::with_observer), with an [`Observer`] |
//! | drive a [`Handler`] over a stream of your own (TLS, a serial port) | [`drive`] |
//! | write a client, or a server that waits in its calls | [`Connection`] |
//! | read and write in two threads | [`ReadHalf`] and [`WriteHalf`], of a [`Connection`] |
//! | push to a connection from other threads (chat, publish/subscribe) | [`ConnectionHandle`], of a [`Peer`] or a [`Connection`] |
//! | test a handler without a socket | [`Chat`] |
//!
//! The names of [`asynchat_core`] are here too; [`Handler`] says what a handler is. A handler runs
//! unchanged on every adapter, and must not block.
//!
//! The folder `examples` of the repository has programs to copy, each in one file: servers, proxies and shutdowns, clients of
//! Redis, memcached, a mail server with STARTTLS, a shell in a terminal (expect), and a serial line (NMEA 0183).
//!
//! # Example
//!
//! A server of lines:
//!
//! ```no_run
//! use asynchat_blocking::{BoxError, Channel, Handler, Server};
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
//!     let server = Server::bind("127.0.0.1:7000")?;
//!     // For a thread that waits for a signal: `shutdown.shutdown()`.
//!     let shutdown = server.shutdown_handle();
//!     server.serve(|_peer| Lengths::default())
//! }
//! ```
//!
//! # Protection of a server
//!
//! | against | by |
//! |---|---|
//! | a peer that does not read | backpressure: above [`Config::high_water`] no event is delivered, and nothing more is read |
//! | a peer that sends or reads byte by byte (slowloris) | a minimum rate: [`MinRate`]; the timeouts of a [`Connection`] |
//! | a frame without an end | [`Config::max_frame_len`] |
//! | too many connections, no descriptor or thread left | [`Server::with_connection_limit`](server::Server::with_connection_limit), with backoff |
//! | a peer that is gone without a word | TCP keepalive: [`Config::tcp_keepalive`] |
//! | a handler that panics | its own connection ends, and no other |
//! | output lost in a close | a half-close, then a bounded linger: [`Config::linger`] |
//! | commands injected before TLS (STARTTLS) | [`Connection::into_inner`] and [`Parts::into_stream`] refuse while input is unread |
//!
//! # Graceful shutdown
//!
//! [`ShutdownHandle::shutdown`] stops the listener and tells every handler: [`Handler::handle_shutdown`], which may say
//! a last word. Each connection sends what is queued, and `serve` returns. Connections that are open after a bound, 30
//! seconds by default, are aborted: [`Server::with_drain_timeout`](server::Server::with_drain_timeout).
//!
//! # Cancel safety
//!
//! A call of a [`Connection`] that fails with a timeout, [`Error::is_call_timeout`], has lost no byte, and can be made
//! again. [`drive`] cannot be cancelled: a [`ConnectionHandle`] closes its connection, or aborts it.
//!
//! # Which streams
//!
//! Any `Read + Write` that borrows nothing. Where poll(2) can wait for the stream, more is promised:
//!
//! | | `TcpStream`; on Unix `UnixStream` and `File` | any other `Read + Write`, such as TLS |
//! |---|---|---|
//! | reading and writing | go on at the same time: two peers that both send before they read do not deadlock | take turns, output first: as long as the peer takes none of it, nothing is read |
//! | a push from another thread | is sent at once, also while the thread waits for input | is sent when the call that the thread is in returns |
//! | [`Config::min_input_rate`], [`Config::min_output_rate`], the timeouts of a [`Connection`] | are kept on time | are checked when a call of the stream returns: give it a timeout of its own |
//! | the halves of a [`Connection`] | wait for the stream at the same time | take turns: a call of the stream that waits holds up the other half |
//! | closing | shuts down the write side (half-close), and lingers for the peer to read; a `File` as on the right | ends the output when the stream is dropped, which is at once |
//! | [`Channel::finish`] | shuts down the write side; a `File` as on the right | ends the output when the stream is dropped, since std knows no half-close of it |
//! | while it waits | the thread waits in poll(2), without a read buffer | the thread waits in the call of the stream |
//!
//! A `File` is a terminal, a serial line or a named pipe. Make one of the descriptor of another crate:
//! `File::from(OwnedFd::from(port))`, as `examples/blocking_expect.rs` does. It is non-blocking meanwhile, and so are its
//! duplicates, in other processes too: open a terminal anew, and do not duplicate standard input.
//!
//! `examples/blocking_tls_server.rs` has a TLS stream of rustls, with both timeouts and a `close_notify`.
//!
//! A stream has a timeout of its own if its calls fail with `WouldBlock` or `TimedOut` when they have waited long
//! enough. That is no failure here: the time is checked, and the call is made again. A stream that fails so at once,
//! without a wait, is tried again after a pause of up to 10 milliseconds, since there is no way to wait for it: it
//! works, and does not spin, but it is slow.
//!
//! # Threads
//!
//! One thread drives a connection. It waits for the stream, for the time and for other threads all at once. std cannot do
//! that, hence `rustix`, for poll(2), and for eventfd(2) on Linux: the *notifier* of the thread. Std itself offers a read
//! timeout that is never right, too short for a thousand idle threads and too long for a push; or two threads for each
//! connection, one of which waits in a read that only a shutdown ends, with a lock between them around every call of the
//! handler. A thread that has no mailbox takes its descriptor when it first waits for a deferred reply, or for another
//! producer that is pending; one with a [`Connection`], when it first waits after [`Connection::handle`].
//!
//! # Features
//!
//! - `tracing`: `TracingObserver`, an observer of a server that logs.

mod backoff;
mod clock;
mod connection;
mod drive;
mod io;
mod notifier;
mod pollable;
pub mod server;

pub use connection::{Connection, IntoInnerError, ReadHalf, WriteHalf};
pub use drive::{drive, drive_with_mailbox};
pub use server::Incoming;

pub use asynchat_core;
#[doc(inline)]
pub use asynchat_core::drive::exports::*;

/// A TCP server with threads. Its methods and its promises: [`server::Server`].
pub type Server = server::Server<std::net::TcpListener>;

/// A server on Unix sockets with threads. Its methods and its promises: [`server::Server`].
///
/// Most peers have no name. The socket file remains when the server ends, and a file that is there already is an error of
/// `bind`: remove it before.
#[cfg(unix)]
pub type UnixServer = server::Server<std::os::unix::net::UnixListener>;

/// A connection that a [`UnixServer`] has accepted, beside its stream.
#[cfg(unix)]
pub type UnixIncoming = Incoming<std::os::unix::net::SocketAddr>;

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
