//! The Redis handler, against literal bytes. Every stream of requests is sent whole, byte by byte and in two pieces, cut
//! at every place; the replies have to be the same bytes.

mod any_bytes;
mod commands;
mod inline;
mod pipelining;
mod protocol;
mod support;
