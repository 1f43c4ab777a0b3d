//! Example protocols. Each is one [`Handler`](asynchat_core::Handler), written once against core; every adapter serves
//! it in a few lines (see the `examples` folder of each adapter).
//!
//! | module | terminators it uses |
//! |---|---|
//! | [`http`] | a delimiter set for the head, then a count for the content |
//! | [`redis`] | a delimiter for each line, then a count for each bulk string |
//! | [`smtp`] | a delimiter for each line, with a limit on commands and none in a message |
//! | [`chat_room`] | one delimiter set for all lines |
//!
//! [`in_memory`] runs a handler without a network, for tests and fuzz targets.

pub mod chat_room;
pub mod http;
pub mod in_memory;
pub mod redis;
pub mod smtp;
