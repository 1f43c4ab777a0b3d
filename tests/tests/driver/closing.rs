//! The last output, lingering, failures and panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use asynchat_core::drive::mailbox;
use asynchat_core::{Blame, BoxError, Channel, Config, Error, FnProducer, Handler};
use asynchat_tests::harness::scripted::{DriverHarness, RecordingHandler};

use crate::{answering, count, seconds};

/// Closes at each line.
fn closing() -> RecordingHandler {
    RecordingHandler::new(|_, channel| {
        channel.push("bye")?;
        channel.close_when_done();
        Ok(())
    })
}

fn blame(outcome: &Poll<Result<(), Error>>) -> Option<Blame> {
    match outcome {
        Poll::Ready(Err(error)) => Some(error.blame()),
        _ => None,
    }
}

// C7
#[test]
fn driver_delivers_output_to_endlessly_sending_peer() {
    let mut driven = DriverHarness::new(closing(), Config::default());
    driven.transport.send("quit\n");
    driven.transport.send_forever(b'x');
    for _ in 0..10 {
        assert!(driven.was_woken() && driven.poll().is_pending());
    }
    assert!(driven.transport.is_shut_down());
    assert_eq!(*driven.transport.written(), *b"bye");
    driven.clock.advance(seconds(2));
    assert_eq!(driven.poll(), Poll::Ready(Ok(())), "the linger is over");
}

// C7
#[test]
fn driver_lingers_until_eof_or_timeout() {
    for hangs_up in [true, false] {
        let scribe = closing();
        let log = scribe.log();
        let mut driven = DriverHarness::new(scribe, Config::default());
        driven.transport.send("quit\n");
        assert!(driven.run().is_pending());
        assert_eq!(driven.clock.alarm(), Some(seconds(2)));
        assert!(driven.pass(seconds(1)).is_pending());
        driven.transport.send("still\nsending\n");
        if hangs_up {
            driven.transport.hang_up();
            assert_eq!(driven.run(), Poll::Ready(Ok(())));
        } else {
            assert_eq!(driven.pass(seconds(1)), Poll::Ready(Ok(())));
        }
        assert_eq!(*log.borrow(), ["connect", "quit", "closed"]);
    }
}

// C2, C7, O6
#[test]
fn driver_close_drops_input_left_above_high_water() {
    let scribe = answering(60);
    let log = scribe.log();
    let (peer, mailbox) = mailbox(1024);
    let config = Config { high_water: 100, low_water: 10, ..Config::default() };
    let mut driven = DriverHarness::with_mailbox(scribe, config, mailbox);
    driven.transport.take(0);
    driven.transport.send("\n\n\n\n\n\n");
    assert!(driven.run().is_pending());
    peer.close_when_done();
    driven.transport.send("more");
    driven.transport.hang_up();
    driven.transport.take(usize::MAX);
    assert_eq!(driven.run(), Poll::Ready(Ok(())));
    assert!(driven.transport.is_shut_down());
    assert_eq!(driven.transport.waiting(), 0);
    assert_eq!(count(&log, "closed"), 1);
}

// C3
#[test]
fn driver_writes_but_never_reads_after_half_close() {
    let scribe = RecordingHandler::silent().at_the_end(|_, channel| Ok(channel.push(vec![b'y'; 1000])?));
    let log = scribe.log();
    let (peer, mailbox) = mailbox(1024);
    let mut driven = DriverHarness::with_mailbox(scribe, Config::default(), mailbox);
    driven.transport.take(100);
    driven.transport.send("a\nb");
    driven.transport.hang_up();
    assert!(driven.run().is_pending());
    driven.transport.take(usize::MAX);
    assert!(driven.run().is_pending());
    peer.push("later").unwrap();
    peer.close_when_done();
    assert_eq!(driven.run(), Poll::Ready(Ok(())), "and nobody lingers");
    assert_eq!(driven.transport.written().len(), 1005);
    assert_eq!(driven.transport.calls().reads_after_end, 0);
    assert_eq!(*log.borrow(), ["connect", "a", "MidFrame", "closed"]);
}

// O3, C4
#[test]
fn driver_blames_failing_producer_despite_waiting_lines() {
    let scribe = RecordingHandler::new(|_, channel| {
        channel.push("before")?;
        channel.push_with_producer(FnProducer::new(|| Err("the file is gone".into())))?;
        Ok(channel.push("after")?)
    });
    let log = scribe.log();
    let mut driven = DriverHarness::new(scribe, Config::default());
    driven.transport.take(1);
    driven.transport.send("a\n");
    assert!(driven.run().is_pending());
    // The next line would push to a queue that is shut.
    driven.transport.send("b\n");
    assert!(driven.run().is_pending());
    driven.transport.take(usize::MAX);
    let outcome = driven.run();
    assert_eq!(blame(&outcome), Some(Blame::Producer));
    assert_eq!(*driven.transport.written(), *b"before");
    assert_eq!(*log.borrow(), ["connect", "a", "closed: a producer failed: the file is gone"]);
}

/// Panics in one of its calls, and counts the calls.
#[derive(Default)]
struct Panicking {
    in_close: bool,
    calls: std::rc::Rc<std::cell::Cell<usize>>,
}

impl Panicking {
    fn called(&self, panics: bool) {
        self.calls.set(self.calls.get() + 1);
        assert!(!panics, "this panic is part of the test");
    }
}

impl Handler for Panicking {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.called(!self.in_close);
        Err("this is no panic".into())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, _: Result<(), &Error>) {
        self.called(self.in_close);
    }
}

// C1
#[test]
fn driver_never_calls_a_panicked_handler_again() {
    let nothing: fn(&mut DriverHarness<Panicking>) = |_| ();
    let input: fn(&mut DriverHarness<Panicking>) = |driven| driven.transport.send("def");
    let time: fn(&mut DriverHarness<Panicking>) = |driven| driven.clock.advance(seconds(60));
    let end: fn(&mut DriverHarness<Panicking>) = |driven| driven.transport.hang_up();
    let reset: fn(&mut DriverHarness<Panicking>) = |driven| driven.transport.reset();
    for (in_close, expected) in [(false, 1), (true, 2)] {
        for then in [nothing, input, time, end, reset] {
            let handler = Panicking { in_close, ..Panicking::default() };
            let calls = handler.calls.clone();
            let mut driven = DriverHarness::new(handler, Config::default());
            driven.transport.send("abc");
            assert!(catch_unwind(AssertUnwindSafe(|| driven.run())).is_err());
            then(&mut driven);
            let _ = driven.poll();
            drop(driven);
            assert_eq!(calls.get(), expected);
        }
    }
}

// C1
#[test]
fn driver_tells_its_handler_when_dropped() {
    let scribe = RecordingHandler::silent();
    let log = scribe.log();
    let mut driven = DriverHarness::new(scribe, Config::default());
    driven.transport.send("half");
    assert!(driven.run().is_pending());
    drop(driven);
    assert_eq!(*log.borrow(), ["connect", "closed: the conversation was dropped before it had ended"]);
}

// C4
#[test]
fn driver_blames_transport_for_broken_connection() {
    let scribe = answering(100);
    let log = scribe.log();
    let mut driven = DriverHarness::new(scribe, Config::default());
    driven.transport.take(10);
    driven.transport.send("a\nb");
    assert!(driven.run().is_pending());
    driven.transport.reset();
    assert_eq!(blame(&driven.run()), Some(Blame::Transport));
    assert_eq!(*log.borrow(), ["connect", "a", "closed: the transport failed: the connection is broken"]);
}

// C7
#[test]
fn driver_treats_reset_while_lingering_as_eof() {
    let mut driven = DriverHarness::new(closing(), Config::default());
    driven.transport.send("quit\n");
    assert!(driven.run().is_pending());
    driven.transport.reset();
    assert_eq!(driven.run(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn driver_without_linger_ends_at_the_shutdown() {
    let mut driven = DriverHarness::new(closing(), Config { linger: Duration::ZERO, ..Config::default() });
    driven.transport.send("quit\n");
    assert_eq!(driven.run(), Poll::Ready(Ok(())));
    assert!(driven.transport.is_shut_down());
}
