//! The part of `benches/idle_memory` that the compiler knows.

use asynchat_core::drive::Driver;
use asynchat_tokio::{BoxError, Channel, Config, Handler, TokioClock, drive};

struct Quiet;

impl Handler for Quiet {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn idle_connection_is_small() {
    let beside_the_stream = size_of::<Driver<TokioClock, Quiet>>();
    // The chat at rest has 56 bytes; clocks, mailbox and what the transport holds have the rest.
    assert!(beside_the_stream <= 128, "{beside_the_stream}");
    let future = drive(tokio::io::duplex(1).0, Quiet, Config::default());
    assert_eq!(size_of_val(&future), size_of::<usize>());
}
