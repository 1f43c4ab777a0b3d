//! Handlers that pause, their timers, and calls of other tasks.

use std::task::Poll;

use asynchat_core::drive::{Clock, mailbox};
use asynchat_core::{BoxError, Channel, Config, Error, Handler};
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};

use crate::{count_entries, seconds};

/// A handler that pauses at each line.
fn pausing_handler() -> RecordingHandler {
    RecordingHandler::new(|_, channel| {
        channel.pause();
        Ok(())
    })
}

fn resume(_: &mut RecordingHandler, channel: &mut Channel) -> Result<(), BoxError> {
    channel.resume();
    Ok(())
}

// C12, C14
#[test]
fn driver_reads_nothing_while_paused() {
    let (handler, (_, mailbox)) = (pausing_handler(), mailbox(1));
    let (log, caller) = (handler.log(), mailbox.caller());
    let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
    harness.transport.send("a\nb\n");
    harness.transport.send("c\n");
    for (lines, unread) in [(1, 2), (2, 2), (3, 0)] {
        assert!(harness.run().is_pending());
        assert_eq!((log.borrow().len(), harness.transport.unread_len()), (1 + lines, unread));
        assert_eq!(harness.clock.alarm(), None, "no clock of the peer's runs");
        assert!(harness.advance(seconds(10_000)).is_pending());
        assert_eq!(log.borrow().len(), 1 + lines);
        caller.call(resume).unwrap();
    }
    harness.transport.send_eof();
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert_eq!(*log.borrow(), ["connect", "a", "b", "c", "Clean", "closed"]);
}

// C12, C10
#[test]
fn driver_notices_a_reset_while_paused() {
    for resumes in [true, false] {
        let (handler, (_, mailbox)) = (pausing_handler(), mailbox(1));
        let (log, caller) = (handler.log(), mailbox.caller());
        let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
        harness.transport.send("a\nb\n");
        assert!(harness.run().is_pending());
        harness.transport.reset();
        assert!(harness.run().is_pending());
        if resumes {
            caller.call(resume).unwrap();
            assert!(harness.run().is_pending(), "it pauses at the second line too");
            assert_eq!(count_entries(&log, "b"), 1);
        }
        let outcome = harness.advance(seconds(1));
        assert!(matches!(outcome, Poll::Ready(Err(Error::Transport(_)))), "{outcome:?}");
        assert_eq!(log.borrow().len(), 3 + usize::from(resumes));
    }
}

// C12, C16
#[test]
fn driver_aborts_a_paused_connection() {
    let (handler, (peer, mailbox)) = (pausing_handler(), mailbox(1));
    let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
    harness.transport.send("a\nb\n");
    assert!(harness.run().is_pending());
    peer.abort();
    assert_eq!(harness.run(), Poll::Ready(Err(Error::Aborted)));
}

/// Pings every 30 seconds.
struct Pings;

impl Handler for Pings {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        channel.set_timer(Some(seconds(30)));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(b"data,")?)
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_timer(Some(seconds(30)));
        Ok(channel.push_slice(b"ping,")?)
    }
}

// C13
#[test]
fn driver_timer_goes_off_on_an_idle_connection() {
    let mut harness = DriverHarness::new(Pings, Config::default());
    assert!(harness.run().is_pending());
    for pings in 1..=20 {
        assert_eq!(harness.clock.alarm(), Some(harness.clock.now() + seconds(30)));
        assert!(harness.advance(seconds(29)).is_pending());
        assert_eq!(harness.transport.written().len(), 5 * (pings - 1));
        assert!(harness.advance(seconds(1)).is_pending());
        assert_eq!(*harness.transport.written(), *b"ping,".repeat(pings));
    }
}

// C13
#[test]
fn driver_delivers_what_came_before_the_timer() {
    let mut harness = DriverHarness::new(Pings, Config::default());
    assert!(harness.run().is_pending());
    harness.clock.advance(seconds(31));
    harness.transport.send("pong\n");
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(1)).is_pending());
    assert_eq!(*harness.transport.written(), *b"data,ping,");
}
