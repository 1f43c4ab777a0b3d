//! Frames, errors, and the end of the stream.

use std::task::Poll;

use asynchat_core::{Config, End, Terminator};
use asynchat_tests::harness::mock::PollConnectionHarness;

/// Polls for frames until the end, and returns each frame, or each error with the partial frame.
fn frames(harness: &mut PollConnectionHarness) -> Vec<String> {
    let mut results = Vec::new();
    loop {
        results.push(match harness.poll_frame() {
            Poll::Pending => "pending".to_owned(),
            Poll::Ready(Ok(Some(frame))) => frame.escape_ascii().to_string(),
            Poll::Ready(Ok(None)) => return results,
            Poll::Ready(Err(error)) => format!("{error}: {}", harness.connection.frame().escape_ascii()),
        });
    }
}

/// A connection with a frame limit of 8 bytes, whose peer has sent these inputs and ended its stream.
fn harness(terminator: impl Into<Terminator>, inputs: &[&str]) -> PollConnectionHarness {
    let harness = PollConnectionHarness::new(terminator, Config::default().with_max_frame_len(8));
    inputs.iter().for_each(|input| harness.transport.send(input));
    harness.transport.send_eof();
    harness
}

#[track_caller]
fn expect(terminator: impl Into<Terminator>, inputs: &[&str], expected: &[&str], end: End) {
    let mut harness = harness(terminator, inputs);
    assert_eq!(frames(&mut harness), expected);
    assert_eq!(harness.connection.end(), Some(end));
    assert_eq!(frames(&mut harness), [""; 0], "the end is final");
    assert_eq!(harness.transport.calls().reads_after_eof, 0);
}

const CUT: &str = "connection closed in mid-frame: no delimiter: ";
const TOO_LONG: &str =
    "frame too long: no delimiter within 8 bytes, or a larger count (Config::max_frame_len, Frames::with_max_len): ";

// F9, C3
#[test]
fn connection_reports_truncated_frame_once() {
    expect(b"\r\n", &["ab\r\ncd"], &["ab", &format!("{CUT}cd")], End::MidFrame);
    expect(b"\r\n", &["ab\r"], &[&format!("{CUT}ab\\r")], End::MidFrame);
    let short = "connection closed in mid-frame: 2 bytes missing: abc";
    expect(5u64, &["ab", "c"], &[short], End::Short { missing: 2 });
}

// F9
#[test]
fn connection_without_terminator_returns_rest_as_frame() {
    expect(Terminator::None, &["ab", "c"], &["abc"], End::Clean);
    expect(b"\r\n", &["ab\r\n"], &["ab"], End::Clean);
    expect(b"\r\n", &[], &[], End::Clean);
}

// L2
#[test]
fn connection_reports_frame_too_long_then_continues() {
    expect(b"\r\n", &["much too long", " indeed\r\nok\r\n"], &[TOO_LONG, "ok"], End::Clean);
    expect(b"\r\n", &["12345678\r\n123456789\r\n"], &["12345678", TOO_LONG], End::Clean);
}

// L2, F9
#[test]
fn connection_returns_nothing_of_truncated_overlong_frame() {
    expect(b"\r\n", &["much too long"], &[TOO_LONG, CUT], End::MidFrame);
}

// F8
#[test]
fn connection_rereads_held_bytes_under_new_terminator() {
    let mut harness = PollConnectionHarness::new(b"\r\n", Config::default());
    harness.transport.send("ab\r");
    assert!(harness.poll_frame().is_pending());
    assert_eq!(harness.connection.unread(), 3);
    harness.connection.frames_mut().set_terminator(b"\r");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"ab".to_vec()))));
    assert_eq!(harness.connection.unread(), 0);
}

// C5
#[test]
fn connection_into_parts_returns_unread_bytes() {
    let mut harness = PollConnectionHarness::new(b"\r\n", Config::default());
    harness.transport.send("ab");
    harness.transport.send("c\r\nrest\r");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"abc".to_vec()))));
    assert_eq!(harness.connection.unread(), 5);
    assert_eq!(harness.connection.into_parts().unread, "rest\r");
}

// C4
#[test]
fn connection_returns_received_frames_before_its_error() {
    let mut harness = PollConnectionHarness::new(b"\r\n", Config::default());
    harness.transport.send("a\r\nb\r\nc");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
    harness.transport.reset();
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"b".to_vec()))));
    let Poll::Ready(Err(error)) = harness.poll_frame() else { panic!("it is broken") };
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(
        (error.to_string().as_str(), cause.as_deref()),
        ("the transport failed", Some("the connection is broken"))
    );
    assert_eq!(harness.poll_frame(), Poll::Ready(Err(error.clone())));
    assert_eq!(harness.poll_event(), Poll::Ready(Ok(Some(b"c".to_vec()))), "the partial frame is not lost");
    assert_eq!(harness.poll_event(), Poll::Ready(Err(error)));
}
