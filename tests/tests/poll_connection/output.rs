//! Flushing, closing, and input meanwhile.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::{Blame, Config, FnProducer};
use asynchat_tests::harness::scripted::PollConnectionHarness;

fn pulled() -> PollConnectionHarness {
    PollConnectionHarness::new(b"\n", Config::default())
}

fn push(pulled: &mut PollConnectionHarness, bytes: &'static str) {
    assert_eq!(pulled.connection.queue_mut().push(bytes), Ok(()));
}

// C9
#[test]
fn connection_flush_keeps_input_while_output_blocks() {
    let mut pulled = pulled();
    pulled.transport.take(2);
    push(&mut pulled, "a request");
    assert!(pulled.flush().is_pending());
    pulled.transport.send("an early\nanswer\n");
    assert!(pulled.was_woken() && pulled.flush().is_pending());
    assert_eq!(pulled.transport.waiting(), 0);
    pulled.transport.take(7);
    assert!(pulled.was_woken());
    assert_eq!(pulled.flush(), Poll::Ready(Ok(())));
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"an early".to_vec()))));
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"answer".to_vec()))));
}

// C9, F1
#[test]
fn connection_flush_appends_input_behind_unread_frames() {
    let mut pulled = PollConnectionHarness::new(b"\n", Config { read_size: 16, ..Config::default() });
    pulled.transport.take(0);
    push(&mut pulled, "a request");
    pulled.transport.send("one\ntwo\nthr");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
    for part in ["ee\nfou", "r\nfive\nsix\nseven", "\n"] {
        pulled.transport.send(part);
        assert!(pulled.flush().is_pending());
    }
    for frame in ["two", "three", "four", "five", "six", "seven"] {
        assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(frame.into()))));
    }
}

// C9
#[test]
fn connection_flush_bounds_the_input_it_keeps() {
    let mut pulled = PollConnectionHarness::new(b"\n", Config { high_water: 100, read_size: 16, ..Config::default() });
    pulled.transport.take(0);
    pulled.transport.send_forever(b'x');
    push(&mut pulled, "a request");
    for _ in 0..20 {
        assert!(pulled.flush().is_pending());
    }
    assert!((100..116).contains(&pulled.connection.unread()), "{}", pulled.connection.unread());
}

// C9
#[test]
fn connection_writes_while_waiting_for_a_frame() {
    let mut pulled = pulled();
    pulled.transport.take(2);
    push(&mut pulled, "a request");
    assert!(pulled.frame().is_pending());
    pulled.transport.take(usize::MAX);
    assert!(pulled.was_woken() && pulled.frame().is_pending());
    assert_eq!(*pulled.transport.written(), *b"a request");
    assert_eq!(pulled.transport.calls().flushes, 1);
}

// C7
#[test]
fn connection_close_delivers_output_after_peer_stops_sending() {
    let mut pulled = pulled();
    pulled.transport.take(0);
    pulled.transport.send_forever(b'x');
    push(&mut pulled, "an answer");
    for _ in 0..10 {
        assert!(pulled.close().is_pending() && pulled.was_woken());
    }
    assert_eq!(pulled.connection.unread(), 0);
    pulled.transport.hang_up();
    pulled.transport.take(usize::MAX);
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
    assert_eq!(*pulled.transport.written(), *b"an answer");
    assert!(pulled.transport.is_shut_down());
}

// C7
#[test]
fn connection_close_ends_despite_endlessly_sending_peer() {
    let mut pulled = pulled();
    push(&mut pulled, "an answer");
    pulled.transport.send_forever(b'x');
    for _ in 0..10 {
        assert!(pulled.close().is_pending() && pulled.was_woken());
    }
    assert!(pulled.transport.is_shut_down());
    pulled.clock.advance(Duration::from_secs(2));
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn connection_close_lingers_until_eof_or_timeout() {
    for hangs_up in [true, false] {
        let mut pulled = pulled();
        push(&mut pulled, "bye");
        assert!(pulled.close().is_pending());
        assert_eq!(pulled.clock.alarm(), Some(Duration::from_secs(2)));
        if hangs_up {
            pulled.transport.send("not yet");
            pulled.transport.hang_up();
        } else {
            pulled.clock.advance(Duration::from_secs(2));
        }
        assert!(pulled.was_woken());
        assert_eq!(pulled.close(), Poll::Ready(Ok(())));
        assert_eq!(pulled.clock.alarm(), None);
    }
}

// C7, C9
#[test]
fn connection_close_reads_while_shutdown_is_pending() {
    let mut pulled = pulled();
    pulled.transport.hold_shutdown(true);
    assert!(pulled.close().is_pending());
    pulled.transport.send("the peer has to send this before it sees the end");
    assert!(pulled.was_woken() && pulled.close().is_pending());
    assert_eq!(pulled.transport.waiting(), 0);
    pulled.transport.hold_shutdown(false);
    pulled.transport.hang_up();
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn connection_close_ignores_shutdown_error_after_flush() {
    let mut pulled = pulled();
    pulled.transport.hold_shutdown(true);
    push(&mut pulled, "bye");
    assert!(pulled.close().is_pending());
    pulled.transport.reset();
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
    assert_eq!(*pulled.transport.written(), *b"bye");
}

// O3, C4
#[test]
fn connection_producer_error_ends_output_only() {
    let mut pulled = pulled();
    push(&mut pulled, "before");
    let queue = pulled.connection.queue_mut();
    queue.push_with_producer(FnProducer::new(|| Err("the file is gone".into()))).unwrap();
    queue.push("after").unwrap();
    pulled.transport.send("a\n");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
    let Poll::Ready(Err(error)) = pulled.flush() else { panic!("the producer fails") };
    assert_eq!(error.blame(), Blame::Producer);
    assert_eq!(pulled.flush(), Poll::Ready(Err(error)));
    assert_eq!(*pulled.transport.written(), *b"before");
    pulled.transport.send("b\n");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"b".to_vec()))));
}
