//! Input that is looked at, dropped, limited, or was read by another layer.

use std::task::Poll;

use asynchat_core::drive::PollConnection;
use asynchat_core::{Config, Error, Terminator};
use asynchat_tests::harness::mock::{ManualClock, MockTransport, PollConnectionHarness};

fn harness() -> PollConnectionHarness {
    PollConnectionHarness::new(b"\r\n", Config::default().with_max_frame_len(100))
}

// C8
#[test]
fn connection_partial_shows_what_came() {
    let mut harness = harness();
    harness.transport.send("one\r\nha");
    assert!(harness.poll_frame().is_ready());
    assert_eq!(harness.connection.partial(), b"one");
    // A timeout drops a future whose poll was pending.
    assert!(harness.poll_frame().is_pending());
    assert_eq!(harness.connection.partial(), b"ha");
    harness.transport.send("lf\r");
    assert!(harness.poll_frame().is_pending());
    assert_eq!((harness.connection.partial(), harness.connection.unread()), (&b"half"[..], 5));
    harness.transport.reset();
    assert!(matches!(harness.poll_frame(), Poll::Ready(Err(Error::Transport(_)))));
    assert_eq!(harness.connection.partial(), b"half");
}

#[test]
fn connection_discards_input_between_frames() {
    let mut harness = harness();
    harness.transport.send("one\r\nstale\r\nand half\r");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"one".to_vec()))));
    harness.connection.discard_input();
    assert_eq!(harness.connection.partial(), b"");
    harness.transport.send("\nfresh\r\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"fresh".to_vec()))));
}

#[test]
fn connection_discards_a_frame_that_has_begun() {
    for stale in ["stale", "stale\r", "stale\r\n"] {
        let mut harness = harness();
        harness.transport.send(stale);
        if stale.ends_with('\n') {
            harness.transport.set_write_window(0);
            harness.connection.queue_mut().push("a question").unwrap();
            assert!(harness.poll_flush().is_pending(), "it reads meanwhile");
        } else {
            assert!(harness.poll_frame().is_pending());
        }
        harness.connection.discard_input();
        let rest = "stale\r\n".strip_prefix(stale).unwrap();
        harness.transport.send(format!("{rest}fresh\r\n"));
        assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"fresh".to_vec()))), "{stale:?}");
    }
}

// L2
#[test]
fn connection_frame_limit_changes_in_mid_stream() {
    let mut harness = harness();
    harness.connection.set_max_frame_len(4);
    harness.transport.send("USER me\r\nPASS\r\n");
    assert!(matches!(harness.poll_frame(), Poll::Ready(Err(Error::FrameTooLong(limit))) if limit.max_len() == 4));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"PASS".to_vec()))));
    harness.connection.set_max_frame_len(7);
    harness.transport.send("USER me\r\n");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"USER me".to_vec()))));
}

// F1
#[test]
fn connection_continues_what_another_layer_has_read() {
    let stream = b"GET a\r\nGET b\r\n";
    for at in 0..=stream.len() {
        let (unread, rest) = stream.split_at(at);
        let transport = MockTransport::default();
        transport.send(rest);
        transport.send_eof();
        let connection =
            PollConnection::with_unread(transport.clone(), ManualClock::default(), unread, b"\r\n", Config::default());
        let mut harness = PollConnectionHarness::with_transport(transport, b"\n", Config::default());
        harness.connection = connection;
        for frame in ["GET a", "GET b"] {
            assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(frame.into()))), "{at} bytes were read");
        }
        assert_eq!(harness.poll_frame(), Poll::Ready(Ok(None)));
    }
}

// O6, O9
#[test]
fn connection_loop_stays_bounded_against_a_peer_that_never_reads() {
    let config = Config::default().with_high_water(4096).with_low_water(1024);
    let mut harness = PollConnectionHarness::new(b"\n", config);
    harness.transport.set_write_window(0);
    harness.transport.send("line\n".repeat(20_000));
    let mut lines = 0;
    // The loop that everybody writes.
    loop {
        match harness.poll_frame() {
            Poll::Ready(frame) => {
                assert_ne!(frame, Ok(None));
                let line = harness.connection.frame_owned();
                harness.connection.queue_mut().push(line).unwrap();
                lines += 1;
            }
            Poll::Pending if harness.take_woken() => {}
            Poll::Pending => break,
        }
        assert!(harness.connection.queue().queued() <= 4096 + 2 * 100, "the mark and two answers");
    }
    assert!(lines < 4096 / 4, "{lines}");
    harness.transport.set_write_window(usize::MAX);
    assert!(harness.take_woken() && harness.poll_frame().is_ready(), "it goes on");
}

// F13
#[test]
fn connection_shows_held_bytes_whatever_is_set() {
    let mut harness = PollConnectionHarness::new(b"abc", Config::default());
    harness.transport.send("ab");
    assert!(harness.poll_event().is_pending());
    harness.transport.send("x");
    assert_eq!(harness.poll_event(), Poll::Ready(Ok(Some(b"ab".to_vec()))));
    assert_eq!(harness.connection.partial(), b"ab");
    for terminator in [Terminator::from(b"\n"), Terminator::None] {
        harness.connection.frames_mut().set_terminator(terminator);
        assert_eq!(harness.connection.partial(), b"");
    }
    assert_eq!(harness.poll_event(), Poll::Ready(Ok(Some(b"x".to_vec()))));
}

// L8
#[test]
fn connection_shows_no_owned_frame_again() {
    // Copied, shared with the buffer, and taken with the memory of a frame that came in parts.
    for (inputs, len) in [(&[100][..], 100), (&[9000], 9000), (&[40, 1], 41), (&[9000, 9000], 18_000)] {
        let mut harness = PollConnectionHarness::new(b"\n", Config::default());
        for &input in inputs {
            assert!(harness.poll_frame().is_pending());
            harness.transport.send(vec![b'x'; input]);
        }
        assert!(harness.poll_frame().is_pending());
        harness.transport.send("\nrest");
        assert!(harness.poll_frame().is_ready());
        assert_eq!(harness.connection.partial().len(), len, "it is lent");
        assert_eq!(harness.connection.frame_owned().len(), len);
        assert_eq!(harness.connection.partial(), b"", "{inputs:?}");
        assert!(harness.poll_frame().is_pending());
        assert_eq!(harness.connection.partial(), b"rest");
    }
}

// O6, C9
#[test]
fn connection_below_its_mark_may_push_an_answer_above() {
    type Next = fn(&mut PollConnectionHarness) -> bool;
    let look: Next = |harness| harness.connection.find_ready_frame() == Some(Ok(()));
    let poll: Next = |harness| harness.poll_frame().is_ready();
    // The queue is seen below its mark by the one that looks, by the one that polls, and at the end of a pause.
    for (next, is_paused) in [(look, false), (poll, false), (poll, true)] {
        let config = Config::default().with_high_water(4096).with_low_water(1024);
        let mut harness = PollConnectionHarness::new(b"\n", config);
        harness.transport.set_write_window(0);
        harness.transport.send("a\nb\nc\nd\ne\n");
        assert!(harness.poll_frame().is_ready());
        harness.connection.queue_mut().push(vec![b'x'; 5000]).unwrap();
        assert!(harness.poll_frame().is_ready(), "an answer may cross the mark");
        if is_paused {
            harness.connection.queue_mut().push(vec![b'x'; 5000]).unwrap();
            assert!(harness.poll_frame().is_pending());
        }
        harness.transport.set_write_window(usize::MAX);
        assert!(is_paused || harness.poll_flush().is_ready());
        assert!(next(&mut harness), "the queue is empty");
        harness.transport.set_write_window(0);
        harness.connection.queue_mut().push(vec![b'x'; 5000]).unwrap();
        assert!(harness.poll_frame().is_ready(), "this answer has crossed it too");
        harness.connection.queue_mut().push("x").unwrap();
        assert!(harness.poll_frame().is_pending());
    }
}
