//! Where clauses meet: what a timer, a timeout or a call asks for is done at once, and a mailbox outlives an upgrade.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use asynchat_core::drive::{MailboxError, ServedBy, ServerOptions, mailbox};
use asynchat_core::{BoxError, Channel, Config, Deferred, Error, Handler, Terminator, Timeout};
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};

use crate::seconds;

/// Acts when its timer goes off, and when it is idle.
struct Acts {
    after: Option<u64>,
    act: fn(&mut Channel),
}

impl Handler for Acts {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        channel.set_timer(self.after.map(seconds));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        (self.act)(channel);
        Ok(())
    }

    fn handle_timeout(&mut self, _: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        (self.act)(channel);
        Ok(())
    }
}

// C13, C11, O4, C18
#[test]
fn driver_ends_output_at_once_from_a_timer() {
    for after in [Some(7), None] {
        for act in [Channel::close_when_done, Channel::finish] {
            let mut harness = DriverHarness::new(Acts { after, act }, Config::default());
            assert!(harness.run().is_pending());
            assert!(harness.advance(seconds(after.unwrap_or(300))).is_pending());
            assert!(harness.transport.is_shut_down(), "{after:?}");
            harness.transport.send_eof();
            assert_eq!(harness.run(), Poll::Ready(Ok(())));
        }
    }
}

// C13, C15
#[test]
fn driver_upgrades_at_once_from_a_timer() {
    for after in [Some(7), None] {
        let mut harness = DriverHarness::new(Acts { after, act: Channel::upgrade_when_done }, Config::default());
        assert!(harness.run().is_pending());
        assert_eq!(harness.advance(seconds(after.unwrap_or(300))), Poll::Ready(Ok(())));
        assert_eq!(harness.upgraded(), Some(&b""[..]));
    }
}

// C14, F6, F8
#[test]
fn driver_delivers_what_a_call_makes_a_frame() {
    let handler = RecordingHandler::record_only();
    let log = handler.log();
    let (_, mailbox) = mailbox(1024);
    let caller = mailbox.caller();
    let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
    assert!(harness.run().is_pending());
    caller
        .call(|_, channel| {
            channel.set_terminator(Terminator::Count(0));
            Ok(())
        })
        .unwrap();
    assert!(harness.run().is_pending());
    assert_eq!(*log.borrow(), ["connect", ""]);
    // A held byte.
    caller
        .call(|_, channel| {
            channel.set_terminator(b"\r\n");
            Ok(())
        })
        .unwrap();
    harness.transport.send("a\r");
    assert!(harness.run().is_pending());
    caller
        .call(|_, channel| {
            channel.set_terminator(b"\r");
            Ok(())
        })
        .unwrap();
    assert!(harness.run().is_pending());
    assert_eq!(*log.borrow(), ["connect", "", "a"]);
}

/// A handler that asks for an upgrade, which waits for a deferred reply, and the reply.
fn upgrading_handler() -> (RecordingHandler, Rc<RefCell<Option<Deferred>>>) {
    let reply = Rc::new(RefCell::new(None));
    let deferring = Rc::clone(&reply);
    let handler = RecordingHandler::new(move |_, channel| {
        *deferring.borrow_mut() = Some(channel.push_deferred()?);
        channel.upgrade_when_done();
        Ok(())
    });
    (handler, reply)
}

// C15, C14
#[test]
fn mailbox_goes_on_above_an_upgrade() {
    let (peer, mut mailbox) = mailbox::<()>(1024);
    let (handler, reply) = upgrading_handler();
    let mut below = DriverHarness::with_mailbox(handler, Config::default(), mailbox.without_calls());
    below.transport.send("starttls\n");
    assert!(below.run().is_pending());
    peer.push("for the stream above, ").unwrap();
    assert!(below.run().is_pending());
    reply.take().unwrap().send("go ahead");
    assert_eq!(below.run(), Poll::Ready(Ok(())));
    assert_eq!((below.upgraded(), &*below.transport.written()), (Some(&b""[..]), &b"go ahead"[..]));
    assert!(!mailbox.is_closing());
    drop(below);
    peer.push("and this").unwrap();
    let mut above =
        DriverHarness::with_mailbox(RecordingHandler::record_only(), Config::default(), mailbox.without_calls());
    assert!(above.run().is_pending());
    assert_eq!(*above.transport.written(), *b"for the stream above, and this");
    assert!(mailbox.poll_closing(Waker::noop()).is_pending());
    drop((above, mailbox));
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
}

// C15
#[test]
fn handle_takes_an_upgrade_back() {
    for aborts in [false, true] {
        let (peer, mailbox) = mailbox(1024);
        let (handler, reply) = upgrading_handler();
        let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
        harness.transport.send("starttls\n");
        assert!(harness.run().is_pending());
        // There is no other end of the mailbox, for the stream above.
        assert_eq!(peer.push("never sent"), Err(MailboxError::Closed));
        if aborts {
            peer.abort();
            assert_eq!(harness.run(), Poll::Ready(Err(Error::Aborted)));
        } else {
            peer.close_when_done();
            assert!(harness.run().is_pending());
            assert_eq!(peer.push("late"), Err(MailboxError::Closed));
            reply.take().unwrap().send("bye");
            assert!(harness.run().is_pending());
            assert!(harness.transport.is_shut_down());
            harness.transport.send_eof();
            assert_eq!(harness.run(), Poll::Ready(Ok(())));
            assert_eq!(*harness.transport.written(), *b"bye");
        }
        assert_eq!(harness.upgraded(), None);
    }
}

// C15, C17
#[test]
fn shutdown_during_an_upgrade_is_told_above() {
    let mut connections = ServerOptions::new(1).connections();
    let accepted = connections.accept((), (), ServedBy::Code);
    let mut mailbox = accepted.mailbox;
    connections.insert(accepted.guard.number(), accepted.handle.clone(), ());
    let (handler, reply) = upgrading_handler();
    let mut below = DriverHarness::with_mailbox(handler, Config::default(), mailbox.without_calls());
    below.transport.send("starttls\n");
    assert!(below.run().is_pending());
    connections.request_shutdown();
    assert!(below.run().is_pending());
    reply.take().unwrap().send("go ahead");
    assert_eq!(below.run(), Poll::Ready(Ok(())));
    assert!(below.upgraded().is_some() && mailbox.is_closing());
    let mut above =
        DriverHarness::with_mailbox(RecordingHandler::record_only(), Config::default(), mailbox.without_calls());
    assert!(above.run().is_pending());
    assert!(above.transport.is_shut_down(), "the default of `handle_shutdown`");
    assert!(mailbox.poll_closing(Waker::noop()).is_ready(), "the handler was told, and it stays so");
}

// C12, C10, O8
#[test]
fn driver_drops_a_reply_when_a_paused_peer_resets() {
    let reply = Rc::new(RefCell::new(None));
    let deferring = Rc::clone(&reply);
    let handler = RecordingHandler::new(move |_, channel| {
        *deferring.borrow_mut() = Some(channel.push_deferred()?);
        channel.pause();
        Ok(())
    });
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send("a\nb\n");
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), None, "nobody owes anything");
    harness.transport.reset();
    assert!(harness.run().is_pending());
    let reply: Deferred = reply.take().unwrap();
    assert!(reply.is_closed(), "it would never be sent");
    reply.send("too late");
    let outcome = harness.advance(seconds(1));
    assert!(matches!(outcome, Poll::Ready(Err(Error::Transport(_)))), "{outcome:?}");
}

// C14, O8, O4
#[test]
fn driver_close_in_a_call_waits_for_a_reply() {
    let reply = Rc::new(RefCell::new(None));
    let deferring = Rc::clone(&reply);
    let handler = RecordingHandler::new(move |_, channel| {
        *deferring.borrow_mut() = Some(channel.push_deferred()?);
        Ok(())
    });
    let (_, mailbox) = mailbox(1024);
    let caller = mailbox.caller();
    let mut harness = DriverHarness::with_mailbox(handler, Config::default(), mailbox);
    harness.transport.send("a\n");
    assert!(harness.run().is_pending());
    caller
        .call(|_, channel| {
            channel.push("called, ")?;
            channel.close_when_done();
            Ok(())
        })
        .unwrap();
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(1000)).is_pending(), "the close waits for the reply");
    reply.take().map(|reply: Deferred| reply.send("reply, ")).unwrap();
    assert!(harness.run().is_pending());
    assert_eq!(*harness.transport.written(), *b"reply, called, ");
    assert!(harness.transport.is_shut_down());
}

/// Skips frames of more than 2 bytes, and notes how long they were and how much was received.
struct Skips(Rc<RefCell<Vec<(u64, u64, u64)>>>);

impl Handler for Skips {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(Terminator::universal_newline());
        channel.set_max_frame_len(2);
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.0.borrow_mut().push((0, channel.received(), channel.sent()));
        Ok(channel.push("ok")?)
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.pause();
        Ok(())
    }

    fn frame_skipped(&mut self, len: u64, channel: &mut Channel) -> Result<(), BoxError> {
        self.0.borrow_mut().push((len, channel.received(), channel.sent()));
        Ok(())
    }
}

// C12, L6, F14
#[test]
fn driver_counts_on_across_pause_skip_and_idle() {
    let log = Rc::default();
    let (_, mailbox) = mailbox(1024);
    let caller = mailbox.caller();
    let mut harness = DriverHarness::with_mailbox(Skips(Rc::clone(&log)), Config::default(), mailbox);
    // Idle between the parts, the CR of a line end last.
    for part in ["a\r", "\nb\r", "\n"] {
        harness.transport.send(part);
        assert!(harness.run().is_pending());
    }
    assert_eq!(*log.borrow(), [(0, 2, 0), (0, 5, 2)]);
    harness.transport.send("long\r");
    harness.transport.send("\nc\r\n");
    assert!(harness.run().is_pending());
    assert!(harness.advance(seconds(1000)).is_pending());
    assert_eq!(log.borrow().len(), 2, "it is paused");
    caller
        .call(|_, channel| {
            channel.resume();
            Ok(())
        })
        .unwrap();
    assert!(harness.run().is_pending());
    assert_eq!(log.borrow()[2..], [(4, 11, 4), (0, 15, 4)]);
}

// C12, C13
#[test]
fn driver_reads_at_once_when_a_timer_resumes() {
    let (_, mailbox) = mailbox(1024);
    let caller = mailbox.caller();
    let mut harness =
        DriverHarness::with_mailbox(Acts { after: Some(7), act: Channel::resume }, Config::default(), mailbox);
    caller
        .call(|_, channel| {
            channel.pause();
            Ok(())
        })
        .unwrap();
    assert!(harness.run().is_pending());
    harness.transport.send_eof();
    assert!(harness.advance(seconds(6)).is_pending());
    assert_eq!(harness.advance(seconds(1)), Poll::Ready(Ok(())));
}
