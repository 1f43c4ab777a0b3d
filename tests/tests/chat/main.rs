//! The inbound half of a conversation: `Chat` against hand-written expectations and against its oracle.
//!
//! - `table`: examples of each clause, under every cut
//! - `random`: random scripts, streams and calls

mod random;
#[path = "../framing/strategies.rs"]
#[expect(dead_code, reason = "only the framing suite uses all of them")]
mod strategies;
mod table;
