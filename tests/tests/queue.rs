//! The outbound contract: `ProducerQueue` in examples, and in random calls against its oracle.

use std::task::Poll;

use asynchat_core::{IterProducer, ProducerQueue, PushError};
use asynchat_tests::harness::noop_context;
use asynchat_tests::harness::queue_lockstep::{Call, QueueLockstep, Reply};
use bytes::{Buf, Bytes};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Lengths of chunks: zero, and some around the length from which core stops copying.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_usize..40, 2 => select(vec![1022_usize, 1023, 1024, 1025]), 1 => 2000_usize..5000]
}

/// The outputs of a producer: it is pending where there is no length.
fn outputs() -> impl Strategy<Value = Vec<Option<usize>>> {
    vec(prop::option::weighted(0.8, length()), 0..5)
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        8 => length().prop_map(Reply::Send),
        2 => outputs().prop_map(|outputs| Reply::SendProducer(outputs, false)),
        1 => Just(Reply::Skip),
        1 => Just(Reply::Drop),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => length().prop_map(Call::Push),
        6 => length().prop_map(Call::PushSlice),
        4 => (outputs(), prop::bool::weighted(0.1)).prop_map(|(outputs, fails)| Call::PushProducer(outputs, fails)),
        3 => Just(Call::PushDeferred),
        4 => (0_usize..10, reply()).prop_map(|(which, reply)| Call::Answer(which, reply)),
        8 => (0_usize..6000, 0_usize..6000).prop_map(|(budget, most)| Call::Write(budget, most)),
        4 => (1_usize..100, 0_usize..3).prop_map(|(budget, most)| Call::Write(budget, most)),
        2 => Just(Call::NextChunk),
        1 => Just(Call::CloseWhenDone),
        1 => Just(Call::Discard),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    // O1, O2, O3, O4, O5, O8, O9
    #[test]
    fn queue_calls_match_the_oracle(calls in vec(call(), 0..60), budget in 1_usize..3000, most in 1_usize..3000) {
        let mut lockstep = QueueLockstep::default();
        calls.iter().for_each(|call| lockstep.call(call));
        lockstep.drain(budget, most);
    }

    // O1, O4
    #[test]
    fn queue_sends_everything_under_any_write_size(
        lengths in vec(length(), 1..20),
        writes in vec(1_usize..3000, 1..20),
    ) {
        let mut queue = ProducerQueue::new();
        let chunks: Vec<Vec<u8>> = (0..).zip(&lengths).map(|(number, &length)| vec![number; length]).collect();
        for chunk in &chunks {
            prop_assert_eq!(queue.push(chunk.clone()), Ok(()));
        }
        queue.close_when_done();
        let mut sent: Vec<u8> = Vec::new();
        for most in writes.iter().cycle() {
            if queue.is_closed() {
                break;
            }
            let Ok(mut staged) = queue.stage(&mut noop_context(), 2048) else { return Err(TestCaseError::fail("no producer, no error")) };
            let written = staged.chunk().len().min(*most);
            sent.extend_from_slice(&staged.chunk()[..written]);
            staged.advance(written);
        }
        prop_assert_eq!(sent, chunks.concat());
    }
}

// O9. A run of the fuzzer found that the cost depended on the capacity that the allocator had given.
#[test]
fn queue_cost_of_many_slices_matches_the_oracle() {
    for length in [1, 300, 5_000, 16_384, 16_385, 32_768, 40_000] {
        let mut lockstep = QueueLockstep::default();
        lockstep.call(&Call::Push(1));
        (0..100_000 / length).for_each(|_| lockstep.call(&Call::PushSlice(length)));
        lockstep.drain(4096, 1000);
    }
}

// O2
#[test]
fn queue_sends_large_chunks_without_copying() {
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let mut queue = ProducerQueue::new();
    queue.push("small before").unwrap();
    queue.push(chunk.clone()).unwrap();
    queue.push(chunk.clone()).unwrap();
    queue.stage(&mut noop_context(), usize::MAX).unwrap().advance(12);
    assert_eq!(queue.stage(&mut noop_context(), usize::MAX).unwrap().chunk().as_ptr(), chunk.as_ptr());
    queue.advance(chunk.len());
    let Poll::Ready(Ok(Some(taken))) = queue.poll_next_chunk(&mut noop_context()) else { panic!("the chunk is there") };
    assert_eq!(taken.as_ptr(), chunk.as_ptr());
}

// O2
#[test]
fn queue_push_error_distinguishes_closing_from_closed() {
    let mut queue = ProducerQueue::new();
    queue.push("last words").unwrap();
    queue.close_when_done();
    assert_eq!(queue.push("and"), Err(PushError::Closing));
    assert_eq!(queue.push_with_producer(IterProducer::new(["and"])), Err(PushError::Closing));
    queue.stage(&mut noop_context(), 1).unwrap().advance(10);
    assert_eq!(queue.push("and"), Err(PushError::Closed));
    assert_eq!(queue.push_with_producer(IterProducer::new(["and"])), Err(PushError::Closed));
}

// O3
#[test]
fn queue_stages_endless_producer_up_to_budget() {
    let mut queue = ProducerQueue::new();
    queue.push_with_producer(IterProducer::new(std::iter::repeat("four"))).unwrap();
    for _ in 0..1000 {
        let mut staged = queue.stage(&mut noop_context(), 64).unwrap();
        assert!((64..64 + 4).contains(&staged.remaining()));
        staged.advance(3);
    }
}

// O4
#[test]
fn queue_closes_at_once_when_empty() {
    let mut queue = ProducerQueue::new();
    queue.close_when_done();
    assert!(queue.is_closed());
}

// O7
#[test]
fn queue_stages_small_pushes_as_one_write() {
    let mut queue = ProducerQueue::new();
    (0..1000).for_each(|_| queue.push("PONG\r\n").unwrap());
    let staged = queue.stage(&mut noop_context(), 64 * 1024).unwrap();
    let mut slices = [std::io::IoSlice::new(&[]); 64];
    let filled = staged.chunks_vectored(&mut slices);
    assert_eq!(slices[..filled].iter().map(|slice| slice.len()).sum::<usize>(), 6000);
}
