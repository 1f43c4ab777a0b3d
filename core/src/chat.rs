//! A whole connection without I/O: the [`Handler`] that a protocol implements, the [`Channel`] that it calls, and the
//! [`Chat`] that connects both to a driver.
//!
//! [`Config`] and [`MinRate`] limit what a peer may cost. [`Timeout`] says which limit of time has passed. [`IdleChat`]
//! is a chat that needs little memory while nothing happens.
//!
//! # Example: a whole connection
//!
//! A protocol like HTTP's PUT: a head that ends in an empty line, then a body of a known length, then other data. A
//! producer makes the body of the answer while it is sent, and the server closes when all of it is sent.
//!
//! ```
//! use asynchat_core::{BoxError, Channel, Chat, Config, End, Error, Handler, Input, IterProducer, Terminator};
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
//!             // The last piece of a counted frame arrives under Count(0).
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
//!             // The count has run out: nothing ends a frame from here on.
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
//! // The monotonic time since any fixed origin; a driver asks its clock.
//! let now = std::time::Duration::ZERO;
//! let cx = &mut std::task::Context::from_waker(std::task::Waker::noop());
//! let mut chat = Chat::new(Upload::default(), Config::default());
//! chat.handle_connect(now)?;
//!
//! // The reads cut the first terminator in two, and the body too.
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
//! // The transport takes 21 bytes of the output, then the rest.
//! let mut sent = vec![0; 21];
//! chat.poll_transmit(cx).copy_to_slice(&mut sent);
//! assert_eq!(sent, b"HTTP/1.1 200 OK\r\n\r\nol");
//! chat.handle_eof(now)?;
//! assert!(!chat.wants_shutdown());
//! let mut staged = chat.poll_transmit(cx);
//! assert_eq!(staged.copy_to_bytes(staged.remaining()), "leh\r\n");
//!
//! // All output is sent. The peer has closed its side too, so shutting down the write side ends the connection.
//! assert!(chat.wants_shutdown());
//! chat.handle_shutdown(now);
//! assert!(chat.is_closed() && chat.handler().closed);
//! # Ok::<(), Error>(())
//! ```

#[macro_use]
mod forward_handler;
mod channel;
mod config;
mod conversation;
mod handler;
mod memory_budget;
mod min_rate;

pub use channel::Channel;
pub use config::{Config, ConfigError, Keepalive};
pub use conversation::{Chat, IdleChat};
pub use handler::{Handler, Timeout};
pub(crate) use memory_budget::Charge;
pub use memory_budget::MemoryBudget;
pub use min_rate::MinRate;
pub(crate) use min_rate::RateClock;

/// The names in the expansion of [`forward_handler!`](crate::forward_handler).
#[doc(hidden)]
pub mod forwarded {
    pub use super::{Channel, Handler, Timeout};
    pub use crate::error::{BoxError, Error};
    pub use crate::framing::End;
}
