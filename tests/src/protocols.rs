//! Protocols, each written once against core and bound by every adapter in a few lines. Read them as examples.

pub mod chat_room;
pub mod http;
pub mod redis;
