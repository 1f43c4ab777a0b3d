//! A small Redis server as a [`Handler`](asynchat_core::Handler): string values under keys, and messages between clients.
//!
//! It shows lines and counted bytes in turn (RESP, the [Redis serialization protocol]), pipelining with backpressure,
//! values that are sent from where they are stored, without a copy, and connections that push to each other.
//!
//! | commands | |
//! |---|---|
//! | strings | `GET`, `SET` with all options, `MGET`, `MSET`, `MSETNX`, `GETSET`, `GETDEL`, `GETEX`, `GETRANGE`, `SUBSTR`, `SETNX`, `SETEX`, `PSETEX`, `APPEND`, `STRLEN`, `INCR`, `DECR`, `INCRBY`, `DECRBY` |
//! | keys | `DEL`, `UNLINK`, `EXISTS`, `TOUCH`, `TYPE`, `RENAME`, `RENAMENX`, `KEYS`, `SCAN`, `DBSIZE`, `FLUSHALL`, `FLUSHDB` |
//! | expiry | `EXPIRE`, `PEXPIRE`, `EXPIREAT`, `PEXPIREAT` with `NX`, `XX`, `GT`, `LT`; `TTL`, `PTTL`, `EXPIRETIME`, `PEXPIRETIME`, `PERSIST` |
//! | transactions | `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH` |
//! | messages | `SUBSCRIBE`, `UNSUBSCRIBE`, `PSUBSCRIBE`, `PUNSUBSCRIBE`, `PUBLISH`, `PUBSUB` with `CHANNELS`, `NUMSUB`, `NUMPAT` |
//! | connection | `PING`, `ECHO`, `QUIT`, `RESET`, `SELECT 0`, `HELLO`, `CLIENT` with `LIST`, `INFO`, `ID`, `SETNAME`, `GETNAME`, `SETINFO` |
//! | server | `INFO` with sections, `COMMAND` with `COUNT`, `INFO`, `DOCS`, `LIST`, `CONFIG` with `GET`, `SET`, `RESETSTAT` |
//!
//! Supported: RESP2, RESP3 (`HELLO 3`), inline commands, pipelining, the error texts of Redis 7.
//!
//! Left out: types other than strings (so no command replies `WRONGTYPE`), more than one database, persistence, scripts,
//! users and passwords, sharded messages, a limit on the total size of values, subscriptions and watched keys.
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
//! # The path of a message
//!
//! ```text
//!  PUBLISH ─▶ RedisHandler ─▶ Subscribers ─▶ ConnectionHandle::push ─▶ mailbox ─▶ the subscriber's queue
//!                                                  │ full: the subscriber does not read
//!                                                  ▼
//!                                       ConnectionHandle::abort
//! ```
//!
//! All subscribers receive all messages in the same order. The reply to the last unsubscription comes behind the messages
//! before it: the handler pauses, and a call of its own through the mailbox sends the reply and resumes.
//!
//! # Memory of one client
//!
//! [`config`] has the limits that suit Redis.
//!
//! | what | bound |
//! |---|---|
//! | a request that is not complete, or a transaction | [`MAX_REQUEST_LEN`]: an error, and a close |
//! | replies that the client does not read | [`Config::high_water`](asynchat_core::Config::high_water), and one reply; then its commands wait |
//! | … for all clients together | [`Config::memory_budget`](asynchat_core::Config::memory_budget); then the commands of those that hold most wait |
//! | the reply to a large `MGET` | references to the values: producers encode them as the client reads |
//! | the reply to `KEYS` | a copy of the keys that match |
//! | messages that a subscriber does not read | [`Config::mailbox_capacity`](asynchat_core::Config::mailbox_capacity); then it is dropped |
//!
//! A client above [`Store::with_max_clients`] gets an error, and is closed.
//!
//! # Expiry
//!
//! A key is gone when its time has passed: `DBSIZE`, `KEYS` and `SCAN` do not show it. Its memory is freed by the commands
//! that follow, which remove up to 16 such keys each.
//!
//! # Differences from Redis
//!
//! - An inline command of more than 64 KiB is always too big. Redis accepts it if its end came in the same read; here
//!   the result may not depend on how the stream is cut (F1).
//! - A NUL is a byte like any other. In Redis it hides the end of an inline command.
//! - The arguments of a command may cost at most [`MAX_REQUEST_LEN`] together. The client gets an error before the
//!   close.
//! - A command has at most 1,024 · 1,024 arguments, as in Redis before version 7.
//! - A transaction may cost [`MAX_REQUEST_LEN`], as one command. Redis counts it towards `client-query-buffer-limit`.
//! - `EXPIREAT` and `EXAT` refer to the time of day at the start of the server, and a monotonic clock since. So nobody
//!   loses keys by setting the time of day.
//! - A message that a client publishes to itself comes before the messages that wait in its mailbox.
//! - `COMMAND INFO` has no categories, tips and key specifications, and `COMMAND DOCS` no arguments. `CLIENT LIST` and
//!   `INFO` have the fields alone whose values are known.
//! - `HELLO` and `INFO` state the version of Redis whose replies these are, 7.0.15.
//!
//! [Redis serialization protocol]: https://redis.io/docs/latest/develop/reference/protocol-spec/

mod arguments;
mod client;
mod client_commands;
mod clients;
mod clock;
mod command;
mod command_commands;
mod commands;
mod connection;
mod counters;
mod deadlines;
mod expiry;
pub mod fuzzing;
mod glob;
mod handler;
mod info;
mod inline;
mod keys;
mod keyspace;
mod limits;
mod number;
mod parameters;
mod pubsub;
mod reply_writer;
mod scan;
mod set;
mod store;
mod strings;
mod subscribers;
mod table;
mod transaction;
mod value;
mod value_list;
mod values_reply;
mod watches;

pub use handler::{MAX_ARGUMENTS, MAX_BULK_LEN, MAX_LINE_LEN, MAX_REQUEST_LEN, RedisHandler};
pub use limits::config;
pub use store::Store;
