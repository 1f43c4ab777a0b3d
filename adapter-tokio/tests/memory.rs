//! The part of `benches/idle_memory` that the compiler knows.

use asynchat_core::drive::Driver;
use asynchat_tokio::{BoxError, Channel, Config, Error, Handler, TokioClock, drive};
use tokio::task::JoinError;

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
    // The chat at rest has 64 bytes; clock, mailbox and what the transport holds have the rest.
    assert!(beside_the_stream <= 112, "{beside_the_stream}");
    let future = drive(tokio::io::duplex(1).0, Quiet, Config::default());
    assert_eq!(size_of_val(&future), size_of::<usize>());
}

#[test]
fn task_of_drive_takes_128_bytes() {
    // tokio has 96 bytes for itself and a multiple of 128 for the task. The rest has room for a future of 32 bytes, or for an
    // output of 24 bytes and a discriminant.
    let output = size_of::<Result<Result<(), Error>, JoinError>>();
    assert!(output <= 24, "{output}");
}
