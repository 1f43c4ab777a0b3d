//! What proves asynchat, and the protocols that show it.
//!
//! - [`protocols`]: HTTP, Redis and a chat room, as handlers
//! - [`oracle`]: the contract, computed the slow and obvious way
//! - [`harness`]: cases, cuts, transcripts, faulty streams, scripted transports, and the bodies of the fuzz targets
//! - [`mod@scenarios`]: the one list that every adapter runs
//! - [`adapters`]: how each adapter answers to it
//!
//! The suites themselves lie in `tests/`. A test says above it which clauses of the contract it proves.

#[cfg(feature = "adapters")]
pub mod adapters;
pub mod harness;
pub mod oracle;
pub mod protocols;
#[cfg(feature = "adapters")]
pub mod scenarios;

/// Compiles the programs in the README of the workspace.
#[cfg(all(doctest, feature = "adapters"))]
#[doc = include_str!("../../README.md")]
struct Readme;
