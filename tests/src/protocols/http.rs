//! HTTP/1.1 (RFC 9110, RFC 9112), served by a [`Handler`](asynchat_core::Handler) that any adapter can bind.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` | a page that says what this is |
//! | `POST /echo` | the content that was sent, under the type that was sent |
//! | `GET /stream/N` | N bytes, made as the client takes them, in chunked coding |
//!
//! `HEAD` is answered as `GET` is, without the content, and `OPTIONS` with what is allowed.
//!
//! In scope: framing that leaves nothing to interpretation, keep-alive, pipelining, `Expect: 100-continue`, HTTP/1.0
//! clients. Out of scope: `Date` (there is no clock here, and an origin server without one must not send it, RFC 9110
//! §6.6.1), transfer codings in requests, ranges, upgrades, compression.
//!
//! # What asynchat is used for
//!
//! ```text
//!  ┌─▶ head: b"\r\n\r\n", at most MAX_HEAD_LEN ─▶ content: Count(Content-Length) ─▶ answer ─┐
//!  │        │ malformed                                │ cut short                          │
//!  │        ▼                                          ▼                                    │
//!  │   answer 4xx or 5xx ───────────────────────▶ close_when_done ◀── Connection: close ────┤
//!  └────────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! A request without content is one whose count is 0: it fires at once, so there is one path and not two.
//!
//! # One reading of every head
//!
//! Request smuggling lives on heads that two programs read in two ways. So there is one way here, and all else is 400:
//! every line ends in CRLF, control characters appear nowhere, a length is digits given once, and a
//! `Transfer-Encoding` never stands beside it. Where a standard leaves the choice between repairing and refusing, this
//! refuses, and closes.

pub mod conversation;
mod fields;
pub mod fuzzing;
mod handler;
mod head;
mod lines;
mod refusal;
mod request;
mod resource;
mod response;
mod stream;
mod target;

pub use handler::{HttpHandler, MAX_EMPTY_LINES, MAX_HEAD_LEN};
pub use head::{MAX_CONTENT_LEN, MAX_FIELDS};
