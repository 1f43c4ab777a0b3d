//! The share of a connection in the memory budget of many.

use std::task::Poll;

use asynchat_core::{Config, MemoryBudget, ProducerQueue};
use asynchat_tests::harness::mock::PollConnectionHarness;

/// A connection whose peer sends lines and takes nothing.
fn connection(budget: &MemoryBudget) -> PollConnectionHarness {
    let harness = PollConnectionHarness::new(b"\n", Config::default().with_memory_budget(budget.clone()));
    harness.transport.set_write_window(0);
    harness.transport.send("\n".repeat(100));
    harness
}

/// Answers the next line, if there is one to be had.
fn answers(harness: &mut PollConnectionHarness, bytes: usize) -> bool {
    let mut found = harness.poll_frame();
    while found.is_pending() && harness.take_woken() {
        found = harness.poll_frame();
    }
    if found.is_ready() {
        assert_eq!(found, Poll::Ready(Ok(Some(Vec::new()))));
        let answer = vec![b'x'; bytes - ProducerQueue::CHUNK_COST];
        assert_eq!(harness.connection.queue_mut().push(answer), Ok(()));
    }
    found.is_ready()
}

// O9
#[test]
fn connection_holds_its_share_of_a_budget() {
    let budget = MemoryBudget::new(120_000);
    let mut large = connection(&budget);
    let mut small = connection(&budget);
    for _ in 0..4 {
        assert!(answers(&mut large, 20_000), "there is room: {budget:?}");
    }
    assert!(answers(&mut small, 1_000));
    let answered = (0..100).take_while(|_| answers(&mut large, 20_000)).count();
    assert!((1..=3).contains(&answered), "four times the room that is left, and two answers: {answered}");
    assert!(answers(&mut small, 1_000), "{budget:?}");
    large.transport.set_write_window(20_000);
    assert!(!answers(&mut large, 1_000), "it holds more than four times the room");
    large.transport.set_write_window(80_000);
    assert!(answers(&mut large, 1_000));
}

// O9
#[test]
fn connection_gives_its_share_back() {
    let budget = MemoryBudget::new(100);
    let mut connections = [(); 4].map(|()| connection(&budget));
    for harness in &mut connections {
        assert!(answers(harness, 1_000) && answers(harness, 1_000));
        let _ = harness.poll_frame();
    }
    assert!(budget.used() >= 4_000, "{budget:?}");
    let [mut flushed, mut aborted, dropped, taken_apart] = connections;
    flushed.transport.set_write_window(usize::MAX);
    assert_eq!(flushed.poll_flush(), Poll::Ready(Ok(())));
    aborted.connection.abort();
    drop(dropped);
    let parts = taken_apart.connection.into_parts();
    assert_eq!((parts.unsent.unsent_len() > 0, budget.used()), (true, 0));
}
