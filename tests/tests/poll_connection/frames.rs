//! Frames, errors, and the end of the stream.

use std::task::Poll;

use asynchat_core::{Config, End, Error, Terminator};
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
    let too_long = |partial: &str| format!("{TOO_LONG}{partial}");
    expect(b"\r\n", &["much too long", " indeed\r\nok\r\n"], &[&too_long("much too"), "ok"], End::Clean);
    expect(b"\r\n", &["12345678\r\n123456789\r\n"], &["12345678", &too_long("12345678")], End::Clean);
}

// L2, F9
#[test]
fn connection_returns_nothing_of_truncated_overlong_frame() {
    expect(b"\r\n", &["much too long"], &[&format!("{TOO_LONG}much too"), CUT], End::MidFrame);
}

// L7
#[test]
fn connection_refuses_a_count_before_its_bytes() {
    let mut harness = harness(b"\r\n", &["$12\r\n", "AAAAAAAA", "AAAA\r\nPING\r\n"]);
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"$12".to_vec()))));
    harness.connection.frames_mut().set_terminator(12u64);
    assert!(matches!(harness.poll_frame(), Poll::Ready(Err(Error::FrameTooLong(_)))));
    assert_eq!(harness.transport.calls().reads, 1, "none of its bytes was read");
    assert_eq!(harness.poll_skip_frame(), Poll::Ready(Ok(Some(12))));
    harness.connection.frames_mut().set_terminator(b"\r\n");
    assert_eq!(frames(&mut harness), ["", "PING"]);
}

// L6, L7
#[test]
fn connection_reports_the_end_of_a_refused_count() {
    let mut harness = harness(b"\r\n", &["$12\r\nAAAAAAAAAAAA\r\nPING\r\n"]);
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"$12".to_vec()))));
    harness.connection.frames_mut().set_terminator(12u64);
    for skipped in [None, Some(12)] {
        let Poll::Ready(Err(Error::FrameTooLong(error))) = harness.poll_frame() else { panic!("it hangs") };
        assert_eq!((error.max_len(), error.skipped_len()), (8, skipped));
    }
    harness.connection.frames_mut().set_terminator(b"\r\n");
    assert_eq!(frames(&mut harness), ["", "PING"]);
}

// L6
#[test]
fn connection_runs_the_commands_behind_an_overlong_mail() {
    let mut harness = harness(b"\r\n.\r\n", &["Subject: hi\r\nDA", "TA\r\n.\r", "\nRSET\r\nQUIT\r\n"]);
    assert!(matches!(harness.poll_frame(), Poll::Ready(Err(Error::FrameTooLong(_)))));
    assert_eq!(harness.poll_skip_frame(), Poll::Ready(Ok(Some(17))));
    harness.connection.frames_mut().set_terminator(b"\r\n");
    assert_eq!(frames(&mut harness), ["RSET", "QUIT"]);
}

// L9
#[test]
fn connection_end_of_stream_may_end_last_line() {
    for (input, expected) in [("one\ntwo", &["one", "two"][..]), ("one\n", &["one"])] {
        let mut harness = harness(b"\n", &[input]);
        harness.connection.frames_mut().set_eof_ends_frame(true);
        assert_eq!(frames(&mut harness), expected);
        assert_eq!(harness.connection.end(), Some(End::Clean));
    }
}

// F9
#[test]
fn connection_end_before_announced_body_is_short() {
    let mut harness = harness(b"\r\n", &["$5\r\n"]);
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"$5".to_vec()))));
    harness.connection.frames_mut().set_terminator(5u64);
    assert_eq!(harness.poll_frame(), Poll::Ready(Err(Error::Truncated(End::Short { missing: 5 }))));
    assert_eq!(harness.connection.end(), Some(End::Short { missing: 5 }));
}

// L2, L7, F9
#[test]
fn connection_reports_no_frame_behind_its_end() {
    let mut harness = harness(b"\r\n", &["$12\r\nAAA"]);
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"$12".to_vec()))));
    harness.connection.frames_mut().set_terminator(12u64);
    assert!(matches!(harness.poll_frame(), Poll::Ready(Err(Error::FrameTooLong(_)))));
    assert_eq!(harness.poll_frame(), Poll::Ready(Err(Error::Truncated(End::Short { missing: 9 }))));
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(None)), "the count is refused once");
    // Neither needs a byte to be reported.
    for count in [0u64, 12] {
        harness.connection.frames_mut().set_terminator(count);
        assert_eq!(harness.poll_event(), Poll::Ready(Ok(None)));
        assert_eq!(harness.poll_frame(), Poll::Ready(Ok(None)));
        assert_eq!(harness.poll_skip_frame(), Poll::Ready(Ok(None)));
    }
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

// C5, F14
#[test]
fn connection_into_parts_drops_lf_of_line_end() {
    let mut harness = PollConnectionHarness::new(Terminator::universal_newline(), Config::default());
    harness.transport.send("STARTTLS\r");
    assert_eq!(harness.poll_frame(), Poll::Ready(Ok(Some(b"STARTTLS".to_vec()))));
    harness.transport.send("\n\x16\x03");
    harness.connection.queue_mut().push("go").unwrap();
    harness.transport.set_write_window(0);
    assert!(harness.poll_flush().is_pending(), "it reads while it waits");
    assert_eq!(harness.connection.unread(), 2);
    assert_eq!(harness.connection.into_parts().unread, "\x16\x03");
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
