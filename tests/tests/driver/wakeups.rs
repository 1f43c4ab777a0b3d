//! The work that a driver does after a wake-up, and that it does no more.

use asynchat_core::drive::mailbox;
use asynchat_core::{Config, ProducerQueue};
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};

use crate::{answering_handler, count_entries};

/// The most transport calls that one wake-up may need.
const MAX_CALLS_PER_WAKEUP: usize = 8;

/// No poll makes as many transport calls as this.
const MAX_CALLS_PER_POLL: usize = 1000;

// O6
#[test]
fn driver_sends_mailbox_chunk_after_queue_drains() {
    let (peer, mailbox) = mailbox(Config::default().mailbox_capacity);
    let mut harness = DriverHarness::with_mailbox(answering_handler(200_000), Config::default(), mailbox);
    harness.transport.set_write_window(0);
    harness.transport.send("\n");
    assert!(harness.run().is_pending());
    peer.push("hi").unwrap();
    peer.close_when_done();
    assert!(harness.run().is_pending());
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.run().is_pending());
    assert_eq!(harness.transport.written().len(), 200_002);
    assert!(harness.transport.is_shut_down());
}

// O1
#[test]
fn driver_empties_mailbox_larger_than_high_water() {
    let (peer, mailbox) = mailbox(1 << 20);
    let mut harness = DriverHarness::with_mailbox(RecordingHandler::record_only(), Config::default(), mailbox);
    assert!(harness.run().is_pending());
    for number in 0..9 {
        peer.push(vec![number; 100_000]).unwrap();
    }
    assert!(harness.run().is_pending());
    let expected: Vec<u8> = (0..9).flat_map(|number| vec![number; 100_000]).collect();
    assert!(*harness.transport.written() == *expected);
}

// O6, C9
#[test]
fn driver_stops_reading_above_high_water() {
    let handler = answering_handler(100);
    let log = handler.log();
    // The last answer is still a chunk when the mark is looked at; the others are staged.
    let high_water = 1000 + ProducerQueue::CHUNK_COST;
    let config = Config::default().with_high_water(high_water).with_low_water(500);
    let mut harness = DriverHarness::new(handler, config);
    harness.transport.set_write_window(0);
    for _ in 0..20 {
        harness.transport.send("a\n");
        assert!(harness.run().is_pending());
    }
    assert_eq!(count_entries(&log, "a"), 11);
    let reads = harness.transport.calls().reads;
    harness.transport.set_write_window(599);
    assert!(harness.run().is_pending());
    assert_eq!((count_entries(&log, "a"), harness.transport.calls().reads), (11, reads), "501 bytes are left");
    harness.transport.set_write_window(1);
    assert!(harness.run().is_pending());
    assert_eq!(count_entries(&log, "a"), 17);
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.run().is_pending());
    assert_eq!((count_entries(&log, "a"), harness.transport.written().len()), (20, 2000));
}

// O7
#[test]
fn driver_writes_answers_of_one_input_together() {
    let mut harness = DriverHarness::new(answering_handler(10), Config::default());
    assert!(harness.run().is_pending());
    harness.transport.send("a\n".repeat(50));
    assert!(harness.run().is_pending());
    let calls = harness.transport.calls();
    assert_eq!((harness.transport.written().len(), calls.writes, calls.flushes), (500, 1, 1));
}

#[test]
fn driver_does_nothing_while_idle() {
    let mut harness = DriverHarness::new(answering_handler(1), Config::default());
    assert!(harness.run().is_pending());
    assert!(!harness.take_woken());
    assert!(harness.transport.calls().sum() <= MAX_CALLS_PER_WAKEUP);
    for _ in 0..10 {
        let before = harness.transport.calls();
        assert!(harness.poll().is_pending() && !harness.take_woken());
        let after = harness.transport.calls();
        assert_eq!((after.reads - before.reads, after.sum() - before.sum()), (1, 1), "an idle poll makes one read");
    }
}

#[test]
fn driver_needs_few_transport_calls_per_line() {
    let mut harness = DriverHarness::new(answering_handler(1), Config::default());
    assert!(harness.run().is_pending());
    for _ in 0..10 {
        let before = harness.transport.calls().sum();
        harness.transport.send("a\n");
        assert!(harness.run().is_pending());
        assert!(harness.transport.calls().sum() - before <= MAX_CALLS_PER_WAKEUP, "{:?}", harness.transport.calls());
    }
}

#[test]
fn driver_retries_blocked_write_only_after_wakeup() {
    let mut harness = DriverHarness::new(answering_handler(100), Config::default());
    harness.transport.set_write_window(10);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert!(harness.transport.calls().sum() <= MAX_CALLS_PER_WAKEUP + 4, "{:?}", harness.transport.calls());
    assert!(!harness.take_woken());
}

#[test]
fn driver_yields_while_transport_is_always_ready() {
    let mut harness = DriverHarness::new(answering_handler(1), Config::default().with_read_size(16));
    harness.transport.send_forever(b'\n');
    for _ in 0..5 {
        let before = harness.transport.calls().sum();
        assert!(harness.take_woken(), "a yielding poll wakes its own task");
        assert!(harness.poll().is_pending());
        assert!(harness.transport.calls().sum() - before < MAX_CALLS_PER_POLL);
    }
    assert!(harness.transport.written().len() > 1000);
}

#[test]
fn driver_yields_while_output_never_ends() {
    let handler = RecordingHandler::new(|_, channel| {
        let endless = asynchat_core::FnProducer::new(|| Ok(Some(vec![b'x'; 100].into())));
        Ok(channel.push_with_producer(endless)?)
    });
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default().with_write_size(100));
    harness.transport.send("a\n");
    for _ in 0..5 {
        let before = harness.transport.calls().sum();
        assert!(harness.take_woken(), "a yielding poll wakes its own task");
        assert!(harness.poll().is_pending());
        assert!(harness.transport.calls().sum() - before < MAX_CALLS_PER_POLL);
    }
    // The driver reads input as well.
    harness.transport.send("b\n");
    assert!(harness.poll().is_pending());
    assert_eq!(*log.borrow(), ["connect", "a", "b"]);
}
