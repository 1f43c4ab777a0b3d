//! Flushing and closing, and the input that arrives meanwhile.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::{Blame, Config, FnProducer};
use asynchat_tests::harness::mock::PollConnectionHarness;

fn harness() -> PollConnectionHarness {
    PollConnectionHarness::new(b"\n", Config::default())
}

fn push(harness: &mut PollConnectionHarness, bytes: &'static str) {
    assert_eq!(harness.connection.queue_mut().push(bytes), Ok(()));
}

// C9
#[test]
fn connection_flush_keeps_input_while_output_blocks() {
    let mut harness = harness();
    harness.transport.set_write_window(2);
    push(&mut harness, "a request");
    assert!(harness.poll_flush().is_pending());
    harness.transport.send("an early\nanswer\n");
    assert!(harness.take_woken() && harness.poll_flush().is_pending());
    assert_eq!(harness.transport.unread_len(), 0);
    harness.transport.set_write_window(7);
    assert!(harness.take_woken());
    assert_eq!(harness.poll_flush(), Poll::Ready(Ok(())));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"an early".to_vec()))));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"answer".to_vec()))));
}

// C9, F1
#[test]
fn connection_flush_appends_input_behind_unread_frames() {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default().with_read_size(16));
    harness.transport.set_write_window(0);
    push(&mut harness, "a request");
    harness.transport.send("one\ntwo\nthr");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
    for part in ["ee\nfou", "r\nfive\nsix\nseven", "\n"] {
        harness.transport.send(part);
        assert!(harness.poll_flush().is_pending());
    }
    for frame in ["two", "three", "four", "five", "six", "seven"] {
        assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(frame.into()))));
    }
}

// C9
#[test]
fn connection_flush_bounds_the_input_it_keeps() {
    let mut harness =
        PollConnectionHarness::new(b"\n", Config::default().with_high_water(100).with_low_water(10).with_read_size(16));
    harness.transport.set_write_window(0);
    harness.transport.send_forever(b'x');
    push(&mut harness, "a request");
    for _ in 0..20 {
        assert!(harness.poll_flush().is_pending());
    }
    assert!((100..116).contains(&harness.connection.unread()), "{}", harness.connection.unread());
}

// C9
#[test]
fn connection_writes_while_waiting_for_a_frame() {
    let mut harness = harness();
    harness.transport.set_write_window(2);
    push(&mut harness, "a request");
    assert!(harness.poll_frame().is_pending());
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.take_woken() && harness.poll_frame().is_pending());
    assert_eq!(*harness.transport.written(), *b"a request");
    assert_eq!(harness.transport.calls().flushes, 1);
}

// C7
#[test]
fn connection_close_delivers_output_after_peer_stops_sending() {
    let mut harness = harness();
    harness.transport.set_write_window(0);
    harness.transport.send_forever(b'x');
    push(&mut harness, "an answer");
    for _ in 0..10 {
        assert!(harness.poll_close().is_pending() && harness.take_woken());
    }
    assert_eq!(harness.connection.unread(), 0);
    harness.transport.send_eof();
    harness.transport.set_write_window(usize::MAX);
    assert_eq!(harness.poll_close(), Poll::Ready(Ok(())));
    assert_eq!(*harness.transport.written(), *b"an answer");
    assert!(harness.transport.is_shut_down());
}

// C7
#[test]
fn connection_close_ends_despite_endlessly_sending_peer() {
    let mut harness = harness();
    push(&mut harness, "an answer");
    harness.transport.send_forever(b'x');
    for _ in 0..10 {
        assert!(harness.poll_close().is_pending() && harness.take_woken());
    }
    assert!(harness.transport.is_shut_down());
    harness.clock.advance(Duration::from_secs(2));
    assert_eq!(harness.poll_close(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn connection_close_lingers_until_eof_or_timeout() {
    for sends_eof in [true, false] {
        let mut harness = harness();
        push(&mut harness, "bye");
        assert!(harness.poll_close().is_pending());
        assert_eq!(harness.clock.alarm(), Some(Duration::from_secs(2)));
        if sends_eof {
            harness.transport.send("not yet");
            harness.transport.send_eof();
        } else {
            harness.clock.advance(Duration::from_secs(2));
        }
        assert!(harness.take_woken());
        assert_eq!(harness.poll_close(), Poll::Ready(Ok(())));
        assert_eq!(harness.clock.alarm(), None);
    }
}

// C7, C9
#[test]
fn connection_close_reads_while_shutdown_is_pending() {
    let mut harness = harness();
    harness.transport.block_shutdown(true);
    assert!(harness.poll_close().is_pending());
    harness.transport.send("the peer has to send this before it sees the end");
    assert!(harness.take_woken() && harness.poll_close().is_pending());
    assert_eq!(harness.transport.unread_len(), 0);
    harness.transport.block_shutdown(false);
    harness.transport.send_eof();
    assert_eq!(harness.poll_close(), Poll::Ready(Ok(())));
}

// C7
#[test]
fn connection_close_ignores_shutdown_error_after_flush() {
    let mut harness = harness();
    harness.transport.block_shutdown(true);
    push(&mut harness, "bye");
    assert!(harness.poll_close().is_pending());
    harness.transport.reset();
    assert_eq!(harness.poll_close(), Poll::Ready(Ok(())));
    assert_eq!(*harness.transport.written(), *b"bye");
}

// O3, C4
#[test]
fn connection_producer_error_ends_output_only() {
    let mut harness = harness();
    push(&mut harness, "before");
    let queue = harness.connection.queue_mut();
    queue.push_with_producer(FnProducer::new(|| Err("the file is gone".into()))).unwrap();
    queue.push("after").unwrap();
    harness.transport.send("a\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
    let Poll::Ready(Err(error)) = harness.poll_flush() else { panic!("the producer fails") };
    assert_eq!(error.blame(), Blame::Producer);
    assert_eq!(harness.poll_flush(), Poll::Ready(Err(error)));
    assert_eq!(*harness.transport.written(), *b"before");
    harness.transport.send("b\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"b".to_vec()))));
}

// C4
#[test]
fn connection_with_a_wrong_config_fails_at_once() {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default().with_high_water(1));
    harness.transport.send("a line\n");
    let read = harness.poll_frame();
    let Poll::Ready(Err(error)) = read else { panic!("{read:?}") };
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("bad config: Config::low_water is above Config::high_water"));
    assert_eq!(harness.poll_flush(), Poll::Ready(Err(error)));
    assert_eq!(harness.transport.calls().sum(), 0);
}
