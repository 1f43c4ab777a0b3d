//! What the suites are made of: streams and ways to cut them, what came of them, and streams and transports that do what
//! they are told.
//!
//! - [`case`], [`cuts`]: streams, the changes of their terminator, and the ways to cut them
//! - [`transcript`], [`framer_lockstep`]: what an implementation made of a case, in the end and step by step
//! - [`frames_transcript`], [`queue_lockstep`], [`chat_lockstep`]: the same for `Frames`, for the queue and for a `Chat`
//! - [`suite`]: one suite for everything that frames a stream
//! - [`fuzzing`]: what the fuzz targets call, and unit tests too
//! - `faulty`: streams that fail where they are told to
//! - [`mock`]: a transport and a clock for the loops that adapters share
//! - [`random`]: pseudo-random numbers that are the same everywhere

pub mod case;
pub mod chat_lockstep;
pub mod cuts;
#[cfg(feature = "adapters")]
pub mod faulty;
pub mod framer_lockstep;
pub mod frames_transcript;
pub mod fuzzing;
pub mod mock;
pub mod queue_lockstep;
pub mod random;
pub mod suite;
pub mod transcript;
