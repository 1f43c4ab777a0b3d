//! asynchat on blocking sockets: the framing of [`asynchat_core`] on `std::net`, with threads and without a runtime.
//!
//! | you have | take |
//! |---|---|
//! | a protocol to serve | [`Server`]: `Server::bind(address)?.serve(\|peer\| handler)` |
//! | a stream and a [`Handler`] | [`drive`] |
//! | a client, or a handler that rather waits | [`Connection`] |
//!
//! What a handler is, and everything it may do, stands in [`asynchat_core`], whose names are here too. Nothing is decided
//! in this crate that can be decided without I/O: the same handler runs unchanged on every adapter.
//!
//! # Which streams
//!
//! Any `Read + Write` that borrows nothing. Of a socket more is known than that it reads and writes, so more is promised:
//!
//! | | `TcpStream`, and `UnixStream` on Unix | any other `Read + Write`: pipes, serial ports, TLS |
//! |---|---|---|
//! | reading and writing | go on at the same time: two peers that both send before they read do not wait for each other | take turns, output first: as long as the peer takes none of it, nothing is read |
//! | a push from another thread | is sent at once, also while the thread waits for input | is sent when the call that the thread is in returns |
//! | [`Config::min_input_rate`], [`Config::min_output_rate`], the timeouts of a [`Connection`] | are kept on time | are looked at when a call of the stream returns: give it a timeout of its own |
//! | closing | ends the output, and lingers for the peer to read it | the output ends when the stream is dropped, which is at once |
//! | while it waits | the thread waits in poll(2), without a read buffer | the thread waits in the stream's own call |
//!
//! A stream has a timeout of its own if its calls fail with `WouldBlock` or `TimedOut` when they have waited long enough. That
//! is no failure here: the time is looked at, and the call made again. A stream that says so at once, without having waited,
//! is tried again after a pause of up to 10 milliseconds, since it is not known how to wait for it: it works, and does
//! not spin, but it is slow.
//!
//! # Threads
//!
//! A connection is driven by one thread, which waits for the socket, for the time and for other threads all at once. std
//! cannot do that, hence `rustix`, for poll(2), and on Linux eventfd(2). The ways within std are a read timeout that is
//! never right, too short for a thousand idle threads and too long for a push; or two threads for each connection, one of
//! which waits in a read that nothing ends but a shutdown, with a lock between them around all that the handler does.

mod backoff;
mod clock;
mod connection;
mod drive;
mod io;
mod notifier;
mod read_buffer;
mod server;
mod socket;

pub use connection::{Connection, IntoInnerError};
pub use drive::{drive, drive_with_mailbox};
pub use server::{Server, ShutdownHandle};

pub use asynchat_core::drive::{ConnectionHandle, MailboxError, Parts, Peer, mailbox};
#[doc(no_inline)]
pub use asynchat_core::{
    self, Blame, BoxError, Channel, Config, Delimiter, DelimiterSet, End, Error, Event, FnProducer, Handler,
    IterProducer, MinRate, Producer, PushError, ReadProducer, SimpleProducer, Terminator,
};

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
