//! The inbound half of a conversation: `Chat` against hand-written expectations and against its oracle.
//!
//! - `table`: examples of each clause, under every cut
//! - `random`: random scripts, streams and calls

mod random;
#[path = "../framing/strategies.rs"]
#[expect(dead_code, reason = "the framing suite needs some that this one does not")]
mod strategies;
mod table;
