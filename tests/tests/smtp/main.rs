//! The SMTP handler, tested with literal bytes. Every conversation is sent whole, byte by byte, and in two chunks with every
//! possible cut. The replies and the messages must be the same.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod any_bytes;
mod commands;
mod crash_disk;
mod ending;
mod maildir;
mod messages;
mod recipients;
mod refusals;
mod smuggling;
mod storing;
mod support;
mod transactions;
