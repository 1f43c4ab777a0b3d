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
fn a_peer_that_has_not_begun_a_frame_has_all_the_time() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config::default());
    assert!(driven.run().is_pending());
    driven.transport.send("one\n");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), None);
    assert!(driven.pass(seconds(100_000)).is_pending());
}

// C6
#[test]
fn a_byte_a_second_does_not_keep_a_connection() {
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
fn what_came_in_time_is_not_held_against_the_peer_because_the_task_is_late() {
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
fn a_late_task_cuts_off_a_peer_that_sent_too_little() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config::default());
    driven.transport.send("a");
    assert!(driven.run().is_pending());
    driven.transport.send("b");
    driven.clock.advance(seconds(60));
    assert_eq!(error(driven.run()), Some(Error::SentTooSlowly));
}

// C6, L5
#[test]
fn a_frame_that_is_skipped_ends_the_grace_period_like_any_other() {
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
fn a_frame_that_goes_on_being_skipped_is_too_slow_as_well() {
    let mut driven = DriverHarness::new(RecordingHandler::silent(), Config { max_frame_len: 2, ..Config::default() });
    driven.transport.send("much too long");
    assert!(driven.run().is_pending());
    assert_eq!(error(driven.pass(seconds(5))), Some(Error::SentTooSlowly));
}

// C6
#[test]
fn a_peer_that_takes_no_output_is_cut_off() {
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
fn a_handler_that_is_slow_is_not_the_peers_fault() {
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
fn a_frame_has_all_its_time_from_when_it_is_read() {
    let mut driven =
        DriverHarness::from_fn(|clock| Driver::new(clock.clone(), Chat::new(Late(clock), Config::default())));
    driven.transport.send("a");
    let _ = driven.run();
    assert_eq!(driven.clock.alarm(), Some(seconds(3 + 5)));
}

// C6
#[test]
fn each_answer_that_is_taken_whole_has_a_grace_period_of_its_own() {
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
fn a_flush_that_does_not_end_has_a_deadline() {
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
fn a_shutdown_that_does_not_end_has_a_deadline() {
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
fn min_rates_set_an_alarm_and_none_sets_none() {
    let mut driven =
        DriverHarness::new(answering(10), Config { min_input_rate: None, min_output_rate: None, ..Config::default() });
    driven.transport.take(4);
    driven.transport.send("a\nb");
    assert!(driven.run().is_pending());
    assert_eq!(driven.clock.alarm(), None);
    let rate = Some(MinRate::default());
    let config = Config { min_input_rate: rate, min_output_rate: rate, ..Config::default() };
    let mut limited = DriverHarness::new(answering(10), config);
    limited.transport.take(4);
    limited.transport.send("a\nb");
    assert!(limited.run().is_pending());
    assert_eq!(limited.clock.alarm(), Some(seconds(5)));
}
