//! What it keeps while it waits, and for how long it goes on without waiting.

use std::task::Poll;

use asynchat_core::{Config, FnProducer};
use asynchat_tests::harness::scripted::PollConnectionHarness;

/// More calls of a transport than one poll may make.
const MANY: usize = 1000;

fn pulled() -> PollConnectionHarness {
    PollConnectionHarness::new(b"\n", Config { max_frame_len: 100, read_size: 16, write_size: 16, ..Config::default() })
}

/// Polls that do not come to an end, though the transport is always ready.
fn expect_turns(pulled: &mut PollConnectionHarness, mut poll: impl FnMut(&mut PollConnectionHarness) -> bool) {
    for _ in 0..5 {
        let before = pulled.transport.calls().sum();
        assert!(poll(pulled), "it is pending");
        assert!(pulled.was_woken(), "it has to come back of itself");
        assert!(pulled.transport.calls().sum() - before < MANY);
    }
}

#[test]
fn connection_keeps_no_read_buffer_awaiting_input() {
    let mut pulled = pulled();
    assert!(pulled.frame().is_pending() && pulled.has_given_back());
    assert!(pulled.event().is_pending() && pulled.has_given_back());
    pulled.transport.send("a\nhal");
    assert!(pulled.frame().is_ready());
    assert!(!pulled.has_given_back(), "there is more in it");
    assert!(pulled.frame().is_pending() && pulled.has_given_back(), "half a frame is kept where it is as long as that");
    pulled.transport.send("f\n");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"half".to_vec()))));
}

#[test]
fn connection_keeps_no_read_buffer_awaiting_output() {
    let mut pulled = pulled();
    pulled.transport.take(0);
    pulled.connection.queue_mut().push("a request").unwrap();
    assert!(pulled.flush().is_pending() && pulled.has_given_back());
    pulled.transport.send("a\n");
    assert!(pulled.flush().is_pending() && !pulled.has_given_back(), "this is unread");
    assert!(pulled.frame().is_ready());
    assert!(pulled.flush().is_pending() && pulled.has_given_back());
    pulled.transport.hang_up();
    assert!(pulled.flush().is_pending() && pulled.has_given_back(), "there is nothing to read any more");
}

#[test]
fn connection_keeps_no_read_buffer_while_lingering() {
    let mut pulled = pulled();
    pulled.transport.send("unread");
    assert!(pulled.close().is_pending() && pulled.has_given_back());
}

#[test]
fn connection_idle_poll_makes_one_read() {
    let mut pulled = pulled();
    assert!(pulled.frame().is_pending());
    assert_eq!((pulled.transport.calls().sum(), pulled.transport.calls().reads), (1, 1));
    assert!(!pulled.was_woken());
    assert_eq!(pulled.flush(), Poll::Ready(Ok(())));
    assert_eq!(pulled.transport.calls().sum(), 1, "there is nothing to flush");
}

#[test]
fn connection_yields_while_overlong_frame_never_ends() {
    let mut pulled = pulled();
    pulled.transport.send_forever(b'x');
    assert!(matches!(pulled.frame(), Poll::Ready(Err(_))));
    expect_turns(&mut pulled, |pulled| pulled.frame().is_pending());
    expect_turns(&mut pulled, |pulled| pulled.event().is_pending());
}

#[test]
fn connection_yields_while_closing_against_endless_input() {
    let mut pulled = pulled();
    pulled.transport.take(0);
    pulled.transport.send_forever(b'x');
    pulled.connection.queue_mut().push("a last word").unwrap();
    expect_turns(&mut pulled, |pulled| pulled.close().is_pending() && pulled.has_given_back());
    pulled.transport.take(usize::MAX);
    expect_turns(&mut pulled, |pulled| pulled.close().is_pending() && pulled.has_given_back());
    assert!(pulled.transport.is_shut_down());
}

// C9
#[test]
fn connection_yields_while_output_never_ends() {
    let mut pulled = pulled();
    let endless = FnProducer::new(|| Ok(Some(vec![b'x'; 16].into())));
    pulled.connection.queue_mut().push_with_producer(endless).unwrap();
    expect_turns(&mut pulled, |pulled| pulled.flush().is_pending());
    expect_turns(&mut pulled, |pulled| pulled.frame().is_pending());
    pulled.transport.send("a\n");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
}
