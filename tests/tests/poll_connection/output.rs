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
fn while_output_is_not_taken_input_is_read_and_kept() {
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
fn what_is_read_meanwhile_joins_what_was_unread_behind_a_frame() {
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
fn no_more_input_is_kept_than_the_high_mark_and_a_read() {
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
fn while_input_is_waited_for_output_moves_on() {
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
fn a_close_delivers_output_to_a_peer_that_reads_only_when_it_has_sent_all() {
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
fn a_close_ends_though_the_peer_never_stops_sending() {
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
fn a_close_ends_with_the_peers_stream_or_when_its_time_is_up() {
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
fn input_is_read_while_the_shutdown_is_waited_for() {
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
fn a_shutdown_that_fails_is_no_failure_once_all_is_out() {
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
fn a_failing_producer_ends_the_output_and_not_the_input() {
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
