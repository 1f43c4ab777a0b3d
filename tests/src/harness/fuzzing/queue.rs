use super::source::Source;
use crate::harness::queue_lockstep::{Call, QueueLockstep};

/// Lengths of chunks: about the one where copying ends, and nothing.
const LENGTHS: [usize; 8] = [1, 0, 2, 17, 300, 1023, 1024, 5000];

/// Any order of calls, with writes that take any part of what is staged, does what the oracle does.
///
/// # Panics
///
/// Where the queue and the oracle differ.
pub fn queue(data: &[u8]) {
    let mut source = Source::new(data);
    let mut both = QueueLockstep::default();
    while !source.is_empty() {
        let call = match source.below(16) {
            0..=2 => Call::Push(LENGTHS[source.below(LENGTHS.len())]),
            3 | 4 => Call::PushSlice(LENGTHS[source.below(LENGTHS.len())]),
            5..=7 => {
                let lengths = (0..source.below(6)).map(|_| LENGTHS[source.below(LENGTHS.len())]).collect();
                Call::PushProducer(lengths, source.below(8) == 7)
            }
            8..=12 => Call::Write(source.up_to(9000), source.up_to(9000)),
            13 | 14 => Call::NextChunk,
            _ => match source.below(16) {
                0 => Call::Discard,
                1 | 2 => Call::CloseWhenDone,
                _ => Call::Write(source.up_to(100), source.up_to(4)),
            },
        };
        both.call(&call);
    }
    both.drain(4096, 1000);
}
