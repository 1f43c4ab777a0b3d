//! An SMTP server (RFC 5321) as a [`Handler`](asynchat_core::Handler): it takes mail, and stores it in a Maildir.
//!
//! SMTP is asynchat's first protocol. The server shows lines that are streamed whatever their length,
//! a frame limit that changes with the state, work on files that blocks no task ([`Workers`]), and STARTTLS.
//!
//! | commands | |
//! |---|---|
//! | session | `EHLO`, `HELO`, `NOOP`, `RSET`, `HELP`, `VRFY` (252), `STARTTLS`, `QUIT` |
//! | message | `MAIL` with `SIZE=` and `BODY=`, `RCPT`, `DATA` |
//! | extensions | `PIPELINING` (RFC 2920), `8BITMIME` (RFC 6152), `SIZE` (RFC 1870), `STARTTLS` (RFC 3207) |
//!
//! Left out: authentication, relaying, `SMTPUTF8`, `CHUNKING`, enhanced status codes.
//!
//! # Recipients
//!
//! Every recipient is local, and all of them share one Maildir. A source route is ignored, and `%` and `!` in a local part
//! have no meaning.
//!
//! By default the server takes mail for every domain, so that a program under test can send to any address. A server that
//! strangers reach should name its domains, with [`SmtpService::with_domains`] or behind the folder of an example. Otherwise
//! it answers 250 to mail that was meant for another server and does not get there. A recipient in another domain gets 550
//! (RFC 5321 §3.6.2). `<Postmaster>` without a domain is always accepted (§4.5.1).
//!
//! # Terminators
//!
//! | state | terminator | next |
//! |---|---|---|
//! | command | `b"\r\n"`, within [`MAX_MAIL_LEN`] octets | a command; after 354 the message; after `STARTTLS` TLS |
//! | command that is too long | the same | 500, then a command |
//! | message | `b"\r\n"`, without a limit | the next line; after a line that is one dot, a command |
//!
//! Python's `smtpd`, which was built on asynchat, ended a message with the terminator `\r\n.\r\n`. That terminator never
//! matches an empty message, whose first line is the dot: the CRLF before it belongs to the command `DATA`, so the server
//! waits for ever. A dot that is doubled has to be found in any case. So a message is read as lines here. A line ends in
//! CRLF and in nothing else, and its pieces are handed on as they arrive: a line may have any length, and a message takes
//! constant memory.
//!
//! # Bare CR and LF
//!
//! The framer takes each CRLF out, so a CR or an LF in the data of a line is bare. It never ends a line, so it never
//! ends a message: `\n.\r\n`, `\r\n.\n`, `\n.\n`, `\r.\r` and `\r\n.\r\r\n` are content. The server reads on to the
//! true end and answers 554. It does not accept such a message, because the next server might end it elsewhere, and
//! take the rest for commands of this one (SMTP smuggling: CVE-2023-51764, CVE-2023-51765, CVE-2023-51766). RFC 5321
//! §2.3.8 forbids to send such bytes.
//!
//! In a command a bare CR or LF gets 421 at once, and a close: a client that ends its lines in LF would wait for a
//! reply.
//!
//! # Limits
//!
//! | what | limit | reply |
//! |---|---|---|
//! | a command line, CRLF included | [`MAX_COMMAND_LEN`] octets; `MAIL` [`MAX_MAIL_LEN`] | 500 |
//! | local part, domain, path | 64, 255, 256 octets (RFC 5321 §4.5.3.1) | 501 |
//! | recipients of a message | [`SmtpService::with_max_recipients`] | 452 (RFC 5321 §4.5.3.1.10) |
//! | refused commands of a session | [`SmtpService::with_max_refusals`] | their own, then 421 and a close |
//! | an HTTP request | none is taken | 421 and a close |
//! | a message | [`SmtpService::with_max_message_len`] | 552: at `MAIL` if it was declared, else at the end of the message |
//! | a text line | none: the 1,000 octets of RFC 5321 §4.5.3.1.6 are what a server has to take; longer lines are stored as they are | |
//! | the disk | its room | 452; 451 for other errors |
//! | a silence, a slow frame | [`Config::idle_timeout`](asynchat_core::Config::idle_timeout), [`MinRate`](asynchat_core::MinRate) for a message as a whole | 421 and a close |
//!
//! The conversation goes on after each reply but 421. Accepted commands and messages of a connection have no limit.
//!
//! # Refused commands
//!
//! A client that guesses recipients, or that speaks another protocol, is refused again and again. After 20 refusals it gets
//! 421 behind the last one, and the connection is closed: RFC 5321 §7.8 allows that, and Postfix does it
//! (`smtpd_hard_error_limit`).
//!
//! - A reply of 5yz is a refusal, to a command or to a message. 4yz is not: it says that the server is in trouble.
//! - 452 to a recipient above the limit is a refusal too, but not the first 1,000 of them. A client that pipelines sends
//!   them before it can know (`smtpd_recipient_overshoot_limit` of Postfix).
//! - A message that was stored sets both counts to 0. `RSET` and `EHLO` do not. A sender of a mailing list with dead
//!   addresses is served, and one who guesses has to leave a mail behind.
//! - Pipelined commands are counted one by one. The server reads no command behind the last one.
//! - TLS begins a session of its own (RFC 3207 §4.2), and once in a connection: there are at most twice as many refusals.
//!
//! `VRFY` is no refusal and tells nothing: each name gets 252.
//!
//! A request line of HTTP gets 421 at once. A browser or a proxy was led here, and the commands are in the body of its
//! request: after a few refused header fields they would be obeyed.
//!
//! # Files
//!
//! 250 is sent when the message is safe: it was written to `tmp`, synchronized, renamed into `new`, and `new` was
//! synchronized. A message lands whole or not at all, and what a crash leaves in `tmp` is removed later ([`Maildir`]).
//! Lines end in CRLF in the file too: the message is what the client has sent, behind `Return-Path`, one `Delivered-To`
//! for each recipient, and `Received` (RFC 5321 §4.4).
//!
//! Writing and synchronizing take a while, so the handler does neither. It collects [`PIECE_LEN`] bytes and gives them
//! to [`Workers`], at most one piece at a time, and fills the next one meanwhile. If that is full too, the handler
//! [pauses](asynchat_core::Channel::pause), which holds the client back. It pauses at the end of the message too, until
//! the answer is known. A worker [calls](asynchat_core::drive::Caller) the handler back. A message of less than a piece
//! is one job. Several workers run at the same time, so one synchronization does not hold up the other connections.
//!
//! # Memory of one client
//!
//! | what | bound |
//! |---|---|
//! | a message | two pieces, each of less than [`PIECE_LEN`] and one read ([`Config::read_size`](asynchat_core::Config::read_size)) |
//! | recipients | [`SmtpService::with_max_recipients`] times 256 bytes |
//! | replies that the client does not read | [`Config::high_water`](asynchat_core::Config::high_water) |
//! | jobs that wait for a worker | one for each connection, and one for each message that was given up |
//!
//! # Processor time
//!
//! On tokio a message costs less than in Postfix' `smtp-sink`, which drops messages too. This is `MESSAGES=60000 bash
//! tests/clients/smtp_load.sh` on 26 November 2026: `smtp-source` with 10 sessions against `smtp_server` on tokio,
//! medians of 5 runs on two busy cores of an Intel Xeon, in µs of user and system time of the server.
//!
//! | message | `smtp_server --discard` | `smtp-sink` | `smtp_server`, Maildir |
//! |---|--:|--:|--:|
//! | 4 KB, connections reused | 16 | 21 | 263 |
//! | 4 KB, a connection each | 49 | 55 | 450 |
//! | 100 KB, connections reused | 81 | 209 | 617 |
//!
//! With a Maildir nine tenths of it is system time: the file is created, synchronized and renamed, and its folder is
//! synchronized.
//!
//! On the other adapters, as a ratio to `smtp-sink` with `--discard`, the least and the most of some runs on a machine with
//! other work and without (`MESSAGES=20000 ROUNDS=3`):
//!
//! | message | smol | async-std | blocking |
//! |---|--:|--:|--:|
//! | 4 KB, connections reused | 0.73 to 0.79 | 1.00 | 1.9 to 2.1 |
//! | 4 KB, a connection each | 0.87 to 1.09 | 1.16 to 1.21 | 1.6 to 2.8 |
//! | 100 KB, connections reused | 0.41 to 0.42 | 0.38 to 0.44 | 0.43 to 0.53 |
//!
//! On threads each command of a client that waits for its reply is a wait in poll(2) and a switch to another thread: 10
//! context switches for a connection with one message, where tokio makes 3. They cost more on a busy machine. A bare server
//! on std, with a thread for each connection and reads that block, takes 1.5 to 1.9 times the time of `smtp-sink` too.
//! smol and async-std register a socket anew for each wait, and their timer for each turn of the reactor: 15 calls of
//! `epoll_ctl` for a connection, where tokio makes 2.

mod command;
mod content;
mod delivery;
mod disk;
mod domain;
pub mod fuzzing;
mod handler;
mod maildir;
mod memory_store;
mod path;
mod refusals;
mod reply;
mod service;
mod store;
mod trace;
mod transaction;
mod workers;

pub use command::{MAX_COMMAND_LEN, MAX_MAIL_LEN};
pub use delivery::PIECE_LEN;
pub use disk::{Disk, DiskFile, SystemDisk};
pub use handler::SmtpHandler;
pub use maildir::Maildir;
pub use memory_store::MemoryStore;
pub use service::SmtpService;
pub use store::{DiscardStore, Draft, Store};
pub use workers::{Job, Workers};
