//! A transport without a socket and a clock without time, for the loops that the adapters share.
//!
//! - [`MockTransport`]: a transport, and the peer at its other end
//! - [`ManualClock`]: a clock that stands until it is put forward
//! - [`CountingWaker`]: a waker that counts
//! - [`DriverHarness`]: a driver on all of these, polled when it was woken and not else
//! - [`PollConnectionHarness`]: a puller on the same
//! - [`RecordingHandler`]: a handler of lines that writes down what it is told
//!
//! Whoever is not woken is not polled, so that a loop which relies on a wake-up that nobody owes it comes to a halt. How
//! often a loop calls its transport is counted, so that one that spins is seen.

mod counting_waker;
mod driver_harness;
mod manual_clock;
mod mock_transport;
mod poll_connection_harness;
mod recording_handler;

pub use counting_waker::CountingWaker;
pub use driver_harness::DriverHarness;
pub use manual_clock::ManualClock;
pub use mock_transport::{Calls, MockTransport};
pub use poll_connection_harness::PollConnectionHarness;
pub use recording_handler::{OnLine, RecordingHandler};
