//! Heads that two programs could parse in two ways. Each gets 400, and later bytes get no response.

use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::protocols::http::HttpHandler;

use crate::support::{assert_rejected, codes};

// C2
#[test]
fn head_line_without_crlf_gets_400() {
    for head in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\rHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\n\rHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\r",
        "\r\rGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\nContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 5\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_rejected(400, head.as_bytes());
    }
}

// C2, F4, F10
#[test]
fn bare_cr_or_lf_is_answered_at_once() {
    // Only the last byte of each head is invalid.
    for head in
        ["\n", "\r\r", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r ", "GET / HTTP/1.1\r\n\r\r", "GET / HTTP/1.1\r\n\n"]
    {
        let (last, before) = head.as_bytes().split_last().unwrap();
        let mut chat = Chat::new(HttpHandler::new(), Config::default());
        chat.handle_input(Duration::ZERO, &mut Input::new(before)).unwrap();
        assert!(!chat.wants_write());
        chat.handle_input(Duration::ZERO, &mut Input::new(&[*last])).unwrap();
        assert!(chat.wants_write() && chat.channel().is_closing(), "{}", head.escape_debug());
    }
}

#[test]
fn control_characters_in_a_head_get_400() {
    for byte in (0..0x20).chain([0x7f]).filter(|byte| !b"\t\r\n".contains(byte)) {
        for head in ["G?T / HTTP/1.1\r\nHost: a", "GET /? HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\nHost: a\r\nX: ?"] {
            let mut head = head.as_bytes().to_vec();
            head.iter_mut().filter(|place| **place == b'?').for_each(|place| *place = byte);
            head.extend_from_slice(b"\r\n\r\n");
            assert_rejected(400, &head);
        }
    }
    let printable = b"GET / HTTP/1.1\r\nHost: a\r\nX: \ta\t\xe9\xff\r\n\r\n";
    assert_eq!(codes(printable), (vec![200], false));
}

#[test]
fn request_line_without_three_words_gets_400() {
    for line in [
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        "GET / HTTP/1.1 ",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET /a b HTTP/1.1",
        "GET HTTP/1.1",
        "GET",
        "/ HTTP/1.1",
        "G(T / HTTP/1.1",
        "GET example HTTP/1.1",
        "GET * HTTP/1.1",
        "GET /#a HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "GET ftp://a/ HTTP/1.1",
        "GET https://a/ HTTP/1.1",
        "GET http:/// HTTP/1.1",
        "GET http://u@a/ HTTP/1.1",
    ] {
        assert_rejected(400, format!("{line}\r\nHost: a\r\n\r\n").as_bytes());
    }
    assert_rejected(400, b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[test]
fn malformed_field_lines_get_400() {
    for field in [
        "X : a",
        "X\t: a",
        "X",
        ": a",
        "X Y: a",
        "X(: a",
        "X\u{e9}: a",
        " X: a",
        "\tX: a",
        "X: a\r\n b",
        "X: a\r\n\tb",
        "X:\r\n a",
        "Content-Length : 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
    ] {
        assert_rejected(400, format!("POST /echo HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n").as_bytes());
        assert_rejected(400, format!("POST /echo HTTP/1.1\r\n{field}\r\nHost: a\r\n\r\n").as_bytes());
    }
}

#[test]
fn host_must_appear_exactly_once() {
    let request = |version: &str, fields: &str| format!("GET / HTTP/{version}\r\n{fields}\r\n").into_bytes();
    assert_rejected(400, &request("1.1", ""));
    for version in ["1.0", "1.1"] {
        assert_rejected(400, &request(version, "Host: a\r\nHost: a\r\n"));
        assert_rejected(400, &request(version, "Host: a\r\nhost: b\r\n"));
        for host in ["", "a b", "a/b", "a,b c", "u@a", "a:b", "a:1:2", "[::1", "http://a", "a?b", "a\\b", "<a>"] {
            assert_rejected(400, &request(version, &format!("Host: {host}\r\n")));
        }
        assert_eq!(codes(&request(version, "Host: [::1]:8080\r\n")).0, [200]);
    }
}

#[test]
fn content_length_appears_once_in_digits() {
    for value in ["", "+5", "-1", "5, 5", "5,5", "5 5", "0x5", "5.0", "1e1", "five", "5;", "\"5\"", "\u{ff15}"] {
        assert_rejected(400, length(value).as_bytes());
    }
    assert_rejected(400, length("5\r\nContent-Length: 5").as_bytes());
    assert_rejected(400, length("5\r\nContent-Length: 6").as_bytes());
    assert_rejected(400, length("5\r\nCONTENT-LENGTH: 0").as_bytes());
    assert_rejected(400, length("5\r\nContent-Length: x").as_bytes());
}

#[test]
fn content_length_with_transfer_encoding_gets_400() {
    for fields in [
        "5\r\nTransfer-Encoding: chunked",
        "5\r\ntransfer-encoding: identity",
        "5\r\nTransfer-Encoding: ",
        "0\r\nTransfer-Encoding: xchunked",
        "16777217\r\nTransfer-Encoding: chunked",
    ] {
        assert_rejected(400, length(fields).as_bytes());
    }
    let reversed =
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n";
    assert_rejected(400, reversed);
}

fn length(value: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {value}\r\n\r\n12345")
}
