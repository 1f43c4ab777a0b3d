//! Random bytes, and requests of random parts.

use asynchat_tests::protocols::http::fuzzing::{http, is_sequence_of_responses};
use proptest::prelude::*;

/// Parts of valid requests and of request smuggling attacks.
const PIECES: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd",
    "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "GET /stream/18446744073709551615 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /stream/70 HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET ",
    "HEAD ",
    "POST ",
    "OPTIONS * ",
    "/ ",
    "/echo ",
    "/stream/9 ",
    "HTTP/1.1\r\n",
    "HTTP/1.0\r\n",
    "HTTP/2.0\r\n",
    "Host: a\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 99999999\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
    "Expect: 100-continue\r\n",
    "\r\n",
    "\r",
    "\n",
    " ",
    ":",
    "\0",
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
];

/// Parts of chunked coding, well-formed and not.
const CHUNK_PIECES: &[&str] = &[
    "0\r\n\r\n",
    "3\r\none\r\n",
    "10;a=b\r\n0123456789abcdef\r\n",
    "0\r\na: b\r\n\r\n",
    "2\r\n",
    "ok",
    "\r\n",
    "\r",
    "\n",
    "0",
    "5",
    "f",
    "; x",
    "1000001",
    "a: b\r\n",
    " ",
    "\u{e9}",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
];

proptest! {
    // F1, F6
    #[test]
    fn random_chunks_are_what_a_slow_decoder_finds(
        pieces in prop::collection::vec(prop::sample::select(CHUNK_PIECES), 0..12)
    ) {
        http(pieces.concat().as_bytes());
    }

    // F1, F13
    #[test]
    fn random_requests_get_well_formed_responses(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        http(pieces.concat().as_bytes());
    }

    // F1, F13
    #[test]
    fn any_bytes_get_well_formed_responses(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        http(&bytes);
    }
}

#[test]
fn response_check_rejects_malformed_output() {
    for good in [
        "",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert!(is_sequence_of_responses(good.as_bytes()), "{good}");
    }
    for bad in [
        "H",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert!(!is_sequence_of_responses(bad.as_bytes()), "{bad}");
    }
}
