//! Flushing, closing, and input meanwhile.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::{Blame, Config, FnProducer};
use asynchat_tests::harness::scripted::Pulled;

fn pulled() -> Pulled {
    Pulled::new(b"\n", Config::default())
}

fn push(pulled: &mut Pulled, bytes: &'static str) {
    assert_eq!(pulled.puller.queue_mut().push(bytes), Ok(()));
}

// C9
#[test]
fn while_output_is_not_taken_input_is_read_and_kept() {
    let mut pulled = pulled();
    pulled.wire.take(2);
    push(&mut pulled, "a request");
    assert!(pulled.flush().is_pending());
    pulled.wire.send("an early\nanswer\n");
    assert!(pulled.was_woken() && pulled.flush().is_pending());
    assert_eq!(pulled.wire.waiting(), 0);
    pulled.wire.take(7);
    assert!(pulled.was_woken());
    assert_eq!(pulled.flush(), Poll::Ready(Ok(())));
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"an early".to_vec()))));
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"answer".to_vec()))));
}

// C9, F1
#[test]
fn what_is_read_meanwhile_joins_what_was_unread_behind_a_frame() {
    let mut pulled = Pulled::new(b"\n", Config { read_size: 16, ..Config::default() });
    pulled.wire.take(0);
    push(&mut pulled, "a request");
    pulled.wire.send("one\ntwo\nthr");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
    for part in ["ee\nfou", "r\nfive\nsix\nseven", "\n"] {
        pulled.wire.send(part);
        assert!(pulled.flush().is_pending());
    }
    for frame in ["two", "three", "four", "five", "six", "seven"] {
        assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(frame.into()))));
    }
}

// C9
#[test]
fn no_more_input_is_kept_than_the_high_mark_and_a_read() {
    let mut pulled = Pulled::new(b"\n", Config { high_water: 100, read_size: 16, ..Config::default() });
    pulled.wire.take(0);
    pulled.wire.send_forever(b'x');
    push(&mut pulled, "a request");
    for _ in 0..20 {
        assert!(pulled.flush().is_pending());
    }
    assert!((100..116).contains(&pulled.puller.unread()), "{}", pulled.puller.unread());
}

// C9
#[test]
fn while_input_is_waited_for_output_moves_on() {
    let mut pulled = pulled();
    pulled.wire.take(2);
    push(&mut pulled, "a request");
    assert!(pulled.frame().is_pending());
    pulled.wire.take(usize::MAX);
    assert!(pulled.was_woken() && pulled.frame().is_pending());
    assert_eq!(*pulled.wire.written(), *b"a request");
    assert_eq!(pulled.wire.calls().flushes, 1);
}

// C7
#[test]
fn a_close_delivers_output_to_a_peer_that_reads_only_when_it_has_sent_all() {
    let mut pulled = pulled();
    pulled.wire.take(0);
    pulled.wire.send_forever(b'x');
    push(&mut pulled, "an answer");
    for _ in 0..10 {
        assert!(pulled.close().is_pending() && pulled.was_woken());
    }
    assert_eq!(pulled.puller.unread(), 0);
    pulled.wire.hang_up();
    pulled.wire.take(usize::MAX);
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
    assert_eq!(*pulled.wire.written(), *b"an answer");
    assert!(pulled.wire.is_shut_down());
}

// C7
#[test]
fn a_close_ends_though_the_peer_never_stops_sending() {
    let mut pulled = pulled();
    push(&mut pulled, "an answer");
    pulled.wire.send_forever(b'x');
    for _ in 0..10 {
        assert!(pulled.close().is_pending() && pulled.was_woken());
    }
    assert!(pulled.wire.is_shut_down());
    pulled.hours.advance(Duration::from_secs(2));
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn a_close_ends_with_the_peers_stream_or_when_its_time_is_up() {
    for hangs_up in [true, false] {
        let mut pulled = pulled();
        push(&mut pulled, "bye");
        assert!(pulled.close().is_pending());
        assert_eq!(pulled.hours.alarm(), Some(Duration::from_secs(2)));
        if hangs_up {
            pulled.wire.send("not yet");
            pulled.wire.hang_up();
        } else {
            pulled.hours.advance(Duration::from_secs(2));
        }
        assert!(pulled.was_woken());
        assert_eq!(pulled.close(), Poll::Ready(Ok(())));
        assert_eq!(pulled.hours.alarm(), None);
    }
}

// C7, C9
#[test]
fn input_is_read_while_the_shutdown_is_waited_for() {
    let mut pulled = pulled();
    pulled.wire.hold_shutdown(true);
    assert!(pulled.close().is_pending());
    pulled.wire.send("the peer has to send this before it sees the end");
    assert!(pulled.was_woken() && pulled.close().is_pending());
    assert_eq!(pulled.wire.waiting(), 0);
    pulled.wire.hold_shutdown(false);
    pulled.wire.hang_up();
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn a_shutdown_that_fails_is_no_failure_once_all_is_out() {
    let mut pulled = pulled();
    pulled.wire.hold_shutdown(true);
    push(&mut pulled, "bye");
    assert!(pulled.close().is_pending());
    pulled.wire.reset();
    assert_eq!(pulled.close(), Poll::Ready(Ok(())));
    assert_eq!(*pulled.wire.written(), *b"bye");
}

// O3, C4
#[test]
fn a_failing_producer_ends_the_output_and_not_the_input() {
    let mut pulled = pulled();
    push(&mut pulled, "before");
    let queue = pulled.puller.queue_mut();
    queue.push_with_producer(FnProducer::new(|| Err("the file is gone".into()))).unwrap();
    queue.push("after").unwrap();
    pulled.wire.send("a\n");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
    let Poll::Ready(Err(error)) = pulled.flush() else { panic!("the producer fails") };
    assert_eq!(error.blame(), Blame::Producer);
    assert_eq!(pulled.flush(), Poll::Ready(Err(error)));
    assert_eq!(*pulled.wire.written(), *b"before");
    pulled.wire.send("b\n");
    assert_eq!(pulled.frame(), Poll::Ready(Ok(Some(b"b".to_vec()))));
}
