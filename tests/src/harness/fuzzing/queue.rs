use super::fuzz_input::FuzzInput;
use crate::harness::queue_lockstep::{Call, QueueLockstep, Reply};

/// Lengths of chunks: zero, and some around the length from which core stops copying.
const LENGTHS: [usize; 8] = [1, 0, 2, 17, 300, 1023, 1024, 5000];

/// Checks that any order of calls, with writes of any part of the staged bytes, matches the oracle.
///
/// # Panics
///
/// Where `ProducerQueue` and the oracle differ.
pub fn queue(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let mut lockstep = QueueLockstep::default();
    while !fuzz.is_empty() {
        let call = match fuzz.below(16) {
            0..=2 => Call::Push(LENGTHS[fuzz.below(LENGTHS.len())]),
            3 | 4 => Call::PushSlice(LENGTHS[fuzz.below(LENGTHS.len())]),
            5..=7 => {
                let lengths = outputs(&mut fuzz);
                Call::PushProducer(lengths, fuzz.below(8) == 7)
            }
            8..=12 => Call::Write(fuzz.up_to(9000), fuzz.up_to(9000)),
            13 => Call::NextChunk,
            14 => match fuzz.below(8) {
                0..=2 => Call::PushDeferred,
                which => {
                    let reply = match fuzz.below(8) {
                        0..=3 => Reply::Send(LENGTHS[fuzz.below(LENGTHS.len())]),
                        4 | 5 => Reply::SendProducer(outputs(&mut fuzz), false),
                        6 => Reply::Skip,
                        _ => Reply::Drop,
                    };
                    Call::Answer(which, reply)
                }
            },
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

/// The outputs of a producer: it is pending where there is no length.
fn outputs(fuzz: &mut FuzzInput<'_>) -> Vec<Option<usize>> {
    let mut outputs = Vec::new();
    for _ in 0..fuzz.below(6) {
        outputs.push(if fuzz.below(4) == 3 { None } else { Some(LENGTHS[fuzz.below(LENGTHS.len())]) });
    }
    outputs
}
