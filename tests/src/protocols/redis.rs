//! A small Redis server as a [`Handler`](asynchat_core::Handler): string values under keys.
//!
//! It shows lines and counted bytes in turn (RESP2, the [Redis serialization protocol]), pipelining with backpressure,
//! and values that are sent from where they are stored, without a copy.
//!
//! | commands | |
//! |---|---|
//! | keys | `GET`, `DEL`, `EXISTS`, `INCR`, `APPEND`, `MGET`, `MSET`, `DBSIZE`, `FLUSHALL` |
//! | `SET` | with `NX`, `XX`, `GET`, `EX`, `PX`, `KEEPTTL` |
//! | connection | `PING`, `ECHO`, `QUIT`, `RESET`, `SELECT 0`, `HELLO`, `CLIENT` |
//! | server | the parts of `CONFIG`, `COMMAND` and `INFO` that clients send when they connect |
//!
//! Supported: RESP2, inline commands, pipelining, the error texts of Redis 7.
//!
//! Left out: RESP3 (`HELLO 3` gets the error of a Redis without RESP3), types other than strings (so no command replies
//! `WRONGTYPE`), more than one database, persistence, a limit on the total size of the values.
//!
//! # Terminators
//!
//! | state | terminator | next |
//! |---|---|---|
//! | first line | `b"\n"`, within [`MAX_LINE_LEN`] bytes | after `*n`, n times `$len`; else it is an inline command |
//! | `$len` | `b"\n"`, within [`MAX_LINE_LEN`] bytes | a bulk string, if `len` is at most [`MAX_BULK_LEN`] |
//! | bulk string | `Count(len + 2)`: the bytes, CRLF | the next `$len`; after the last, the command runs: first line |
//!
//! Lines end in LF, because an inline command may end in LF alone. The first byte tells an inline command from an array
//! header. The lines of RESP must end in CRLF. No memory is reserved from an announced length: the buffer of a bulk
//! string grows as its bytes arrive (F6).
//!
//! # Memory of one client
//!
//! | what | bound |
//! |---|---|
//! | a request that is not complete | [`MAX_REQUEST_LEN`]: an error, and a close |
//! | replies that the client does not read | [`Config::high_water`](asynchat_core::Config::high_water), and one reply |
//! | the reply to a large `MGET` | references to the values: producers encode them as the client reads |
//!
//! # Differences from Redis
//!
//! - An inline command of more than 64 KiB is always too big. Redis accepts it if its end came in the same read; here
//!   the result may not depend on how the stream is cut (F1).
//! - A NUL is a byte like any other. In Redis it hides the end of an inline command.
//! - The arguments of a command may cost at most [`MAX_REQUEST_LEN`] together. The client gets an error before the
//!   close.
//! - A command has at most 1,024 · 1,024 arguments, as in Redis before version 7.
//! - `EX` and `PX` remove a key when a command next names it. Until then `DBSIZE` counts it.
//!
//! [Redis serialization protocol]: https://redis.io/docs/latest/develop/reference/protocol-spec/

mod arguments;
mod commands;
mod connection;
pub mod fuzzing;
mod handler;
mod inline;
mod keys;
mod number;
mod reply_writer;
mod set;
mod store;
mod values_reply;

pub use handler::{MAX_ARGUMENTS, MAX_BULK_LEN, MAX_LINE_LEN, MAX_REQUEST_LEN, RedisHandler};
pub use store::Store;
