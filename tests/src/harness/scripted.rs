//! A transport without a socket and a clock without time, for the loops that the adapters share.
//!
//! - [`Wire`]: a transport, and the peer at its other end
//! - [`Hours`]: a clock that stands until it is put forward
//! - [`Bell`]: a waker that counts
//! - [`Driven`]: a driver on all of these, polled when it was woken and not else
//! - [`Pulled`]: a puller on the same
//! - [`Scribe`]: a handler of lines that writes down what it is told
//!
//! Whoever is not woken is not polled, so that a loop which relies on a wake-up that nobody owes it comes to a halt. How
//! often a loop calls its transport is counted, so that one that spins is seen.

mod bell;
mod driven;
mod hours;
mod pulled;
mod scribe;
mod wire;

pub use bell::Bell;
pub use driven::Driven;
pub use hours::Hours;
pub use pulled::Pulled;
pub use scribe::{OnLine, Scribe};
pub use wire::{Calls, Wire};
