//! The HTTP handler, against literal bytes. Every stream of requests is sent whole, byte by byte and in two pieces, cut
//! at every place; the answers have to be the same bytes.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod any_bytes;
mod content;
mod malformed;
mod min_rate;
mod persistence;
mod refused;
mod resources;
mod streaming;
mod support;
