//! The buffers that a connection keeps while it waits, and how long it runs without waiting.

use std::task::Poll;

use asynchat_core::{Config, FnProducer};
use asynchat_tests::harness::mock::PollConnectionHarness;

/// No poll makes as many transport calls as this.
const MAX_CALLS_PER_POLL: usize = 1000;

fn harness() -> PollConnectionHarness {
    PollConnectionHarness::new(b"\n", Config::default().with_max_frame_len(100).with_read_size(16).with_write_size(16))
}

/// Checks that each poll yields, although the transport is always ready.
fn check_yields(harness: &mut PollConnectionHarness, mut poll: impl FnMut(&mut PollConnectionHarness) -> bool) {
    for _ in 0..5 {
        let before = harness.transport.calls().sum();
        assert!(poll(harness), "it is pending");
        assert!(harness.take_woken(), "a yielding poll wakes its own task");
        assert!(harness.transport.calls().sum() - before < MAX_CALLS_PER_POLL);
    }
}

#[test]
fn connection_keeps_no_read_buffer_awaiting_input() {
    let mut harness = harness();
    assert!(harness.poll_frame().is_pending() && harness.has_returned_buffer());
    assert!(harness.poll_event().is_pending() && harness.has_returned_buffer());
    harness.transport.send("a\nhal");
    assert!(harness.poll_frame().is_ready());
    assert!(!harness.has_returned_buffer(), "it still holds input");
    assert!(
        harness.poll_frame().is_pending() && harness.has_returned_buffer(),
        "a partial frame has a buffer of its own"
    );
    harness.transport.send("f\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"half".to_vec()))));
}

#[test]
fn connection_keeps_no_read_buffer_awaiting_output() {
    let mut harness = harness();
    harness.transport.set_write_window(0);
    harness.connection.queue_mut().push("a request").unwrap();
    assert!(harness.poll_flush().is_pending() && harness.has_returned_buffer());
    harness.transport.send("a\n");
    assert!(harness.poll_flush().is_pending() && !harness.has_returned_buffer(), "it holds unread input");
    assert!(harness.poll_frame().is_ready());
    assert!(harness.poll_flush().is_pending() && harness.has_returned_buffer());
    harness.transport.send_eof();
    assert!(harness.poll_flush().is_pending() && harness.has_returned_buffer(), "there is no more input");
}

#[test]
fn connection_keeps_no_read_buffer_while_lingering() {
    let mut harness = harness();
    harness.transport.send("unread");
    assert!(harness.poll_close().is_pending() && harness.has_returned_buffer());
}

#[test]
fn connection_idle_poll_makes_one_read() {
    let mut harness = harness();
    assert!(harness.poll_frame().is_pending());
    assert_eq!((harness.transport.calls().sum(), harness.transport.calls().reads), (1, 1));
    assert!(!harness.take_woken());
    assert_eq!(harness.poll_flush(), Poll::Ready(Ok(())));
    assert_eq!(harness.transport.calls().sum(), 1, "there is nothing to flush");
}

#[test]
fn connection_yields_while_overlong_frame_never_ends() {
    let mut harness = harness();
    harness.transport.send_forever(b'x');
    assert!(matches!(harness.poll_frame(), Poll::Ready(Err(_))));
    check_yields(&mut harness, |harness| harness.poll_frame().is_pending());
    check_yields(&mut harness, |harness| harness.poll_event().is_pending());
}

#[test]
fn connection_yields_while_closing_against_endless_input() {
    let mut harness = harness();
    harness.transport.set_write_window(0);
    harness.transport.send_forever(b'x');
    harness.connection.queue_mut().push("a last word").unwrap();
    check_yields(&mut harness, |harness| harness.poll_close().is_pending() && harness.has_returned_buffer());
    harness.transport.set_write_window(usize::MAX);
    check_yields(&mut harness, |harness| harness.poll_close().is_pending() && harness.has_returned_buffer());
    assert!(harness.transport.is_shut_down());
}

// C9
#[test]
fn connection_yields_while_output_never_ends() {
    let mut harness = harness();
    let endless = FnProducer::new(|| Ok(Some(vec![b'x'; 16].into())));
    harness.connection.queue_mut().push_with_producer(endless).unwrap();
    check_yields(&mut harness, |harness| harness.poll_flush().is_pending());
    check_yields(&mut harness, |harness| harness.poll_frame().is_pending());
    harness.transport.send("a\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
}
