//! A small Redis: strings under keys, served by a [`Handler`](asynchat_core::Handler) that any adapter can bind.
//!
//! | commands | |
//! |---|---|
//! | keys | `SET` with `NX`, `XX`, `GET`, `EX`, `PX`, `KEEPTTL`; `GET`, `DEL`, `EXISTS`, `INCR`, `APPEND`, `MGET`, `MSET`, `DBSIZE`, `FLUSHALL` |
//! | connection | `PING`, `ECHO`, `QUIT`, `SELECT 0`, `HELLO`, `CLIENT`, and what clients ask at start of `CONFIG`, `COMMAND` and `INFO` |
//!
//! In scope: RESP2 and inline requests, pipelining, errors in Redis' own words. Out of scope: RESP3 (`HELLO 3` is
//! answered as by a Redis that is older than it), other types than strings (so nothing is ever `WRONGTYPE`), other
//! databases, disks, and a limit on all that is stored.
//!
//! # What asynchat is used for
//!
//! ```text
//!           ┌──────────────────────────── the last argument ◀────────────────────────────┐
//!           ▼                                                                            │
//!  request line b"\n" ──*n──▶ length line b"\n" ──$len──▶ Count(len + 2): argument, CRLF ─┤
//!           │                       ▲                                                    │
//!           │ anything else         └────────────────── more to come ────────────────────┘
//!           ▼
//!    inline request
//! ```
//!
//! Lines end in LF: an inline request may, and which of the two a line is, its first byte tells. The lines of RESP have
//! to have their CR. What a length announces is collected as it comes, into a buffer that grows with it.
//!
//! # Where this is not Redis
//!
//! Redis finds an inline request of more than 64 KiB too big, unless its end was in the same read; here it always is
//! (F1). A NUL is a byte like any other, while it keeps Redis from seeing the end of an inline request. A request has
//! at most 1,024 · 1,024 arguments, as with Redis before 7. `EX` and `PX` end a key when it is next asked for; until
//! then `DBSIZE` counts it.

mod arguments;
mod commands;
mod connection;
pub mod fuzzing;
mod handler;
mod inline;
mod keys;
mod number;
mod replies;
mod set;
mod store;

pub use handler::{MAX_ARGUMENTS, MAX_BULK_LEN, MAX_LINE_LEN, RedisHandler};
pub use store::Store;
