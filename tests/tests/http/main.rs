//! The HTTP handler, tested with literal bytes. Every stream of requests is sent whole, byte by byte, and in two chunks
//! with every possible cut. The responses must be the same bytes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod any_bytes;
mod chunked;
mod content;
mod limits;
mod malformed;
mod persistence;
mod resources;
mod rfc;
mod streaming;
mod support;
mod timeouts;
