//! The Redis handler, tested with literal bytes. Every stream of commands is sent whole, byte by byte, and in two
//! chunks with every possible cut. The replies must be the same bytes.

mod any_bytes;
mod commands;
mod inline;
mod min_rate;
mod pipelining;
mod protocol;
mod support;
