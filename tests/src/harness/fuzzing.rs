//! The bodies of the fuzz targets: any bytes are valid, and a difference between core and its oracle panics.
//!
//! The targets in `fuzz/` are one line each. The unit tests below call the same bodies with fixed inputs, so the bodies
//! run wherever the tests run, and a crash that the fuzzer found can be kept here as one line.

mod chat;
mod framer;
mod frames;
mod fuzz_input;
mod poll_connection;
mod queue;
mod receive_buffer;

pub use chat::chat;
pub use framer::framer;
pub use frames::frames;
pub use poll_connection::poll_connection;
pub use queue::queue;
pub use receive_buffer::receive_buffer;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::random::Random;

    /// Calls a body with inputs that are the same on every machine.
    fn call_often(times: u64, body: fn(&[u8])) {
        for fixed in [&b""[..], b"\0", b"\xff", &[0; 300], &[0xff; 300], b"\r\n\r\n", &[7; 100]] {
            body(fixed);
        }
        for seed in 0..times {
            let mut random = Random::new(seed);
            let length = random.up_to(400);
            body(&random.bytes(length));
        }
    }

    // F1, F8, L5, O1, O5, O6, O8, C1, C2, C3, C12, C13, C14, C15, C18
    #[test]
    fn chat_fuzz_body_passes_fixed_inputs() {
        call_often(1000, chat);
    }

    // F1, F4, F8, F9, F10, F12, F13, F14
    #[test]
    fn framer_fuzz_body_passes_fixed_inputs() {
        call_often(1500, framer);
    }

    // F1, F13, F14, L1, L2, L4, L6, L7, L8, L9
    #[test]
    fn frames_fuzz_body_passes_fixed_inputs() {
        call_often(1500, frames);
    }

    // F1, F2, F4, F8, F9, F13, F14, L1, L2, L3, L6, L7, L8, L9
    #[test]
    fn receive_buffer_fuzz_body_passes_fixed_inputs() {
        call_often(1500, receive_buffer);
    }

    // C2, C4, C8, C16, C18, F1, O1, O6
    #[test]
    fn poll_connection_fuzz_body_passes_fixed_inputs() {
        call_often(300, poll_connection);
    }

    // O1, O2, O3, O4, O5, O8, O9
    #[test]
    fn queue_fuzz_body_passes_fixed_inputs() {
        call_often(2000, queue);
    }
}
