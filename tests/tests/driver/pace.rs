//! Who is cut off, when, and who is not.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver};
use asynchat_core::{Blame, Channel, Chat, Config, Error, Handler, HandlerError, Pace};
use asynchat_tests::harness::scripted::{Driven, Hours, Scribe};

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
    let mut driven = Driven::new(Scribe::silent(), Config::default());
    assert!(driven.run().is_pending());
    driven.wire.send("one\n");
    assert!(driven.run().is_pending());
    assert_eq!(driven.hours.alarm(), None);
    assert!(driven.pass(seconds(100_000)).is_pending());
}

// C6
#[test]
fn a_byte_a_second_does_not_keep_a_connection() {
    let mut driven = Driven::new(Scribe::silent(), Config::default());
    let mut lasted = 0;
    while driven.run().is_pending() && lasted < 10 {
        driven.wire.send("G");
        assert!(driven.run().is_pending(), "the byte is in time");
        let _ = driven.pass(seconds(1));
        lasted += 1;
    }
    assert_eq!((lasted, error(driven.run())), (6, Some(Error::SentTooSlowly)));
}

// C6
#[test]
fn what_came_in_time_is_not_held_against_the_peer_because_the_task_is_late() {
    let scribe = Scribe::silent();
    let log = scribe.log();
    let mut driven = Driven::new(scribe, Config::default());
    driven.wire.send("a");
    assert!(driven.run().is_pending());
    driven.hours.advance(seconds(1));
    driven.wire.send("b\n");
    driven.hours.advance(seconds(60));
    assert!(driven.run().is_pending());
    assert_eq!(*log.borrow(), ["connect", "ab"]);
}

// C6
#[test]
fn a_late_task_cuts_off_a_peer_that_sent_too_little() {
    let mut driven = Driven::new(Scribe::silent(), Config::default());
    driven.wire.send("a");
    assert!(driven.run().is_pending());
    driven.wire.send("b");
    driven.hours.advance(seconds(60));
    assert_eq!(error(driven.run()), Some(Error::SentTooSlowly));
}

// C6, L5
#[test]
fn a_frame_that_is_skipped_ends_the_grace_period_like_any_other() {
    let mut driven = Driven::new(Scribe::silent(), Config { max_frame_len: 2, ..Config::default() });
    driven.wire.send("much too long");
    assert!(driven.run().is_pending());
    assert_eq!(driven.hours.alarm(), Some(seconds(5)));
    assert!(driven.pass(seconds(4)).is_pending());
    driven.wire.send(", and its end\nb");
    assert!(driven.run().is_pending());
    assert_eq!(driven.hours.alarm(), Some(seconds(9)), "the next frame has begun at 4");
    driven.wire.send("\n");
    assert!(driven.run().is_pending());
    assert_eq!(driven.hours.alarm(), None);
}

// C6
#[test]
fn a_frame_that_goes_on_being_skipped_is_too_slow_as_well() {
    let mut driven = Driven::new(Scribe::silent(), Config { max_frame_len: 2, ..Config::default() });
    driven.wire.send("much too long");
    assert!(driven.run().is_pending());
    assert_eq!(error(driven.pass(seconds(5))), Some(Error::SentTooSlowly));
}

// C6
#[test]
fn a_peer_that_takes_no_output_is_cut_off() {
    let mut driven = Driven::new(answering(1000), Config::default());
    driven.wire.take(400);
    driven.wire.send("a\n");
    assert!(driven.run().is_pending());
    assert!(driven.pass(Duration::from_millis(4_999)).is_pending());
    let outcome = driven.pass(seconds(1));
    assert_eq!(error(outcome), Some(Error::ReadTooSlowly));
    assert_eq!(driven.wire.written().len(), 400);
}

// C6
#[test]
fn a_handler_that_is_slow_is_not_the_peers_fault() {
    let hours = Hours::default();
    let clock = hours.clone();
    let scribe = Scribe::new(move |_, channel| {
        clock.advance(Duration::from_millis(10));
        Ok(channel.push("k")?)
    });
    let mut driven = Driven::from_fn(|_| Driver::new(hours.clone(), Chat::new(scribe, Config::default())));
    for _ in 0..3000 {
        driven.wire.send("\n");
    }
    assert!(driven.run().is_pending(), "at {:?}", hours.now());
    assert_eq!((driven.wire.written().len(), hours.now()), (3000, seconds(30)));
}

/// Is slow to begin with.
struct Late(Hours);

impl Handler for Late {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), HandlerError> {
        channel.set_terminator(b"\n");
        self.0.advance(seconds(3));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), HandlerError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), HandlerError> {
        Ok(())
    }
}

// C6
#[test]
fn a_frame_has_all_its_time_from_when_it_is_read() {
    let mut driven = Driven::from_fn(|hours| Driver::new(hours.clone(), Chat::new(Late(hours), Config::default())));
    driven.wire.send("a");
    let _ = driven.run();
    assert_eq!(driven.hours.alarm(), Some(seconds(3 + 5)));
}

// C6
#[test]
fn each_answer_that_is_taken_whole_has_a_grace_period_of_its_own() {
    let mut driven = Driven::new(answering(8), Config::default());
    for _ in 0..20 {
        driven.wire.send("\n");
        assert!(driven.run().is_pending());
        assert!(driven.pass(seconds(4)).is_pending());
    }
    assert_eq!(driven.wire.written().len(), 160);
}

// C6
#[test]
fn a_flush_that_does_not_end_has_a_deadline() {
    let scribe = Scribe::new(|_, channel| {
        channel.push("bye")?;
        channel.close_when_done();
        Ok(())
    });
    let log = scribe.log();
    let mut driven = Driven::new(scribe, Config::default());
    driven.wire.hold_flush(true);
    driven.wire.send("quit\n");
    assert!(driven.run().is_pending());
    assert_eq!((&*driven.wire.written(), driven.wire.calls().shutdowns), (&b"bye"[..], 0));
    let outcome = driven.pass(seconds(5));
    assert_eq!(error(outcome).map(|error| error.blame()), Some(Blame::Peer));
    assert_eq!(count(&log, "closed"), 1);
}

// C6
#[test]
fn a_shutdown_that_does_not_end_has_a_deadline() {
    let scribe = Scribe::new(|_, channel| {
        channel.close_when_done();
        Ok(())
    });
    let mut driven = Driven::new(scribe, Config::default());
    driven.wire.hold_shutdown(true);
    driven.wire.send("quit\n");
    assert!(driven.run().is_pending());
    assert_eq!(error(driven.pass(seconds(5))), Some(Error::ReadTooSlowly));
}

// C6
#[test]
fn without_a_pace_no_alarm_is_set() {
    let mut driven = Driven::new(answering(10), Config { pace: None, ..Config::default() });
    driven.wire.take(4);
    driven.wire.send("a\nb");
    assert!(driven.run().is_pending());
    assert_eq!(driven.hours.alarm(), None);
    let mut paced = Driven::new(answering(10), Config { pace: Some(Pace::default()), ..Config::default() });
    paced.wire.take(4);
    paced.wire.send("a\nb");
    assert!(paced.run().is_pending());
    assert_eq!(paced.hours.alarm(), Some(seconds(5)));
}
