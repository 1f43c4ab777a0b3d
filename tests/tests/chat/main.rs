//! The inbound half of a conversation: `Chat` against hand-written expectations and the oracle.
//!
//! - `table`: the clauses by example, under every cut
//! - `random`: any script, any stream, any calls
//! - `run_loop`: the loops that drive a `Chat` are the same loop

#[path = "../../../core/examples/run_loop.rs"]
#[expect(dead_code, reason = "the loop alone is tested")]
mod example;
mod random;
mod run_loop;
#[path = "../framing/strategies.rs"]
#[expect(dead_code, reason = "the framing suite needs some that this one does not")]
mod strategies;
mod table;
