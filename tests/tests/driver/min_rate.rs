//! Who is cut off, when, and who is not.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver};
use asynchat_core::{Blame, BoxError, Channel, Chat, Config, Error, Handler, MinRate};
use asynchat_tests::harness::scripted::{DriverHarness, ManualClock, RecordingHandler};

use crate::{answering, count, seconds};

/// Whose fault it was, if it is over by an error.
fn error(outcome: Poll<Result<(), Error>>) -> Option<Error> {
    match outcome {
        Poll::Ready(Err(error)) => Some(error),
        _ => None,
    }
}

// C6
#[test]
fn driver_sets_no_deadline_between_frames() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config::default());
    assert!(driven.run().is_pending());
    driven.transport.send("one\n");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), None);
    assert!(driven.pass(seconds(100_000)).is_pending());
}

// C6
#[test]
fn driver_cuts_off_a_slowloris_peer() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config::default());
    let mut lasted = 0;
    while driven.run().is_pending() && lasted < 10 {
        driven.transport.send("G");
        assert!(driven.run().is_pending(), "the byte is in time");
        let _ = driven.pass(seconds(1));
        lasted += 1;
    }
    assert_eq!((lasted, error(driven.run())), (6, Some(Error::SentTooSlowly)));
}

// C6
#[test]
fn driver_accepts_timely_input_read_by_late_task() {
    let scribe = RecordingHandler::silent();
    let log = scribe.log();
    let mut driven = DriverHarness::new(scribe, Config::default());
    driven.transport.send("a");
    assert!(driven.run().is_pending());
    driven.clock.advance(seconds(1));
    driven.transport.send("b\n");
    driven.clock.advance(seconds(60));
    assert!(driven.run().is_pending());
    assert_eq!(*log.borrow(), ["connect", "ab"]);
}

// C6
#[test]
fn driver_late_task_still_cuts_off_slow_peer() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config::default());
    driven.transport.send("a");
    assert!(driven.run().is_pending());
    driven.transport.send("b");
    driven.clock.advance(seconds(60));
    assert_eq!(error(driven.run()), Some(Error::SentTooSlowly));
}

// C6, L5
#[test]
fn driver_skipped_frame_ends_its_grace_period() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config { max_frame_len: 2, ..Config::default() });
    driven.transport.send("much too long");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), Some(seconds(5)));
    assert!(driven.pass(seconds(4)).is_pending());
    driven.transport.send(", and its end\nb");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), Some(seconds(9)), "the next frame has begun at 4");
    driven.transport.send("\n");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), None);
}

// C6
#[test]
fn driver_cuts_off_a_slow_skipped_frame() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config { max_frame_len: 2, ..Config::default() });
    driven.transport.send("much too long");
    assert!(driven.run().is_pending());
    assert_eq!(error(driven.pass(seconds(5))), Some(Error::SentTooSlowly));
}

// C6
#[test]
fn driver_cuts_off_a_peer_taking_no_output() {
    let mut driven = DriverHarness::new(answering(1000), Config::default());
    driven.transport.take(400);
    driven.transport.send("a\n");
    assert!(driven.run().is_pending());
    assert!(driven.pass(Duration::from_millis(4_999)).is_pending());
    let outcome = driven.pass(seconds(1));
    assert_eq!(error(outcome), Some(Error::ReadTooSlowly));
    assert_eq!(driven.transport.written().len(), 400);
}

// C6
#[test]
fn driver_does_not_blame_peer_for_slow_handler() {
    let clock = ManualClock::default();
    let handler_clock = clock.clone();
    let scribe = RecordingHandler::new(move |_, channel| {
        handler_clock.advance(Duration::from_millis(10));
        Ok(channel.push("k")?)
    });
    let mut driven = DriverHarness::from_fn(|_| Driver::new(clock.clone(), Chat::new(scribe, Config::default())));
    for _ in 0..3000 {
        driven.transport.send("\n");
    }
    assert!(driven.run().is_pending(), "at {:?}", clock.now());
    assert_eq!((driven.transport.written().len(), clock.now()), (3000, seconds(30)));
}

/// Is slow to begin with.
struct Late(ManualClock);

impl Handler for Late {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        self.0.advance(seconds(3));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

// C6
#[test]
fn driver_grace_period_begins_when_frame_is_read() {
    let mut driven =
        DriverHarness::from_fn(|clock| Driver::new(clock.clone(), Chat::new(Late(clock), Config::default())));
    driven.transport.send("a");
    let _ = driven.run();
    assert_eq!(driven.clock.alarm(), Some(seconds(3 + 5)));
}

// C6
#[test]
fn driver_gives_each_answer_its_own_grace_period() {
    let mut driven = DriverHarness::new(answering(8), Config::default());
    for _ in 0..20 {
        driven.transport.send("\n");
        assert!(driven.run().is_pending());
        assert!(driven.pass(seconds(4)).is_pending());
    }
    assert_eq!(driven.transport.written().len(), 160);
}

// C6
#[test]
fn driver_flush_has_a_deadline() {
    let scribe = RecordingHandler::new(|_, channel| {
        channel.push("bye")?;
        channel.close_when_done();
        Ok(())
    });
    let log = scribe.log();
    let mut driven = DriverHarness::new(scribe, Config::default());
    driven.transport.hold_flush(true);
    driven.transport.send("quit\n");
    assert!(driven.run().is_pending());
    assert_eq!((&*driven.transport.written(), driven.transport.calls().shutdowns), (&b"bye"[..], 0));
    let outcome = driven.pass(seconds(5));
    assert_eq!(error(outcome).map(|error| error.blame()), Some(Blame::Peer));
    assert_eq!(count(&log, "closed"), 1);
}

// C6
#[test]
fn driver_shutdown_has_a_deadline() {
    let scribe = RecordingHandler::new(|_, channel| {
        channel.close_when_done();
        Ok(())
    });
    let mut driven = DriverHarness::new(scribe, Config::default());
    driven.transport.hold_shutdown(true);
    driven.transport.send("quit\n");
    assert!(driven.run().is_pending());
    assert_eq!(error(driven.pass(seconds(5))), Some(Error::ReadTooSlowly));
}

// C6
#[test]
fn driver_without_min_rate_sets_no_alarm() {
    let mut driven = DriverHarness::new(answering(10), Config { pace: None, ..Config::default() });
    driven.transport.take(4);
    driven.transport.send("a\nb");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), None);
    let mut paced = DriverHarness::new(answering(10), Config { pace: Some(MinRate::default()), ..Config::default() });
    paced.transport.take(4);
    paced.transport.send("a\nb");
    assert!(paced.run().is_pending());
    assert_eq!(paced.clock.alarm(), Some(seconds(5)));
}
