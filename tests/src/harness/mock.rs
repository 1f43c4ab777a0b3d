//! A mock transport, a manual clock and harnesses, for the loops that all adapters share.
//!
//! - [`MockTransport`]: a transport without a socket, and the peer at its other end
//! - [`ManualClock`]: a clock that moves only when a test advances it
//! - [`CountingWaker`]: a waker that counts its wake-ups
//! - [`DriverHarness`]: a `Driver` on a mock transport, polled only when it was woken
//! - [`PollConnectionHarness`]: a `PollConnection` on a mock transport
//! - [`RecordingHandler`]: a handler of lines that records its calls
//!
//! A task that was not woken is not polled, so a loop that relies on a wake-up which nothing guarantees stops, and the
//! test fails. The transport counts its calls, so a test sees a loop that spins.

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
pub(crate) use recording_handler::closed;
pub use recording_handler::{OnLine, RecordingHandler};
