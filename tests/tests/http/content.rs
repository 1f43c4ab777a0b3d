//! Requests with content.

use std::time::Duration;

use asynchat_core::{Chat, Config, Input, Terminator};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::http::{HttpHandler, MAX_CONTENT_LEN};
use bytes::Buf;

use crate::support::{assert_rejected, codes, codes_of_truncated, response, responses};

// F6
#[test]
fn echo_returns_content_and_content_type() {
    let (echo, _) =
        response(b"POST /echo HTTP/1.1\r\nhost:a\r\ncontent-type: \t application/x; q=\"a\" \r\ncontent-length:\t009 \r\n\r\n\0\r\n\r\n\xff\n\r\n");
    assert_eq!(
        (echo.field("content-type"), &echo.content[..]),
        (Some("application/x; q=\"a\""), &b"\0\r\n\r\n\xff\n\r\n"[..])
    );
    for fields in ["", "Content-Type: \r\n"] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}Content-Length: 1\r\n\r\nx");
        assert_eq!(response(request.as_bytes()).0.field("content-type"), Some("application/octet-stream"));
    }
}

// A browser sends the text of a form without the charset, which is that of the page.
#[test]
fn echo_of_text_names_its_charset() {
    for (content_type, echoed) in [
        ("text/plain", "text/plain; charset=utf-8"),
        ("Text/html; a=b", "Text/html; a=b; charset=utf-8"),
        ("text/plain; Charset=latin1", "text/plain; Charset=latin1"),
        ("application/json", "application/json"),
    ] {
        let head =
            format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: 2\r\n\r\n");
        assert_eq!(
            response([head.as_bytes(), "é".as_bytes()].concat().as_slice()).0.field("content-type"),
            Some(echoed)
        );
    }
    let latin1 = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n\xe9a";
    assert_eq!(response(latin1).0.field("content-type"), Some("text/plain"), "the text is not UTF-8");
}

// F6
#[test]
fn echo_accepts_empty_content() {
    for fields in ["", "Content-Length: 0\r\n", "Content-Length: 000\r\n"] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let (echo, closed) = response(request.as_bytes());
        assert_eq!((echo.code, echo.content.len(), closed), (200, 0, false));
    }
}

#[test]
fn expect_continue_gets_100_then_200() {
    let wait = |fields: &str| format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n{fields}\r\nok");
    assert_eq!(codes(wait("Expect: 100-continue\r\n").as_bytes()), (vec![100, 200], false));
    assert_eq!(codes(wait("expect: 100-Continue\r\n").as_bytes()), (vec![100, 200], false));
    assert_eq!(codes(wait("Expect: something-else\r\n").as_bytes()), (vec![200], false));
    // No content to hold back; then a version without `Expect`.
    assert_eq!(codes(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"), (vec![200], false));
    let old = b"POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok";
    assert_eq!(codes(old), (vec![200], true));
}

#[test]
fn expect_continue_is_answered_before_the_content() {
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    let head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    chat.handle_input(Duration::ZERO, &mut Input::new(head)).unwrap();
    let mut staged = chat.poll_transmit(&mut noop_context());
    assert_eq!(staged.copy_to_bytes(staged.remaining()), "HTTP/1.1 100 Continue\r\n\r\n");
    chat.handle_input(Duration::ZERO, &mut Input::new(b"ok")).unwrap();
    let mut staged = chat.poll_transmit(&mut noop_context());
    assert!(staged.copy_to_bytes(staged.remaining()).ends_with(b"\r\n\r\nok"));
    assert!(matches!(chat.channel().terminator(), Terminator::Delimiter(_)), "a head follows");
}

#[test]
fn expect_continue_of_a_refused_request_closes() {
    for (line, code) in [("POST /missing", 404), ("PUT /echo", 405), ("BREW /", 501)] {
        let request = format!("{line} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        assert_eq!(codes(request.as_bytes()), (vec![code], true), "{line}");
        assert_eq!(codes((request + "ok").as_bytes()), (vec![code], true), "{line}");
    }
    let length = MAX_CONTENT_LEN + 1;
    let large = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n");
    assert_rejected(413, large.as_bytes());
}

// C2
#[test]
fn content_above_the_limit_is_refused_at_once() {
    for length in ["16777217", "18446744073709551615", "18446744073709551616", "99999999999999999999999999999"] {
        for line in ["POST /echo HTTP/1.1", "GET / HTTP/1.1", "POST /echo HTTP/1.0"] {
            let request = format!("{line}\r\nHost: a\r\nContent-Length: {length}\r\n\r\nsome");
            assert_rejected(413, request.as_bytes());
        }
    }
}

// F6
#[test]
fn content_of_maximum_length_is_echoed() {
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {MAX_CONTENT_LEN}\r\n\r\n");
    chat.handle_input(Duration::ZERO, &mut Input::new(head.as_bytes())).unwrap();
    assert_eq!(chat.channel().terminator(), &Terminator::Count(MAX_CONTENT_LEN));
    let content: Vec<u8> = (0..MAX_CONTENT_LEN).map(|index| (index % 251) as u8).collect();
    for piece in content.chunks(64 * 1024) {
        assert!(chat.wants_read() && !chat.wants_write());
        chat.handle_input(Duration::ZERO, &mut Input::new(piece)).unwrap();
    }
    let mut output = Vec::new();
    while chat.wants_write() {
        let mut staged = chat.poll_transmit(&mut noop_context());
        output.extend_from_slice(&staged.copy_to_bytes(staged.remaining()));
    }
    assert!(output.ends_with(&content), "the echoed content differs");
}

#[test]
fn content_of_a_get_is_discarded() {
    let request = b"GET /stream/3 HTTP/1.1\r\nHost: a\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\nGET /stream/4 HTTP/1.1\r\nHost: a\r\n\r\n";
    let (responses, closed) = responses(request);
    let lengths: Vec<usize> = responses.iter().map(|response| response.content.len()).collect();
    assert_eq!((lengths, closed), (vec![3, 4], false));
}

// C3, F9
#[test]
fn truncated_request_gets_400() {
    for request in [
        "G",
        "GET / HTTP/1.1\r\nHost: a\r\n\r",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfour",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    ] {
        assert_eq!(codes_of_truncated(request.as_bytes()), [400], "{request}");
    }
}
