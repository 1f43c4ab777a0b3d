//! The inbound half of a conversation: `Chat` against hand-written expectations and the oracle.
//!
//! - `table`: the clauses by example, under every cut
//! - `random`: any script, any stream, any calls

mod random;
#[path = "../framing/strategies.rs"]
#[expect(dead_code, reason = "the framing suite needs some that this one does not")]
mod strategies;
mod table;
