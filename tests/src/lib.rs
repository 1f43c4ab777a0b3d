//! Support for the test suites in `tests/`, and the protocol handlers that serve as examples.
//!
//! - [`protocols`]: HTTP, Redis, SMTP and a chat room, each written once as a `Handler`
//! - [`oracle`]: a slow and obvious implementation of the contract, to compare core with
//! - [`harness`]: test cases, chunk boundaries, transcripts, lockstep runs, mocks, faulty streams, fuzz bodies
//! - [`mod@scenarios`]: the one list of integration scenarios that every adapter runs
//! - `signals`: the graceful end of an example, with the feature `signals`
//! - [`adapters`]: how each adapter runs that list
//!
//! The suites are in `tests/`. A comment directly above a test names the clauses of `core/CONTRACT.md` that it proves.

#[cfg(feature = "adapters")]
pub mod adapters;
pub mod harness;
pub mod oracle;
pub mod protocols;
#[cfg(feature = "adapters")]
pub mod scenarios;
#[cfg(feature = "signals")]
pub mod signals;

/// Compiles the programs in the README of the workspace.
#[cfg(all(doctest, feature = "adapters"))]
#[doc = include_str!("../../README.md")]
struct Readme;
