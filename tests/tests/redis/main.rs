//! The Redis handler, tested with literal bytes. Every stream of commands is sent whole, byte by byte, and in two
//! chunks with every possible cut. The replies must be the same bytes.

mod any_bytes;
mod commands;
mod expiry;
mod inline;
mod limits;
mod messages;
mod min_rate;
mod pipelining;
mod protocol;
mod resp3;
mod support;
mod transactions;
