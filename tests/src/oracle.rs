//! The contract, computed the slow and obvious way.
//!
//! Everything here is so simple that it is unlikely to be wrong: the unread stream is a `Vec<u8>`, a delimiter is
//! looked for at every place in turn, and nothing is remembered between two questions. None of core's algorithms is
//! used, only its plain answers, such as [`End`](asynchat_core::End). Where the oracle and core differ, one of them misreads the
//! contract, and the oracle is short enough to be read against it line by line.
//!
//! - [`naive`]: finding delimiters and what must be held back (F2, F4, F10)
//! - [`TerminatorSpec`]: a terminator as plain data
//! - [`FramerOracle`]: the oracle of `Framer` (F1 to F10)
//! - [`FramesOracle`]: the oracle of `Frames` (L1, L2)
//! - [`ChatOracle`]: the oracle of a `Chat`'s inbound half (L5, O6, C2, C3)
//! - [`QueueOracle`]: the oracle of `ProducerQueue` (O1 to O5)

mod chat;
mod framer;
mod frames;
pub mod naive;
mod queue;
mod terminator_spec;

pub use chat::{ChatOracle, ExpectedCall, WaterMarks};
pub use framer::{FramerOracle, Step};
pub use frames::{FramesOracle, TooLong};
pub use queue::{ProducerFailed, ProducerOutput, QueueOracle};
pub use terminator_spec::{Members, TerminatorSpec};
