//! asynchat on futures-io: the framing of [`asynchat_core`] on any `AsyncRead + AsyncWrite` of [`futures_io`].
//!
//! | you have | take |
//! |---|---|
//! | a stream and a [`Handler`], on any runtime | [`drive`] |
//! | a client, or a handler that rather awaits, on any runtime | [`Connection`] |
//! | a protocol to serve, on smol | feature `smol`: `smol::Server::bind(address).await?.serve(\|peer\| handler).await` |
//! | the same on async-std | feature `async-std`: `async_std::Server` |
//!
//! What a handler is, and everything it may do, stands in [`asynchat_core`], whose names are here too. Nothing is decided
//! in this crate that can be decided without I/O: the same handler runs unchanged on every adapter.
//!
//! # Which runtime
//!
//! None, by default. For new code take smol. **async-std is discontinued** (RUSTSEC-2025-0052), by its own authors in
//! favour of smol; its feature is for programs that have yet to move, which they do here by changing one path.
//!
//! What cannot do without a clock (a slow peer that is cut off, a close that waits a while) takes `async-io`'s timer, on
//! which both runtimes are built. It needs no executor of theirs: a thread called `async-io` is started when the first
//! timer is set, in a program that has none yet, and wakes tasks of whatever runtime they are.
//!
//! # Closing
//!
//! A peer sees the end of what it is sent when the stream's `poll_close` shuts down the write side, as that of
//! `smol::net::TcpStream` does. That of `async_std::net::TcpStream` and of a bare `async_io::Async<TcpStream>` does
//! nothing: with these, the peer sees the end only when the stream is dropped. For the first there is
//! `async_std::Socket`, which the server uses of itself; in place of the second take `smol::net::TcpStream`, into which
//! it converts.
//!
//! # Cancelling
//!
//! Every future of [`Connection`] may be dropped at any await point and made anew without losing a byte. [`drive`] and
//! the servers' `serve` own what they drive: dropped, they drop it.
//!
//! # Features
//!
//! - `futures`: [`Connection`] is a `Stream` of frames and a `Sink` for output.
//! - `smol`: the module `smol`, with a server.
//! - `async-std`: the module `async_std`, with the same server.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod connection;
mod drive;
mod io;
#[cfg(any(feature = "smol", feature = "async-std"))]
mod server;

#[cfg(feature = "async-std")]
pub mod async_std;
#[cfg(feature = "smol")]
pub mod smol;

pub use connection::{Connection, IntoInnerError};
pub use drive::{drive, drive_with_mailbox};
#[cfg(any(feature = "smol", feature = "async-std"))]
pub use server::ShutdownHandle;

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
