//! What proves asynchat: oracles, cuts, transcripts, and the bodies of the fuzz targets.
//!
//! - [`oracle`]: the contract, computed the slow and obvious way
//! - [`case`], [`cuts`]: streams, the changes of their terminator, and the ways to cut them
//! - [`transcript`], [`lockstep`]: what an implementation made of a case, in the end and step by step
//! - [`whole_frames`]: the same for frames that are collected
//! - [`suite`]: one suite for everything that frames a stream
//! - [`queue_lockstep`]: a queue and its oracle, step by step
//! - [`chat_lockstep`]: a conversation and its oracle, step by step
//! - [`fuzzing`]: what the fuzz targets call, and unit tests too
//! - [`http`], [`chat_room`], [`redis`]: protocol handlers, written once for every adapter
//! - [`mod@scenarios`], [`adapter`], [`faulty`]: one list of scenarios for every adapter, what it asks of them, and streams that
//!   fail where they are told to
//! - [`scripted`]: a transport and a clock for the loops that adapters share
//! - [`random`]: pseudo-random numbers that are the same everywhere
//!
//! The suites themselves lie in `tests/`. A test says above it which clauses of the contract it proves.

#[cfg(feature = "adapters")]
pub mod adapter;
pub mod case;
pub mod chat_lockstep;
pub mod chat_room;
pub mod cuts;
#[cfg(feature = "adapters")]
pub mod faulty;
pub mod fuzzing;
pub mod http;
pub mod lockstep;
pub mod oracle;
pub mod queue_lockstep;
pub mod random;
pub mod redis;
#[cfg(feature = "adapters")]
pub mod scenarios;
pub mod scripted;
pub mod suite;
pub mod transcript;
pub mod whole_frames;
