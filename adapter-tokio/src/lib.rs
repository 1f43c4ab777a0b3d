//! asynchat on tokio: the framing of [`asynchat_core`] on any `AsyncRead + AsyncWrite`.
//!
//! | you have | take |
//! |---|---|
//! | a protocol to serve | [`Server`]: `Server::bind(address).await?.serve(\|peer\| handler).await` |
//! | a stream and a [`Handler`] | [`drive`] |
//! | a client, or a handler that rather awaits | [`Connection`] |
//!
//! What a handler is, and everything it may do, stands in [`asynchat_core`], whose names are here too. Nothing is decided
//! in this crate that can be decided without I/O: the same handler runs unchanged on every adapter.
//!
//! # Cancelling
//!
//! Every future of [`Connection`] may be dropped at any await point and made anew without losing a byte. [`drive`] and
//! [`Server::serve`] own what they drive: dropped, they drop it.
//!
//! # Features
//!
//! - `futures`: [`Connection`] is a `Stream` of frames and a `Sink` for output.

mod connection;
mod drive;
mod io;
mod server;

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
