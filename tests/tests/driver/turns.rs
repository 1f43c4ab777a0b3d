//! What it does when it is woken, and that it does no more.

use asynchat_core::Config;
use asynchat_core::drive::mailbox;
use asynchat_tests::harness::scripted::{DriverHarness, RecordingHandler};

use crate::{answering, count};

/// More calls of a transport than one wake-up needs.
const FEW: usize = 8;

/// More calls of a transport than one poll may make.
const MANY: usize = 1000;

// O6
#[test]
fn driver_sends_mailbox_chunk_after_queue_drains() {
    let (peer, mailbox) = mailbox(Config::default().mailbox_capacity);
    let mut driven = DriverHarness::with_mailbox(answering(200_000), Config::default(), mailbox);
    driven.transport.take(0);
    driven.transport.send("\n");
    assert!(driven.run().is_pending());
    peer.push("hi").unwrap();
    peer.close_when_done();
    assert!(driven.run().is_pending());
    driven.transport.take(usize::MAX);
    assert!(driven.run().is_pending());
    assert_eq!(driven.transport.written().len(), 200_002);
    assert!(driven.transport.is_shut_down());
}

// O1
#[test]
fn driver_empties_mailbox_larger_than_high_water() {
    let (peer, mailbox) = mailbox(1 << 20);
    let mut driven = DriverHarness::with_mailbox(RecordingHandler::silent(), Config::default(), mailbox);
    assert!(driven.run().is_pending());
    for number in 0..9 {
        peer.push(vec![number; 100_000]).unwrap();
    }
    assert!(driven.run().is_pending());
    let expected: Vec<u8> = (0..9).flat_map(|number| vec![number; 100_000]).collect();
    assert!(*driven.transport.written() == *expected);
}

// O6, C9
#[test]
fn driver_stops_reading_above_high_water() {
    let scribe = answering(100);
    let log = scribe.log();
    let config = Config { high_water: 1000, low_water: 500, ..Config::default() };
    let mut driven = DriverHarness::new(scribe, config);
    driven.transport.take(0);
    for _ in 0..20 {
        driven.transport.send("a\n");
        assert!(driven.run().is_pending());
    }
    assert_eq!(count(&log, "a"), 11);
    let reads = driven.transport.calls().reads;
    driven.transport.take(599);
    assert!(driven.run().is_pending());
    assert_eq!((count(&log, "a"), driven.transport.calls().reads), (11, reads), "501 bytes are left");
    driven.transport.take(1);
    assert!(driven.run().is_pending());
    assert_eq!(count(&log, "a"), 17);
    driven.transport.take(usize::MAX);
    assert!(driven.run().is_pending());
    assert_eq!((count(&log, "a"), driven.transport.written().len()), (20, 2000));
}

// O7
#[test]
fn driver_writes_answers_of_one_input_together() {
    let mut driven = DriverHarness::new(answering(10), Config::default());
    assert!(driven.run().is_pending());
    driven.transport.send("a\n".repeat(50));
    assert!(driven.run().is_pending());
    let calls = driven.transport.calls();
    assert_eq!((driven.transport.written().len(), calls.writes, calls.flushes), (500, 1, 1));
}

#[test]
fn driver_does_nothing_while_idle() {
    let mut driven = DriverHarness::new(answering(1), Config::default());
    assert!(driven.run().is_pending());
    assert!(!driven.was_woken());
    assert!(driven.transport.calls().sum() <= FEW);
    for _ in 0..10 {
        let before = driven.transport.calls();
        assert!(driven.poll().is_pending() && !driven.was_woken());
        let after = driven.transport.calls();
        assert_eq!((after.reads - before.reads, after.sum() - before.sum()), (1, 1), "nobody had to wake it");
    }
}

#[test]
fn driver_needs_few_transport_calls_per_line() {
    let mut driven = DriverHarness::new(answering(1), Config::default());
    assert!(driven.run().is_pending());
    for _ in 0..10 {
        let before = driven.transport.calls().sum();
        driven.transport.send("a\n");
        assert!(driven.run().is_pending());
        assert!(driven.transport.calls().sum() - before <= FEW, "{:?}", driven.transport.calls());
    }
}

#[test]
fn driver_retries_blocked_write_only_after_wakeup() {
    let mut driven = DriverHarness::new(answering(100), Config::default());
    driven.transport.take(10);
    driven.transport.send("a\n");
    assert!(driven.run().is_pending());
    assert!(driven.transport.calls().sum() <= FEW + 4, "{:?}", driven.transport.calls());
    assert!(!driven.was_woken());
}

#[test]
fn driver_yields_while_transport_is_always_ready() {
    let mut driven = DriverHarness::new(answering(1), Config { read_size: 16, ..Config::default() });
    driven.transport.send_forever(b'\n');
    for _ in 0..5 {
        let before = driven.transport.calls().sum();
        assert!(driven.was_woken(), "it has to come back of itself");
        assert!(driven.poll().is_pending());
        assert!(driven.transport.calls().sum() - before < MANY);
    }
    assert!(driven.transport.written().len() > 1000);
}

#[test]
fn driver_yields_while_output_never_ends() {
    let scribe = RecordingHandler::new(|_, channel| {
        let endless = asynchat_core::FnProducer::new(|| Ok(Some(vec![b'x'; 100].into())));
        Ok(channel.push_with_producer(endless)?)
    });
    let log = scribe.log();
    let mut driven = DriverHarness::new(scribe, Config { write_size: 100, ..Config::default() });
    driven.transport.send("a\n");
    for _ in 0..5 {
        let before = driven.transport.calls().sum();
        assert!(driven.was_woken(), "it has to come back of itself");
        assert!(driven.poll().is_pending());
        assert!(driven.transport.calls().sum() - before < MANY);
    }
    // And so has what comes in.
    driven.transport.send("b\n");
    assert!(driven.poll().is_pending());
    assert_eq!(*log.borrow(), ["connect", "a", "b"]);
}
