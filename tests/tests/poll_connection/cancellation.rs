//! Cancel safety: a poll that is abandoned at any point loses nothing. Every call of the transport is pending once, and
//! moves one byte.

use std::task::Poll;

use asynchat_core::{Config, Error};
use asynchat_tests::harness::mock::{MockTransport, PollConnectionHarness};
use asynchat_tests::harness::random::Random;

const STREAM: &[u8] = b"one\r\n\r\ntwo\rthree\r\nfour\nfive\r\n\r\r\nsix\r\nand a rest\r";

/// The whole frames of `STREAM`. The last frame is cut short.
const FRAMES: [&[u8]; 6] = [b"one", b"", b"two\rthree", b"four\nfive", b"\r", b"six"];

/// Far more polls than any test needs.
const MAX_POLLS: usize = 20_000;

fn harness() -> PollConnectionHarness {
    let harness = PollConnectionHarness::with_transport(MockTransport::pending_once(), b"\r\n", Config::default());
    harness.transport.send(STREAM);
    harness.transport.send_eof();
    harness
}

/// Pushes random bytes, and records them.
fn push(harness: &mut PollConnectionHarness, random: &mut Random, pushed: &mut Vec<u8>) {
    let bytes = random.bytes(pushed.len() % 7);
    pushed.extend_from_slice(&bytes);
    assert_eq!(harness.connection.queue_mut().push(bytes), Ok(()));
}

/// Polls the flush once.
fn try_flush(harness: &mut PollConnectionHarness) {
    assert!(!matches!(harness.poll_flush(), Poll::Ready(Err(_))));
}

/// Polls the flush until all output is written.
fn flush(harness: &mut PollConnectionHarness) {
    assert!((0..MAX_POLLS).any(|_| harness.poll_flush() == Poll::Ready(Ok(()))));
}

// C8, F1, O1
#[test]
fn connection_frames_survive_cancelled_polls() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut harness = harness();
        let (mut frames, mut pushed) = (Vec::new(), Vec::new());
        let mut error = None;
        for _ in 0..MAX_POLLS {
            match random.up_to(3) {
                0 => push(&mut harness, &mut random, &mut pushed),
                1 => try_flush(&mut harness),
                _ => match harness.poll_frame() {
                    Poll::Pending => {}
                    Poll::Ready(Ok(Some(frame))) => frames.push(frame),
                    Poll::Ready(Ok(None)) => break,
                    Poll::Ready(Err(reported)) => error = Some((reported, harness.connection.frame().to_vec())),
                },
            }
        }
        flush(&mut harness);
        assert_eq!(frames, FRAMES);
        assert!(matches!(error, Some((Error::Truncated(_), rest)) if rest == b"and a rest\r"));
        assert_eq!(*harness.transport.written(), *pushed);
    }
}

// C8, F1, F9, O1
#[test]
fn connection_loses_no_byte_mixing_events_and_frames() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut harness = harness();
        let (mut handed_out, mut pushed) = (Vec::new(), Vec::new());
        for _ in 0..MAX_POLLS {
            let event = match random.up_to(5) {
                0 => {
                    try_flush(&mut harness);
                    Poll::Pending
                }
                1 => {
                    push(&mut harness, &mut random, &mut pushed);
                    Poll::Pending
                }
                2 => harness.poll_frame().map_ok(|frame| frame.map(|frame| [&frame, &b"\r\n"[..]].concat())),
                _ => harness
                    .poll_event()
                    .map_ok(|data| data.map(|data| if data.is_empty() { b"\r\n".into() } else { data })),
            };
            match event {
                Poll::Pending => {}
                Poll::Ready(Ok(None)) => break,
                Poll::Ready(Ok(Some(bytes))) => handed_out.extend(bytes),
                Poll::Ready(Err(Error::Truncated(_))) => handed_out.extend_from_slice(harness.connection.frame()),
                Poll::Ready(Err(error)) => panic!("{error}"),
            }
        }
        flush(&mut harness);
        assert_eq!(handed_out.escape_ascii().to_string(), STREAM.escape_ascii().to_string());
        assert_eq!(*harness.transport.written(), *pushed);
    }
}

// C5, C8
#[test]
fn connection_returns_read_bytes_at_any_point() {
    for polls in 0..120 {
        let mut harness = harness();
        let mut handed_out = Vec::new();
        for _ in 0..polls {
            match harness.poll_frame() {
                Poll::Ready(Ok(Some(frame))) => handed_out.extend([&frame, &b"\r\n"[..]].concat()),
                Poll::Ready(Err(_)) => handed_out.extend_from_slice(harness.connection.frame()),
                Poll::Ready(Ok(None)) | Poll::Pending => {}
            }
        }
        let unread = harness.connection.unread();
        let parts = harness.connection.into_parts();
        assert_eq!(parts.unread.len(), unread);
        handed_out.extend_from_slice(&parts.unread);
        assert_eq!(handed_out.len() + parts.stream.unread_len(), STREAM.len());
        assert!(STREAM.starts_with(&handed_out), "{}", handed_out.escape_ascii());
    }
}

// C7, C8, O1
#[test]
fn connection_close_is_cancel_safe() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut harness = harness();
        let mut pushed = Vec::new();
        (0..10).for_each(|_| push(&mut harness, &mut random, &mut pushed));
        let closed = (0..MAX_POLLS).any(|_| {
            if random.up_to(2) == 0 {
                let _ = harness.poll_flush();
            }
            harness.poll_close() == Poll::Ready(Ok(()))
        });
        assert!(closed && harness.transport.is_shut_down());
        assert_eq!(*harness.transport.written(), *pushed);
        assert_eq!(harness.poll_close(), Poll::Ready(Ok(())), "a second close succeeds too");
    }
}
