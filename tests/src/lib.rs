//! What proves asynchat: oracles, cuts, transcripts, and the bodies of the fuzz targets.
//!
//! - [`oracle`]: the contract, computed the slow and obvious way
//!
//! The suites themselves lie in `tests/`. A test says above it which clauses of the contract it proves.

pub mod oracle;
