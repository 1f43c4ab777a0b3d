//! The last output, lingering, failures and panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Driver, Transport, mailbox};
use asynchat_core::{Blame, BoxError, Channel, Chat, Config, Error, FnProducer, Handler, Transmit};
use asynchat_tests::harness::mock::{DriverHarness, ManualClock, RecordingHandler};

use crate::{answering_handler, closing_handler, count_entries, seconds};

fn blame(outcome: &Poll<Result<(), Error>>) -> Option<Blame> {
    match outcome {
        Poll::Ready(Err(error)) => Some(error.blame()),
        _ => None,
    }
}

// C7
#[test]
fn driver_delivers_output_to_endlessly_sending_peer() {
    let mut harness = DriverHarness::new(closing_handler("bye"), Config::default());
    harness.transport.send("quit\n");
    harness.transport.send_forever(b'x');
    for _ in 0..10 {
        assert!(harness.take_woken() && harness.poll().is_pending());
    }
    assert!(harness.transport.is_shut_down());
    assert_eq!(*harness.transport.written(), *b"bye");
    harness.clock.advance(seconds(2));
    assert!(harness.poll().is_pending(), "the transport is asked once more");
    assert_eq!(harness.poll(), Poll::Ready(Ok(())), "the linger time is over");
}

// C7
#[test]
fn driver_lingers_until_eof_or_timeout() {
    for sends_eof in [true, false] {
        let handler = closing_handler("bye");
        let log = handler.log();
        let mut harness = DriverHarness::new(handler, Config::default());
        harness.transport.send("quit\n");
        assert!(harness.run().is_pending());
        assert_eq!(harness.clock.alarm(), Some(seconds(2)));
        assert!(harness.advance(seconds(1)).is_pending());
        harness.transport.send("still\nsending\n");
        if sends_eof {
            harness.transport.send_eof();
            assert_eq!(harness.run(), Poll::Ready(Ok(())));
        } else {
            assert_eq!(harness.advance(seconds(1)), Poll::Ready(Ok(())));
        }
        assert_eq!(*log.borrow(), ["connect", "quit", "closed"]);
    }
}

// C2, C7, O6
#[test]
fn driver_close_drops_input_left_above_high_water() {
    let handler = answering_handler(60);
    let log = handler.log();
    let (peer, mailbox) = mailbox(1024);
    let config = Config::default().with_high_water(100).with_low_water(10);
    let mut harness = DriverHarness::with_mailbox(handler, config, mailbox);
    harness.transport.set_write_window(0);
    harness.transport.send("\n\n\n\n\n\n");
    assert!(harness.run().is_pending());
    peer.close_when_done();
    harness.transport.send("more");
    harness.transport.send_eof();
    harness.transport.set_write_window(usize::MAX);
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert!(harness.transport.is_shut_down());
    assert_eq!(harness.transport.unread_len(), 0);
    assert_eq!(count_entries(&log, "closed"), 1);
}

// C3
#[test]
fn driver_writes_but_never_reads_after_half_close() {
    let handler = RecordingHandler::record_only().on_eof(|_, channel| Ok(channel.push(vec![b'y'; 1000])?));
    let log = handler.log();
    let (peer, mailbox) = mailbox(1024);
    let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
    harness.transport.set_write_window(100);
    harness.transport.send("a\nb");
    harness.transport.send_eof();
    assert!(harness.run().is_pending());
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.run().is_pending());
    peer.push("later").unwrap();
    peer.close_when_done();
    assert_eq!(harness.run(), Poll::Ready(Ok(())), "there is no linger");
    assert_eq!(harness.transport.written().len(), 1005);
    assert_eq!(harness.transport.calls().reads_after_eof, 0);
    assert_eq!(*log.borrow(), ["connect", "a", "MidFrame", "closed"]);
}

// O3, C4
#[test]
fn driver_blames_failing_producer_despite_waiting_lines() {
    let handler = RecordingHandler::new(|_, channel| {
        channel.push("before")?;
        channel.push_with_producer(FnProducer::new(|| Err("the file is gone".into())))?;
        Ok(channel.push("after")?)
    });
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.set_write_window(1);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    // The next line would push to a closed queue.
    harness.transport.send("b\n");
    assert!(harness.run().is_pending());
    harness.transport.set_write_window(usize::MAX);
    let outcome = harness.run();
    assert_eq!(blame(&outcome), Some(Blame::Producer));
    assert_eq!(*harness.transport.written(), *b"before");
    assert_eq!(*log.borrow(), ["connect", "a", "closed: a producer failed: the file is gone"]);
}

/// Panics in one of its calls, and counts the calls.
#[derive(Default)]
struct PanickingHandler {
    in_close: bool,
    calls: std::rc::Rc<std::cell::Cell<usize>>,
}

impl PanickingHandler {
    fn called(&self, panics: bool) {
        self.calls.set(self.calls.get() + 1);
        assert!(!panics, "this panic is part of the test");
    }
}

impl Handler for PanickingHandler {
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
    let nothing: fn(&mut DriverHarness<PanickingHandler>) = |_| ();
    let input: fn(&mut DriverHarness<PanickingHandler>) = |harness| harness.transport.send("def");
    let time: fn(&mut DriverHarness<PanickingHandler>) = |harness| harness.clock.advance(seconds(60));
    let end: fn(&mut DriverHarness<PanickingHandler>) = |harness| harness.transport.send_eof();
    let reset: fn(&mut DriverHarness<PanickingHandler>) = |harness| harness.transport.reset();
    for (in_close, expected) in [(false, 1), (true, 2)] {
        for then in [nothing, input, time, end, reset] {
            let handler = PanickingHandler { in_close, ..PanickingHandler::default() };
            let calls = handler.calls.clone();
            let mut harness = DriverHarness::new(handler, Config::default());
            harness.transport.send("abc");
            assert!(catch_unwind(AssertUnwindSafe(|| harness.run())).is_err());
            then(&mut harness);
            let _ = harness.poll();
            drop(harness);
            assert_eq!(calls.get(), expected);
        }
    }
}

// C1
#[test]
fn driver_tells_its_handler_when_dropped() {
    let handler = RecordingHandler::record_only();
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("half");
    assert!(harness.run().is_pending());
    drop(harness);
    assert_eq!(*log.borrow(), ["connect", "closed: the connection was aborted before its end"]);
}

// C4
#[test]
fn driver_blames_transport_for_broken_connection() {
    let handler = answering_handler(100);
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.set_write_window(10);
    harness.transport.send("a\nb");
    assert!(harness.run().is_pending());
    harness.transport.reset();
    assert_eq!(blame(&harness.run()), Some(Blame::Transport));
    assert_eq!(*log.borrow(), ["connect", "a", "closed: the transport failed: the connection is broken"]);
}

/// A transport whose writes fail, with input that has arrived.
struct BrokenPipe(Vec<&'static str>);

impl Transport for BrokenPipe {
    type Error = &'static str;

    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Self::Error>> {
        let Some(part) = self.0.pop() else { return Poll::Ready(Err("reset")) };
        let (head, _) = buffer.split_at_mut(part.len());
        head.copy_from_slice(part.as_bytes());
        Poll::Ready(Ok(part.len()))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, _: &Transmit<'_>) -> Poll<Result<usize, Self::Error>> {
        Poll::Ready(Err("broken pipe"))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }
}

// C10
#[test]
fn driver_delivers_arrived_input_after_a_write_error() {
    let handler = RecordingHandler::new(|line, channel| {
        channel.push(vec![b'x'; 100])?;
        if line == "QUIT" {
            channel.close_when_done();
        }
        Ok(())
    });
    let log = handler.log();
    let config = Config::default().with_high_water(99).with_low_water(10);
    let mut driver = Driver::new(ManualClock::default(), Chat::new(handler, config));
    let mut transport = BrokenPipe(vec!["QUIT\n", "LOG 3\n", "LOG 1\nLOG 2\n"]);
    let outcome = driver.poll(&mut Context::from_waker(Waker::noop()), &mut transport, &mut Vec::new());
    assert_eq!(blame(&outcome.map_ok(drop)), Some(Blame::Transport));
    assert_eq!(
        *log.borrow(),
        ["connect", "LOG 1", "LOG 2", "LOG 3", "QUIT", "closed: the transport failed: broken pipe"]
    );
}

// C7
#[test]
fn driver_treats_reset_while_lingering_as_eof() {
    let mut harness = DriverHarness::new(closing_handler("bye"), Config::default());
    harness.transport.send("quit\n");
    assert!(harness.run().is_pending());
    harness.transport.reset();
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn driver_without_linger_ends_at_the_shutdown() {
    let mut harness = DriverHarness::new(closing_handler("bye"), Config::default().with_linger(Duration::ZERO));
    harness.transport.send("quit\n");
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert!(harness.transport.is_shut_down());
}

/// A handler that answers each line with 60 bytes, and asks for an upgrade at `STARTTLS`.
fn upgrading_handler() -> RecordingHandler {
    RecordingHandler::new(|line, channel| {
        channel.push(vec![b'x'; 60])?;
        if line == "STARTTLS" {
            channel.upgrade_when_done();
        }
        Ok(())
    })
}

// C15, O6
#[test]
fn driver_upgrade_returns_input_left_above_high_water() {
    let handler = upgrading_handler();
    let log = handler.log();
    let (peer, mailbox) = mailbox(1024);
    let config = Config::default().with_high_water(100).with_low_water(10);
    let mut harness = DriverHarness::with_mailbox(handler, config, mailbox);
    harness.transport.set_write_window(0);
    harness.transport.send("a\nb\nc\nSTARTTLS\nd\ne");
    harness.transport.send("not read");
    assert!(harness.run().is_pending());
    assert_eq!(*log.borrow(), ["connect", "a"], "one answer is above the mark, with its cost");
    harness.transport.set_write_window(usize::MAX);
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert_eq!(harness.upgraded(), Some(&b"d\ne"[..]));
    assert_eq!(*log.borrow(), ["connect", "a", "b", "c", "STARTTLS"]);
    assert_eq!(harness.transport.written().len(), 240);
    assert_eq!((harness.transport.unread_len(), harness.transport.is_shut_down()), (8, false));
    assert!(peer.push("late").is_err());
}

// C15
#[test]
fn driver_upgrade_waits_for_the_flush() {
    let mut harness = DriverHarness::new(upgrading_handler(), Config::default());
    harness.transport.block_flush(true);
    harness.transport.send("STARTTLS\n");
    assert!(harness.run().is_pending());
    harness.transport.send("not read");
    assert!(harness.run().is_pending());
    harness.transport.block_flush(false);
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert_eq!((harness.upgraded(), harness.transport.unread_len()), (Some(&b""[..]), 8));
}

// C18
#[test]
fn driver_finish_shuts_down_once_and_reads_on() {
    let handler = RecordingHandler::new(|line, channel| {
        if line == "last" {
            channel.push("done")?;
            channel.finish();
        }
        Ok(())
    });
    let log = handler.log();
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("last\n");
    assert!(harness.run().is_pending());
    assert!(harness.transport.is_shut_down());
    harness.transport.send("answer\n");
    assert!(harness.run().is_pending());
    harness.transport.send_eof();
    assert_eq!(harness.run(), Poll::Ready(Ok(())));
    assert_eq!(*log.borrow(), ["connect", "last", "answer", "Clean", "closed"]);
    assert_eq!(harness.transport.calls().shutdowns, 1);
}
