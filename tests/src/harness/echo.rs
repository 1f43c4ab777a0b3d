//! The line echo as a handler, for tests and for the benchmarks of every runtime.

use asynchat_core::{BoxError, Channel, Handler};

/// Sends each line back as it comes, as a user would write it.
#[derive(Debug)]
pub struct Echo;

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(data)?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(b"\n")?)
    }
}
