//! The inbound half of a conversation: `Chat` against hand-written expectations and against its oracle.
//!
//! - `table`: examples of each clause, under every cut
//! - `random`: random scripts, streams and calls

#[path = "../../../core/examples/run_loop.rs"]
#[expect(dead_code, reason = "the loop alone is tested")]
mod example;
mod random;
mod run_loop;
#[path = "../framing/strategies.rs"]
#[expect(dead_code, reason = "only the framing suite uses all of them")]
mod strategies;
mod table;
