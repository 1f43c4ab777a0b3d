//! The questions to the transport before a peer is judged: for input that has arrived, and for output that has left.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::{Blame, Config, Error, MinRate};
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};

use crate::{answering_handler, closing_handler, count_entries, seconds};

const RATE: MinRate = MinRate::new(240, Duration::from_secs(30));

fn config() -> Config {
    Config::default().with_min_input_rate(RATE).with_min_output_rate(RATE).with_idle_timeout(None)
}

/// A driver that has sent 100,000 bytes, all of which the system holds.
fn sent_100_kb() -> DriverHarness<RecordingHandler> {
    let mut harness = DriverHarness::new(answering_handler(100_000), config());
    harness.transport.set_unacknowledged(100_000);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.transport.written().len(), 100_000);
    harness
}

// C6
#[test]
fn driver_stopped_process_does_not_judge_peers() {
    let handler = RecordingHandler::record_only();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, config());
    harness.transport.send("a");
    assert!(harness.run().is_pending());
    // SIGSTOP. When the process goes on, its timer goes off before the runtime has looked at its I/O.
    harness.transport.set_stale(true);
    harness.transport.send("b\n");
    harness.clock.advance(seconds(100));
    assert!(harness.run().is_pending());
    harness.transport.set_stale(false);
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(100)).is_pending());
    assert_eq!(*log.borrow(), ["connect", "ab"]);
}

// C6
#[test]
fn driver_peer_in_time_is_not_cut_by_stale_readiness() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), config());
    harness.transport.send("a");
    assert!(harness.run().is_pending());
    harness.transport.set_stale(true);
    harness.transport.send("b\n");
    harness.clock.advance(seconds(30));
    assert!(harness.poll().is_pending(), "it yields, so that the runtime looks at its I/O");
    assert_eq!(harness.transport.calls().yields, 1);
    harness.transport.set_stale(false);
    assert!(harness.run().is_pending());
}

// C6
#[test]
fn driver_cuts_off_a_peer_whose_system_holds_all() {
    let mut harness = sent_100_kb();
    assert!(harness.advance(Duration::from_millis(29_999)).is_pending());
    assert_eq!(harness.advance(seconds(1)), Poll::Ready(Err(Error::ReadTooSlowly)));
    assert!(harness.transport.was_reset(), "the system would hold the output for minutes");
}

// C6
#[test]
fn driver_counts_acknowledged_bytes_as_progress() {
    let mut harness = DriverHarness::new(answering_handler(10_000_000), config());
    harness.transport.set_write_window(100_000);
    harness.transport.send("a\n");
    // The transport takes no byte more: tokio tries no write before a third of the send buffer is free.
    for second in 0u64..200 {
        harness.transport.set_unacknowledged(100_000 - second * 480);
        assert!(harness.run().is_pending() && harness.advance(seconds(1)).is_pending(), "after {second} s");
    }
    for second in 0u64.. {
        if harness.advance(seconds(1)).is_ready() {
            // It has taken 199 s at twice the rate, which is worth 398 s, and it has the grace.
            assert!((226..=228).contains(&second), "{second}");
            break;
        }
    }
}

// C6
#[test]
fn driver_asks_seldom_for_acknowledgements() {
    let mut harness = DriverHarness::new(answering_handler(1000), config());
    harness.transport.set_unacknowledged(500);
    for _ in 0..100 {
        for _ in 0..100 {
            harness.transport.send("a\n");
            assert!(harness.run().is_pending());
        }
        assert!(harness.advance(seconds(1)).is_pending());
    }
    let questions = harness.transport.calls().questions;
    assert!((1..=4).contains(&questions), "{questions} in 100 s and 10 MB");
    assert!(harness.advance(seconds(60)).is_pending());
    assert_eq!(harness.clock.alarm(), None, "few bytes count as taken");
}

// C7
#[test]
fn driver_lingers_from_the_last_acknowledgement() {
    let handler = closing_handler(vec![b'x'; 100_000]);
    let mut harness = DriverHarness::new(handler, config().with_linger(seconds(2)));
    harness.transport.set_unacknowledged(100_000);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    for second in 1..=10 {
        assert!(harness.advance(seconds(2)).is_pending());
        harness.transport.set_unacknowledged(100_000 - second * 10_000);
    }
    assert!(harness.advance(Duration::from_millis(1_900)).is_pending());
    assert_eq!(harness.advance(seconds(3)), Poll::Ready(Ok(())));
}

// C7, C6
#[test]
fn driver_lingering_peer_has_to_take_the_output() {
    let handler = closing_handler(vec![b'x'; 100_000]);
    let mut harness = DriverHarness::new(handler, config());
    harness.transport.set_unacknowledged(100_000);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(29)).is_pending());
    assert_eq!(harness.advance(seconds(5)), Poll::Ready(Err(Error::ReadTooSlowly)));
    assert!(harness.transport.was_reset());
}

// C10, C4
#[test]
fn driver_delivers_arrived_input_after_a_failed_write() {
    let handler = answering_handler(300_000);
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, config());
    harness.transport.set_write_window(0);
    harness.transport.send("first\n");
    assert!(harness.run().is_pending());
    harness.transport.send("important\nquit\n");
    harness.transport.reset();
    let outcome = harness.run();
    assert!(matches!(&outcome, Poll::Ready(Err(error)) if error.blame() == Blame::Transport), "{outcome:?}");
    assert_eq!(count_entries(&log, "important") + count_entries(&log, "quit"), 2);
}

// C10, C4
#[test]
fn driver_notices_a_reset_after_eof() {
    let handler = RecordingHandler::record_only().on_eof(|_, _| Ok(()));
    let mut harness = DriverHarness::new(handler, config());
    harness.transport.send_eof();
    assert!(harness.run().is_pending());
    let calls = harness.transport.calls().sum();
    assert!(harness.advance(seconds(1000)).is_pending(), "the handler stays open");
    assert_eq!(harness.transport.calls().sum(), calls, "it does not spin");
    harness.transport.reset();
    let outcome = harness.run();
    assert!(matches!(&outcome, Poll::Ready(Err(error)) if error.blame() == Blame::Transport), "{outcome:?}");
}
