//! Which peers are cut off, and when.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver};
use asynchat_core::{Blame, BoxError, Channel, Chat, Config, Error, Handler, MinRate};
use asynchat_tests::harness::mock::{DriverHarness, ManualClock, RecordingHandler};

use crate::{answering_handler, closing_handler, count_entries, seconds};

/// Minimum rates after a grace period of 5 seconds, and no other timeout.
fn five_seconds() -> Config {
    let rate = Some(MinRate::new(240, seconds(5)));
    Config::default().with_min_input_rate(rate).with_min_output_rate(rate).with_idle_timeout(None)
}

/// The error, if the conversation ended with one.
pub(crate) fn error(outcome: Poll<Result<(), Error>>) -> Option<Error> {
    match outcome {
        Poll::Ready(Err(error)) => Some(error),
        _ => None,
    }
}

// C6
#[test]
fn driver_sets_no_deadline_between_frames() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), five_seconds());
    assert!(harness.run().is_pending());
    harness.transport.send("one\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), None);
    assert!(harness.advance(seconds(100_000)).is_pending());
}

// C6
#[test]
fn driver_cuts_off_a_slowloris_peer() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), five_seconds());
    let mut lasted = 0;
    while harness.run().is_pending() && lasted < 10 {
        harness.transport.send("G");
        assert!(harness.run().is_pending(), "the byte is in time");
        let _ = harness.advance(seconds(1));
        lasted += 1;
    }
    assert_eq!((lasted, error(harness.run())), (6, Some(Error::SentTooSlowly)));
}

// C6
#[test]
fn driver_accepts_timely_input_read_by_late_task() {
    let handler = RecordingHandler::record_only();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, five_seconds());
    harness.transport.send("a");
    assert!(harness.run().is_pending());
    harness.clock.advance(seconds(1));
    harness.transport.send("b\n");
    harness.clock.advance(seconds(60));
    assert!(harness.run().is_pending());
    assert_eq!(*log.borrow(), ["connect", "ab"]);
}

// C6
#[test]
fn driver_late_task_still_cuts_off_slow_peer() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), five_seconds());
    harness.transport.send("a");
    assert!(harness.run().is_pending());
    harness.transport.send("b");
    harness.clock.advance(seconds(60));
    assert!(harness.run().is_pending(), "the transport is asked once more");
    assert_eq!(error(harness.advance(Duration::from_millis(100))), Some(Error::SentTooSlowly));
}

// C6, L5
#[test]
fn driver_skipped_frame_ends_its_grace_period() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), five_seconds().with_max_frame_len(2));
    harness.transport.send("much too long");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), Some(seconds(5)));
    assert!(harness.advance(seconds(4)).is_pending());
    harness.transport.send(", and its end\nb");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), Some(seconds(9)), "the next frame began at 4 s");
    harness.transport.send("\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), None);
}

// C6
#[test]
fn driver_cuts_off_a_slow_skipped_frame() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), five_seconds().with_max_frame_len(2));
    harness.transport.send("much too long");
    assert!(harness.run().is_pending());
    assert_eq!(error(harness.advance(seconds(5))), Some(Error::SentTooSlowly));
}

// C6
#[test]
fn driver_cuts_off_a_peer_taking_no_output() {
    let mut harness = DriverHarness::new(answering_handler(1000), five_seconds());
    harness.transport.set_write_window(400);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    // The 400 bytes have bought it 1.67 seconds.
    assert!(harness.advance(Duration::from_millis(6_666)).is_pending());
    let outcome = harness.advance(Duration::from_millis(1));
    assert_eq!(error(outcome), Some(Error::ReadTooSlowly));
    assert_eq!(harness.transport.written().len(), 400);
}

// C6
#[test]
fn driver_does_not_blame_peer_for_slow_handler() {
    let clock = ManualClock::default();
    let handler_clock = clock.clone();
    let handler = RecordingHandler::new(move |_, channel| {
        handler_clock.advance(Duration::from_millis(10));
        Ok(channel.push("k")?)
    });
    let mut harness = DriverHarness::from_fn(|_| Driver::new(clock.clone(), Chat::new(handler, five_seconds())));
    for _ in 0..3000 {
        harness.transport.send("\n");
    }
    assert!(harness.run().is_pending(), "at {:?}", clock.now());
    assert_eq!((harness.transport.written().len(), clock.now()), (3000, seconds(30)));
}

/// Takes three seconds in `handle_connect`, and sets a timer at the end of a frame.
struct SlowConnect(ManualClock);

impl Handler for SlowConnect {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        self.0.advance(seconds(3));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_timer(Some(seconds(7)));
        Ok(())
    }
}

// C6
#[test]
fn driver_grace_period_begins_when_frame_is_read() {
    let mut harness =
        DriverHarness::from_fn(|clock| Driver::new(clock.clone(), Chat::new(SlowConnect(clock), five_seconds())));
    harness.transport.send("a");
    let _ = harness.run();
    assert_eq!(harness.clock.alarm(), Some(seconds(3 + 5)));
}

// C13
#[test]
fn driver_timer_begins_when_frame_is_read() {
    let mut harness =
        DriverHarness::from_fn(|clock| Driver::new(clock.clone(), Chat::new(SlowConnect(clock), five_seconds())));
    harness.transport.send("\n");
    let _ = harness.run();
    assert_eq!(harness.clock.alarm(), Some(seconds(3 + 7)));
}

// C6
#[test]
fn driver_gives_each_answer_its_own_grace_period() {
    let mut harness = DriverHarness::new(answering_handler(8), five_seconds());
    for _ in 0..20 {
        harness.transport.send("\n");
        assert!(harness.run().is_pending());
        assert!(harness.advance(seconds(4)).is_pending());
    }
    assert_eq!(harness.transport.written().len(), 160);
}

// C6
#[test]
fn driver_flush_has_a_deadline() {
    let handler = closing_handler("bye");
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, five_seconds());
    harness.transport.block_flush(true);
    harness.transport.send("quit\n");
    assert!(harness.run().is_pending());
    assert_eq!((&*harness.transport.written(), harness.transport.calls().shutdowns), (&b"bye"[..], 0));
    let outcome = harness.advance(seconds(5));
    assert_eq!(error(outcome).map(|error| error.blame()), Some(Blame::Peer));
    assert_eq!(count_entries(&log, "closed"), 1);
}

// C6
#[test]
fn driver_shutdown_has_a_deadline() {
    let handler = RecordingHandler::new(|_, channel| {
        channel.close_when_done();
        Ok(())
    });
    let mut harness = DriverHarness::new(handler, five_seconds());
    harness.transport.block_shutdown(true);
    harness.transport.send("quit\n");
    assert!(harness.run().is_pending());
    assert_eq!(error(harness.advance(seconds(5))), Some(Error::ReadTooSlowly));
}

// C6
#[test]
fn driver_without_min_rate_sets_no_alarm() {
    let mut harness =
        DriverHarness::new(answering_handler(10), five_seconds().with_min_input_rate(None).with_min_output_rate(None));
    harness.transport.set_write_window(4);
    harness.transport.send("a\nb");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), None);
    let mut paced = DriverHarness::new(answering_handler(10), five_seconds());
    paced.transport.set_write_window(4);
    paced.transport.send("a\nb");
    assert!(paced.run().is_pending());
    assert_eq!(paced.clock.alarm(), Some(seconds(5)));
}
