//! Requests above a limit, and unsupported versions and codings.

use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::protocols::http::{HttpHandler, MAX_FIELDS, MAX_HEAD_LEN};

use crate::support::{assert_rejected, codes, response};

/// Returns a head of this length, without counting its final empty line.
fn head_of(length: usize) -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Padding: ".to_vec();
    head.resize(length, b'x');
    head.extend_from_slice(b"\r\n\r\n");
    head
}

// L1, L5
#[test]
fn head_above_the_limit_gets_431() {
    assert_eq!(codes(&head_of(MAX_HEAD_LEN)), (vec![200], false));
    assert_rejected(431, &head_of(MAX_HEAD_LEN + 1));
}

// L2, L5
#[test]
fn head_without_end_is_refused_at_limit() {
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    let endless = head_of(10 * MAX_HEAD_LEN);
    chat.handle_input(Duration::ZERO, &mut Input::new(&endless[..MAX_HEAD_LEN])).unwrap();
    assert!(!chat.wants_write());
    chat.handle_input(Duration::ZERO, &mut Input::new(b"x")).unwrap();
    assert!(chat.wants_write() && chat.channel().is_closing());
}

// L5
#[test]
fn head_limit_does_not_apply_to_content() {
    let length = 3 * MAX_HEAD_LEN;
    let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    let (echo, closed) = response(&[head.as_bytes(), &vec![b'x'; length]].concat());
    assert_eq!((echo.code, echo.content.len(), closed), (200, length, false));
}

#[test]
fn fields_above_the_limit_get_431() {
    let head = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    assert_eq!(codes(head(MAX_FIELDS).as_bytes()), (vec![200], false));
    assert_rejected(431, head(MAX_FIELDS + 1).as_bytes());
}

#[test]
fn request_line_of_8000_bytes_is_served() {
    let target = "/stream/1?".to_owned() + &"x".repeat(8000 - "GET /stream/1? HTTP/1.1".len());
    assert_eq!(codes(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()), (vec![200], false));
}

#[test]
fn target_longer_than_the_head_limit_gets_414() {
    assert_rejected(414, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(MAX_HEAD_LEN)).as_bytes());
}

#[test]
fn method_longer_than_the_head_limit_gets_501() {
    assert_rejected(501, &b"x".repeat(2 * MAX_HEAD_LEN));
    // No method has such a byte.
    assert_rejected(431, &b"(".repeat(2 * MAX_HEAD_LEN));
    assert_eq!(codes(format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "X".repeat(1000)).as_bytes()), (vec![501], false));
}

#[test]
fn version_of_another_major_gets_505() {
    for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"] {
        assert_rejected(505, format!("GET / {version}\r\nHost: a\r\n\r\n").as_bytes());
    }
    assert_rejected(505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_rejected(505, b"\r\nGET / HTTP/2.0\r\n\r\n");
    for version in ["HTTP/1", "HTTP/11", "HTTP/1.10", "HTTP/01.1", "http/1.1", "HTTPS/1.1", "HTTP/1.1 ", "HTTP/x.y", ""]
    {
        assert_rejected(400, format!("GET / {version}\r\nHost: a\r\n\r\n").as_bytes());
    }
    assert_rejected(400, b"GET /\r\n\r\n");
    assert_rejected(400, b"GET / / HTTP/2.0\r\nHost: a\r\n\r\n");
    assert_rejected(400, b"GET / / HTTP/1.2\r\nHost: a\r\n\r\n");
}

#[test]
fn version_of_a_higher_minor_is_served() {
    for version in ["HTTP/1.2", "HTTP/1.9"] {
        let request = format!("GET / {version}\r\nHost: a\r\n\r\n\r\nGET / {version}\r\nHost: HTTP/1.2\r\n\r\n");
        assert_eq!(codes(request.as_bytes()), (vec![200, 400], true), "{version}");
        assert_rejected(400, format!("GET / {version}\r\n\r\n").as_bytes());
        assert_rejected(400, format!("GET {version}\r\nHost: a\r\n\r\n").as_bytes());
    }
}
