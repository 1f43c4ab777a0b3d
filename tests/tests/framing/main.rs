//! The framing contract: core's `Framer` and `Frames` against hand-written expectations and the oracle.
//!
//! - `table`: cases from asynchat, from the field, and the clauses by example
//! - `terminator_changes`: terminators that change while bytes are held
//! - `sets`: which sets are refused, and why
//! - `exhaustive`: all delimiters and streams of two letters up to a length
//! - `blocks`: delimiters at every place of long inputs
//! - `random`: longer delimiters, sets, streams and changes, at random
//! - `call_order`: any calls in any order
//! - `frames`: whole frames

mod blocks;
mod call_order;
mod delimiter_sets;
mod exhaustive;
mod expect;
mod frames;
mod random;
mod strategies;
mod table;
mod terminator_changes;
