//! Persistent connections (keep-alive) and the order of pipelined responses.

use asynchat_tests::protocols::http::MAX_EMPTY_LINES;

use crate::support::{codes, codes_of_truncated, response, responses};

fn closes(version: &str, fields: &str) -> (bool, Option<String>) {
    let request = format!("GET /stream/missing HTTP/{version}\r\nHost: a\r\n{fields}\r\n");
    let (response, closed) = response(request.as_bytes());
    assert_eq!(response.code, 404);
    (closed, response.field("connection").map(str::to_owned))
}

// C2, O4
#[test]
fn keep_alive_follows_version_and_connection_field() {
    let close = || (true, Some("close".to_owned()));
    assert_eq!(closes("1.1", ""), (false, None));
    assert_eq!(closes("1.1", "Connection: keep-alive\r\n"), (false, None));
    assert_eq!(closes("1.1", "Connection: closed\r\n"), (false, None));
    assert_eq!(closes("1.1", "Connection: close\r\n"), close());
    assert_eq!(closes("1.1", "CONNECTION:CLOSE\r\n"), close());
    assert_eq!(closes("1.1", "Connection: TE ,\t Close,\r\n"), close());
    assert_eq!(closes("1.1", "Connection: TE\r\nconnection: close\r\n"), close());
    assert_eq!(closes("1.1", "Connection: keep-alive, close\r\n"), close());
    assert_eq!(closes("1.0", ""), close());
    assert_eq!(closes("1.0", "Connection: close\r\n"), close());
    assert_eq!(closes("1.0", "Connection: keep-alive, close\r\n"), close());
    assert_eq!(closes("1.0", "Connection: Keep-Alive\r\n"), (false, Some("keep-alive".to_owned())));
}

// C2
#[test]
fn close_discards_later_requests() {
    let closing =
        b"GET /stream/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /stream/2 HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(response(closing).0.content.len(), 1);
    let old = b"POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nokGET /stream/2 HTTP/1.0\r\n\r\n";
    assert_eq!(response(old).0.content, b"ok");
}

#[test]
fn keep_alive_of_http10_needs_no_host() {
    let request = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".repeat(2);
    let request = [&request[..], b"GET / HTTP/1.0\r\n\r\n"].concat();
    let (responses, closed) = responses(&request);
    assert!(closed);
    let connection: Vec<_> =
        responses.iter().map(|response| (response.code, response.field("connection").unwrap())).collect();
    assert_eq!(connection, [(200, "keep-alive"), (200, "keep-alive"), (200, "close")]);
}

// F1, F8, O1
#[test]
fn pipelined_requests_of_all_kinds_keep_order() {
    let requests = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none\
        GET /stream/5 HTTP/1.1\r\nHost: a\r\n\r\n\
        POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n\
        GET /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n\
        POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n\r\n\r\n\
        \r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nthree";
    let (responses, closed) = responses(requests);
    assert!(!closed);
    let seen: Vec<_> = responses.iter().map(|response| (response.code, response.content.as_slice())).collect();
    assert_eq!(
        seen,
        [
            (200, &b"one"[..]),
            (200, b"async"),
            (200, b""),
            (404, b"404 Not Found\n"),
            (200, b"\r\n\r\n"),
            (200, b"three"),
        ]
    );
}

// O1
#[test]
fn pipelined_hundred_requests_keep_order() {
    let mut requests = Vec::new();
    for index in 0..100 {
        let content = format!("request {index}");
        let length = content.len();
        let request = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{content}");
        requests.extend_from_slice(request.as_bytes());
    }
    let (responses, closed) = responses(&requests);
    assert!(!closed);
    assert_eq!(responses.len(), 100);
    for (index, response) in responses.iter().enumerate() {
        assert_eq!(response.content, format!("request {index}").as_bytes());
    }
}

#[test]
fn empty_lines_before_a_request_line_are_ignored() {
    for count in 1..=MAX_EMPTY_LINES {
        let requests = ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"];
        let requests: String =
            requests.iter().flat_map(|request| ["\r\n".repeat(count), request.to_string()]).collect();
        assert_eq!(codes(requests.as_bytes()), (vec![200, 200], false), "{count}");
    }
    assert_eq!(codes(&b"\r\n".repeat(MAX_EMPTY_LINES)), (vec![], false));
    assert_eq!(codes(&b"\r\n".repeat(MAX_EMPTY_LINES + 1)), (vec![400], true));
}

// C3
#[test]
fn half_close_still_gets_responses() {
    assert_eq!(codes(b""), (vec![], false));
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for trailing in ["", "\r\n", "\r\n\r\n"] {
        assert_eq!(codes(format!("{get}{trailing}").as_bytes()), (vec![200], false), "{trailing:?}");
    }
    assert_eq!(codes_of_truncated(format!("{get}\r").as_bytes()), [200, 400]);
}
