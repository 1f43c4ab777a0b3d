//! An HTTP/1.1 server (RFC 9110, RFC 9112) as a [`Handler`](asynchat_core::Handler).
//!
//! It shows a terminator that changes in mid-stream: a delimiter ends the head, and a count that the head announces
//! ends the content. It also shows a lazy producer that sends any number of bytes in constant memory.
//!
//! | request | response |
//! |---|---|
//! | `GET /` | an HTML page |
//! | `POST /echo` | the content and `Content-Type` of the request |
//! | `GET /stream/N` | N bytes in chunked coding, produced as the client reads them |
//! | `HEAD` | the response to `GET`, without its content |
//! | `OPTIONS` | the allowed methods |
//!
//! Supported: keep-alive, pipelining, half-close, `Expect: 100-continue`, HTTP/1.0 clients, strict framing.
//!
//! Left out: `Date` (an origin server without a clock must not send it, RFC 9110 §6.6.1), transfer codings in requests,
//! range requests, upgrades, compression.
//!
//! # Terminators
//!
//! | state | terminator | next |
//! |---|---|---|
//! | head | `b"\r\n\r\n"`, within [`MAX_HEAD_LEN`] bytes | content; or an error response and a close |
//! | head | `b"\r\r"`, which is malformed (RFC 9112 §2.2) | 400 and a close |
//! | content | `Count(Content-Length)` | the response, then a head; or a close after `Connection: close` |
//!
//! A request without content has the count 0. `Count(0)` fires at once, so such a request needs no separate path.
//!
//! # Memory of many clients
//!
//! The content of a request is held until it is complete, and until the client has read it back: most clients read only
//! after they have sent everything. All connections together hold at most [`MAX_HELD_CONTENT`] bytes, and 64 KiB each.
//! A request above that gets its content back as it arrives, within
//! [`Config::high_water`](asynchat_core::Config::high_water): a client that reads while it sends notices no difference,
//! and one that does not is slowed by backpressure, and cut off by [`MinRate`](asynchat_core::MinRate).
//!
//! # Strict parsing
//!
//! Request smuggling uses heads that two programs parse in two ways. This server accepts one form only and answers 400
//! to all others: each line ends in CRLF; a head has no control characters except the tab; `Content-Length` appears at
//! most once and is digits; `Transfer-Encoding` never appears together with `Content-Length`. Where an RFC lets a
//! server either repair or reject a request, this server rejects it and closes the connection.

mod content;
mod fields;
pub mod fuzzing;
mod handler;
mod head;
mod line_validator;
mod pattern;
mod request;
mod request_error;
mod resource;
mod response;
mod target;

pub use content::{ContentBudget, MAX_HELD_CONTENT};
pub use handler::{HttpHandler, MAX_EMPTY_LINES, MAX_HEAD_LEN};
pub use head::{MAX_CONTENT_LEN, MAX_FIELDS};
