//! Framing for line- and length-based protocols, as a pure state machine (sans-I/O): Python's `asynchat` for Rust.
//!
//! ```
//! use asynchat_core::{Event, Framer, Input};
//!
//! let mut framer = Framer::new(b"\r\n");
//! let mut input = Input::new(b"LEN 3\r\nabc");
//! assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"LEN 3")));
//! assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
//! framer.set_terminator(3u64); // the next three bytes are the frame
//! assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"abc")));
//! ```
//!
//! A command/response protocol (SMTP, HTTP/1, Redis, FTP, IRC, NNTP, STOMP, an instrument on a serial line) needs three
//! things: data as it arrives, cut into frames by a *terminator* that can change in mid-stream; a queue of output, some of
//! which is made only when it can be sent; and a close that loses nothing.
//!
//! In scope: where a frame ends, what is sent next, when a connection is too slow (slowloris), paused (backpressure),
//! half-closed, closing or closed. Out of scope: sockets, clocks, threads, runtimes. The adapters have those:
//! `asynchat-tokio`, `asynchat-async-std` and `asynchat-blocking`. In your own loop, bytes come in as slices, the time
//! as a [`Duration`](core::time::Duration), and output is a [`bytes::Buf`].
//!
//! # Which part to use
//!
//! | you have | use |
//! |---|---|
//! | your own reading loop, and frames of any size | [`Framer`]: [`Event`]s, borrowed from your buffer |
//! | your own reading loop, and frames that fit in memory | [`Frames`]: whole frames, with a limit |
//! | the same, and no buffer of your own | [`ReceiveBuffer`]: bytes in, frames out |
//! | output that is made while it is sent | [`ProducerQueue`] and [`Producer`] |
//! | a protocol to write once and run anywhere | [`Handler`], run by an adapter, or by your own loop through [`Chat`] |
//! | a runtime that has no adapter yet | [`drive`]: the traits to implement, and the loops |
//!
//! # Map
//!
//! ```text
//!              ┌──────────────────────────── Chat ───────────────────────────┐
//!  bytes ────▶ │ Input ─▶ Framer ─▶ Data, Terminator ─▶ Handler              │
//!              │            ▲                              │                 │
//!              │            └── set_terminator ── Channel ◀┤                 │
//!  bytes ◀──── │ Transmit ◀── ProducerQueue ◀── push ──────┘                 │
//!              └─────────────────────────────────────────────────────────────┘
//! ```
//!
//! - [`framing`]: terminators, the search for them, events and whole frames
//! - [`output`]: the queue, its producers, and what is staged for a write
//! - [`chat`]: a whole connection without I/O, with an example from connect to close
//! - [`drive`]: for authors of adapters
//!
//! # Guarantees
//!
//! `CONTRACT.md`, beside this crate's manifest, lists the guarantees as numbered clauses. Tests cite each of them. The two
//! most important: events never depend on how the stream was cut (F1), and the work is linear in the bytes of the stream
//! for every delimiter and every cut (F11).
//!
//! # Features
//!
//! - `std` (default): conversions to and from `std::io::Error`, the producer that reads from a `std::io::Read`, vectored
//!   output, replies that are sent later (`Deferred`), and all of [`drive`] that needs threads or wakers. Without it the
//!   crate needs `alloc` alone: see below.
//! - `futures`: `drive::Connection` and its halves are a `Stream` and a `Sink`, and a `StreamProducer` sends a `Stream`.
//! - `tracing`: `drive::TracingObserver`, an observer of a server that logs.
//!
//! # Without `std`
//!
//! The target has to have an allocator and atomic compare-and-swap: `thumbv7em-none-eabi`, `riscv32imac-unknown-none-elf`
//! and `wasm32-unknown-unknown` build. `thumbv6m-none-eabi` and `riscv32imc-unknown-none-elf` do not: they have no
//! `alloc::sync::Arc`, which this crate and aho-corasick use, and no feature of aho-corasick replaces it. (bytes alone could
//! do without, by its feature `extra-platforms`.)
//!
//! The repository has examples of loops over `embedded-io`, `embedded-io-async`, `mio` and `compio` in `tests/examples`.

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

#[macro_use]
pub mod chat;
pub mod drive;
mod error;
#[doc(hidden)]
pub mod exports;
pub mod framing;
mod invariant;
pub mod output;
#[cfg(feature = "std")]
mod retry_on_intr;
#[cfg(feature = "std")]
mod sync;

#[doc(inline)]
pub use exports::*;

/// Compiles the program in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
