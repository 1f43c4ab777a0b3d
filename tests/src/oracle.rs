//! The oracle: the contract, implemented in the slowest and most obvious way.
//!
//! The code is so simple that it is unlikely to be wrong. The unread stream is a `Vec<u8>`; the delimiter search tries
//! every position in turn; no search result is kept between two calls. The oracle uses none of core's algorithms, only
//! its result types, such as [`End`](asynchat_core::End). Where the oracle and core differ, one of them misreads the
//! contract, and the oracle is short enough to be compared with the contract line by line.
//!
//! - [`naive`]: delimiter search, and how many bytes must be held back (F2, F4, F10)
//! - [`TerminatorSpec`]: a terminator as plain data
//! - [`FramerOracle`]: the oracle of `Framer` (F1 to F10)
//! - [`FramesOracle`]: the oracle of `Frames` (L1, L2, L6 to L9)
//! - [`ChatOracle`]: the oracle of the inbound half of a `Chat` (L5, O6, C2, C3)
//! - [`QueueOracle`]: the oracle of `ProducerQueue` (O1 to O5)

mod chat;
mod framer;
mod frames;
pub mod naive;
mod queue;
mod terminator_spec;

pub use chat::{ChatOracle, ExpectedCall, WaterMarks};
pub use framer::{FramerOracle, Step};
pub use frames::{FrameEvent, FramesOracle, TooLong};
pub use queue::{Answer, ProducerFailed, ProducerOutput, QueueOracle};
pub use terminator_spec::{Members, TerminatorSpec};
