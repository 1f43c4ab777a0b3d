//! The framing contract: core's `Framer` and `Frames` against hand-written expectations and the oracle.
//!
//! - `table`: cases from asynchat, from the field, and the clauses by example
//! - `switches`: terminators that change while bytes are held
//! - `sets`: which sets are refused, and why
//! - `small_space`: all delimiters and streams of two letters up to a length
//! - `blocks`: delimiters at every place of long inputs
//! - `random`: longer delimiters, sets, streams and changes, at random
//! - `any_order`: any calls in any order
//! - `frames`: whole frames

mod any_order;
mod blocks;
mod expect;
mod frames;
mod random;
mod sets;
mod small_space;
mod strategies;
mod switches;
mod table;
