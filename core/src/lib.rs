//! Framing for line- and length-based protocols, as a pure state machine: Python's `asynchat` for Rust, without I/O.
//!
//! A command/response protocol (SMTP, HTTP/1, Redis, FTP, IRC, NNTP, STOMP, an instrument on a serial line) needs three
//! things: data as it arrives, cut into frames by a *terminator* that can change in mid-stream; a queue of output, some of
//! it made only when it can be sent; and an end that loses nothing. That is what is here.
//!
//! In scope: where a frame ends, what is sent next, when a connection is slow, paused, closing, closed. Out of scope:
//! sockets, clocks, threads, runtimes. Those are the adapters' (`asynchat-tokio` and its siblings), or yours: bytes
//! come in as slices, time as a [`Duration`](core::time::Duration), and what is to be written is a [`bytes::Buf`].
//!
//! # Which part to take
//!
//! | you have | take |
//! |---|---|
//! | your own reading loop, and frames of any size | [`Framer`]: [`Event`]s, borrowed from your buffer |
//! | your own reading loop, and frames that fit in memory | [`Frames`]: whole frames, bounded |
//! | output that is made as it is sent | [`ProducerQueue`] and [`Producer`] |
//! | a protocol to write once and run anywhere | [`Handler`], driven through [`Chat`] by an adapter |
//!
//! ```text
//!              ┌──────────────────────────── Chat ───────────────────────────┐
//!  bytes ────▶ │ Input ─▶ Framer ─▶ Data, Terminator ─▶ Handler              │
//!              │            ▲                              │                 │
//!              │            └── set_terminator ── Channel ◀┤                 │
//!  bytes ◀──── │ Transmit ◀── ProducerQueue ◀── push ────────┘                 │
//!              └─────────────────────────────────────────────────────────────┘
//! ```
//!
//! # A whole life
//!
//! As HTTP has it: a head that ends in an empty line, a body that is counted, then whatever comes; an answer whose body
//! is made while it is sent, and a close when that is done.
//!
//! ```
//! use asynchat_core::{Channel, Chat, Config, End, Error, Handler, BoxError, Input, IterProducer, Terminator};
//! use bytes::Buf;
//!
//! #[derive(Default)]
//! struct Upload {
//!     head: Vec<u8>,
//!     body: Vec<u8>,
//!     rest: Vec<u8>,
//!     closed: bool,
//! }
//!
//! impl Handler for Upload {
//!     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
//!         channel.set_terminator(b"\r\n\r\n");
//!         Ok(())
//!     }
//!
//!     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
//!         match channel.terminator() {
//!             Terminator::Delimiter(_) => self.head.extend_from_slice(data),
//!             // The last piece of a counted frame comes with nothing missing.
//!             Terminator::Count(_) => self.body.extend_from_slice(data),
//!             _ => self.rest.extend_from_slice(data),
//!         }
//!         Ok(())
//!     }
//!
//!     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
//!         if self.body.is_empty() {
//!             let length: u64 = std::str::from_utf8(&self.head)?.rsplit(' ').next().unwrap_or_default().parse()?;
//!             channel.set_terminator(length);
//!         } else {
//!             // The count has run out, so from here on nothing ends a frame.
//!             assert_eq!(channel.terminator(), &Terminator::None);
//!             channel.push("HTTP/1.1 200 OK\r\n\r\n")?;
//!             channel.push_with_producer(IterProducer::new(self.body.clone().into_iter().rev().map(|byte| vec![byte])))?;
//!         }
//!         Ok(())
//!     }
//!
//!     fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
//!         assert_eq!(end, End::Clean);
//!         channel.push("\r\n")?;
//!         channel.close_when_done();
//!         Ok(())
//!     }
//!
//!     fn handle_close(&mut self, outcome: Result<(), &Error>) {
//!         assert_eq!(outcome, Ok(()));
//!         self.closed = true;
//!     }
//! }
//!
//! // A monotonic time since any fixed origin; a driver asks its clock.
//! let now = std::time::Duration::ZERO;
//! let mut chat = Chat::new(Upload::default(), Config::default());
//! chat.handle_connect(now)?;
//!
//! // The first terminator is cut in two by the reads, and the body too.
//! chat.handle_input(now, &mut Input::new(b"PUT / HTTP/1.1\r\nContent-Length: 5\r\n\r"))?;
//! assert_eq!(chat.handler().head, b"PUT / HTTP/1.1\r\nContent-Length: 5");
//! assert_eq!(chat.channel().terminator(), &Terminator::from(b"\r\n\r\n"));
//! chat.handle_input(now, &mut Input::new(b"\nhel"))?;
//! assert_eq!(chat.channel().terminator(), &Terminator::Count(2));
//! assert!(!chat.wants_write());
//! let mut input = Input::new(b"lo, and more");
//! chat.handle_input(now, &mut input)?;
//! assert!(input.is_empty());
//! assert_eq!(chat.handler().body, b"hello");
//! assert_eq!(chat.handler().rest, b", and more");
//!
//! // The transport takes 21 bytes of what there is, then the rest.
//! let mut sent = vec![0; 21];
//! chat.poll_transmit().copy_to_slice(&mut sent);
//! assert_eq!(sent, b"HTTP/1.1 200 OK\r\n\r\nol");
//! chat.handle_eof(now)?;
//! assert!(!chat.wants_shutdown());
//! let mut staged = chat.poll_transmit();
//! assert_eq!(staged.copy_to_bytes(staged.remaining()), "leh\r\n");
//!
//! // All is sent: the write side is shut down, and since the peer has hung up too, that is the end.
//! assert!(chat.wants_shutdown());
//! chat.handle_shutdown(now);
//! assert!(chat.is_closed() && chat.handler().closed);
//! # Ok::<(), Error>(())
//! ```
//!
//! # For adapters
//!
//! What an adapter has in common with the others is here as well, still without I/O: [`drive::Driver`] is the loop that drives a
//! [`Chat`], [`drive::PollConnection`] its pull-style counterpart, over whatever implements [`drive::Transport`] and [`drive::Clock`]; [`drive::Connection`] is
//! that one with futures; [`drive::RuntimeClock`] makes a clock of a runtime's [`drive::Sleep`]; [`drive::Acceptor`] is what a server decides, and
//! [`drive::mailbox()`] how other tasks push to a connection.
//!
//! # The contract
//!
//! What is promised stands in numbered clauses in `CONTRACT.md`, beside this crate's manifest; every clause is proved by
//! tests that cite it. The two that matter most: events never depend on how the stream was cut (F1), and the work is
//! linear in its bytes for every delimiter and every cut (F11).
//!
//! # Features
//!
//! - `std` (default): conversions to and from `std::io::Error`, the producer that reads from a `std::io::Read`, vectored
//!   output, [`drive::Driver`] with its mailbox and read_buffer space, and [`drive::Connection`].
//! - `futures`: [`drive::Connection`] is a `Stream` and a `Sink`. Without it the crate needs `alloc` alone.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core)]
#![cfg_attr(
    not(test),
    warn(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, clippy::unreachable)
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod chat;
pub mod drive;
mod error;
pub mod framing;
mod invariant;
pub mod output;

pub use chat::{Channel, Chat, Config, Handler, MinRate};
pub use error::{Blame, BoxError, Cause, Error};
pub use framing::{
    Delimiter, DelimiterSet, DelimiterSetError, EmptyDelimiter, End, Event, FrameTooLong, Framer, Frames, Input,
    Terminator,
};
#[cfg(feature = "std")]
pub use output::ReadProducer;
pub use output::{
    DEFAULT_CHUNK_SIZE, FnProducer, IterProducer, MapChunks, Producer, ProducerQueue, PushError, SimpleProducer,
    Transmit, WithTail,
};

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
