//! The framing contract: core's `Framer` and `Frames` against hand-written expectations and against their oracles.
//!
//! - `table`: cases from asynchat and from real protocols, and examples of each clause
//! - `terminator_changes`: terminators that change while bytes are held
//! - `universal_newline`: lines that end in CR, LF or CRLF
//! - `delimiter_sets`: which delimiter sets are refused, and why
//! - `exhaustive`: every delimiter and every stream of two letters up to some length
//! - `blocks`: delimiters at every position of long inputs
//! - `random`: random delimiters, sets, streams and terminator changes
//! - `call_order`: calls in any order
//! - `frames`: whole frames
//! - `frame_limits`: frames that are too long, and the last frame of a stream

mod blocks;
mod call_order;
mod delimiter_sets;
mod exhaustive;
mod expect;
mod frame_limits;
mod frames;
mod random;
mod strategies;
mod table;
mod terminator_changes;
mod universal_newline;
