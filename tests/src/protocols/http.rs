//! An HTTP/1.1 server (RFC 9110, RFC 9112) as a [`Handler`](asynchat_core::Handler).
//!
//! It shows a terminator that changes in mid-stream: a delimiter ends a line, and a count that the line announces ends
//! the content. It also shows a lazy producer that sends any number of bytes in constant memory.
//!
//! | request | response |
//! |---|---|
//! | `GET /` | an HTML page |
//! | `POST /echo` | the content and `Content-Type` of the request; text gets the charset UTF-8, if it names none and is UTF-8 |
//! | `GET /stream/N` | N bytes in chunked coding, produced as the client reads them |
//! | `HEAD` | the response to `GET`, without its content |
//! | `OPTIONS` | the allowed methods |
//!
//! Supported: content in chunked coding, keep-alive, pipelining, half-close, `Expect: 100-continue`, entity tags, HTTP/1.0
//! clients, strict framing. [`rfc`] lists the requirements of the RFCs with the tests of each.
//!
//! Left out: range requests, upgrades, compression.
//!
//! # Terminators
//!
//! A line, a count, a line: the terminator changes with each part of a request.
//!
//! | state | terminator | limit | next |
//! |---|---|---|---|
//! | head | CRLF, for each line | [`MAX_HEAD_LEN`] for all lines | head; behind an empty line content; or an error response and a close |
//! | content | `Count(Content-Length)` | [`MAX_CONTENT_LEN`] | the response, then head; or a close after `Connection: close` |
//! | chunk size | CRLF | [`MAX_CHUNK_LINE_LEN`], [`MAX_EXTENSIONS_LEN`] | chunk data; behind size 0 trailers |
//! | chunk data | `Count(size)` | [`MAX_CONTENT_LEN`] for all chunks | end of chunk data |
//! | end of chunk data | CRLF, with no byte before it | | chunk size |
//! | trailers | CRLF, for each line | [`MAX_TRAILERS_LEN`] for all lines | trailers; behind an empty line the response, as above |
//!
//! A request without content has the count 0. `Count(0)` fires at once, so such a request needs no separate path.
//!
//! # Time
//!
//! A client owes its first request from the beginning of the connection, and each request that it has begun. One that sends
//! it below [`Config::min_input_rate`](asynchat_core::Config::min_input_rate) gets 408. All lines of a head have one grace
//! period together, and so have all chunks. Between two requests, a connection is kept for [`KEEP_ALIVE`]; then it is closed
//! without an answer. A connection on which no request has begun is closed without an answer too, since browsers open
//! connections that they may need.
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
//! Request smuggling uses requests that two programs parse in two ways. This server accepts one form only and answers 400
//! to all others: each line ends in CRLF, also in the chunked coding; a line has no control characters except the tab;
//! `Content-Length` appears at most once and is digits; `Transfer-Encoding` is `chunked` alone, and never appears together
//! with `Content-Length`, nor in HTTP/1.0. Where an RFC lets a server either repair or reject a request, this server
//! rejects it and closes the connection.

mod chunked;
mod config;
mod content;
mod date;
mod fields;
pub mod fuzzing;
mod handler;
mod head;
mod known_fields;
mod line;
mod pattern;
mod preconditions;
mod request;
mod request_error;
mod resource;
mod response;
#[doc = include_str!("http/rfc.md")]
pub mod rfc {}
mod target;
mod transfer_codings;

pub use chunked::{MAX_CHUNK_LINE_LEN, MAX_EXTENSIONS_LEN, MAX_TRAILERS_LEN};
pub use config::{KEEP_ALIVE, config, config_from_env};
pub use content::{ContentBudget, MAX_HELD_CONTENT};
pub use handler::{HttpHandler, MAX_EMPTY_LINES, MAX_HEAD_LEN};
pub use head::{MAX_CONTENT_LEN, MAX_FIELDS};
pub use preconditions::PAGE_TAG;
pub use resource::PAGE;
