//! The length of a turn, and the way in which it is given away.

use asynchat_core::Config;
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};

use crate::answering_handler;

/// The calls of the handler in a turn, and its connect.
const MAX_CALLS: usize = 8 * 1024 + 1;

// C22
#[test]
fn driver_turn_ends_after_four_large_reads() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), Config::default());
    harness.transport.send_forever(b'x');
    for turn in 1..10 {
        assert!(harness.take_woken() && harness.poll().is_pending());
        let calls = harness.transport.calls();
        assert_eq!((calls.reads, calls.yields), (4 * turn, turn));
    }
}

// C22
#[test]
fn driver_turn_ends_after_four_large_writes() {
    let config = Config::default().with_high_water(usize::MAX);
    let mut harness = DriverHarness::new(answering_handler(64 * 1024), config);
    harness.transport.send("\n".repeat(64));
    assert!(harness.take_woken() && harness.poll().is_pending());
    for _ in 0..8 {
        let before = harness.transport.written().len();
        assert!(harness.take_woken() && harness.poll().is_pending());
        let written = harness.transport.written().len() - before;
        assert!(written <= 320 * 1024, "{written} bytes in a turn");
    }
}

// C22
#[test]
fn driver_turn_ends_after_its_calls() {
    let handler = RecordingHandler::record_only();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("\n".repeat(64 * 1024));
    for turn in 1..=3 {
        assert!(harness.take_woken() && harness.poll().is_pending());
        let calls = log.borrow().len();
        assert!(calls <= turn * MAX_CALLS, "{calls} calls in {turn} turns");
        assert_eq!(harness.transport.calls().reads, 1, "it reads on only when all is delivered");
    }
    assert!(harness.run().is_pending());
    assert_eq!(log.borrow().len(), 64 * 1024 + 1);
}

// C22, C3
#[test]
fn driver_delivers_eof_behind_events_put_off() {
    let handler = RecordingHandler::record_only();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("\n".repeat(40_000));
    harness.transport.send_eof();
    assert!(harness.run().is_ready());
    assert_eq!(log.borrow().len(), 40_003);
    assert_eq!(log.borrow()[40_001..], ["Clean", "closed"]);
}

// C22
#[test]
fn driver_without_budget_spent_does_not_yield() {
    let mut harness = DriverHarness::new(answering_handler(100), Config::default());
    for _ in 0..100 {
        harness.transport.send("a\n");
        assert!(harness.run().is_pending());
    }
    assert_eq!(harness.transport.calls().yields, 0);
}

// O3
#[test]
fn driver_read_size_has_a_bound() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), Config::default().with_read_size(usize::MAX));
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.transport.unread_len(), 0);
}
