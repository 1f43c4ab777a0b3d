use super::fuzz_input::FuzzInput;
use crate::harness::queue_lockstep::{Call, QueueLockstep};

/// Lengths of chunks: about the one where copying ends, and nothing.
const LENGTHS: [usize; 8] = [1, 0, 2, 17, 300, 1023, 1024, 5000];

/// Any order of calls, with writes that take any part of what is staged, does what the oracle does.
///
/// # Panics
///
/// Where the queue and the oracle differ.
pub fn queue(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let mut lockstep = QueueLockstep::default();
    while !fuzz.is_empty() {
        let call = match fuzz.below(16) {
            0..=2 => Call::Push(LENGTHS[fuzz.below(LENGTHS.len())]),
            3 | 4 => Call::PushSlice(LENGTHS[fuzz.below(LENGTHS.len())]),
            5..=7 => {
                let lengths = (0..fuzz.below(6)).map(|_| LENGTHS[fuzz.below(LENGTHS.len())]).collect();
                Call::PushProducer(lengths, fuzz.below(8) == 7)
            }
            8..=12 => Call::Write(fuzz.up_to(9000), fuzz.up_to(9000)),
            13 | 14 => Call::NextChunk,
            _ => match fuzz.below(16) {
                0 => Call::Discard,
                1 | 2 => Call::CloseWhenDone,
                _ => Call::Write(fuzz.up_to(100), fuzz.up_to(4)),
            },
        };
        lockstep.call(&call);
    }
    lockstep.drain(4096, 1000);
}
