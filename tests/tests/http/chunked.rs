//! Requests with content in chunked coding (RFC 9112 §7.1).

use asynchat_tests::protocols::http::fuzzing::{Decoded, decode_slowly};
use asynchat_tests::protocols::http::{
    ContentBudget, HttpHandler, MAX_CHUNK_LINE_LEN, MAX_CONTENT_LEN, MAX_EXTENSIONS_LEN, MAX_FIELDS, MAX_TRAILERS_LEN,
};
use asynchat_tests::protocols::in_memory::drive_in_memory;

use crate::support::{assert_rejected, clock, codes, codes_of_truncated, response, responses};

fn post(content: &str) -> Vec<u8> {
    format!("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{content}").into_bytes()
}

// F1, F6
#[test]
fn chunks_are_joined() {
    for (chunks, content) in [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("1\r\nh\r\n4\r\nello\r\n000\r\n\r\n", "hello"),
        ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
        ("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
        ("0000a\r\n0123456789\r\nB\r\n0123456789x\r\n0\r\n\r\n", "01234567890123456789x"),
        ("3;a\r\none\r\n3 ; b = \"c;d\" \t;e=f\r\ntwo\r\n0;last=é\r\n\r\n", "onetwo"),
        ("3\r\none\r\n0\r\nA: b\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\nx:\r\n\r\n", "one"),
    ] {
        let (echo, closed) = response(&post(chunks));
        assert_eq!((echo.code, closed), (200, false), "{chunks}");
        assert_eq!(echo.content, content.as_bytes(), "{chunks}");
        assert_eq!(echo.field("content-length"), Some(content.len().to_string().as_str()));
        assert_eq!((echo.field("transfer-encoding"), echo.field("a")), (None, None), "trailers are not returned");
    }
}

// F1, F8
#[test]
fn chunked_request_is_followed_by_others() {
    let requests = [
        &post("3\r\none\r\n0\r\n\r\n")[..],
        b"GET /stream/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\na: b\r\n\r\n",
        b"DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n",
        &post("0\r\n\r\n"),
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ntwo",
    ]
    .concat();
    let (responses, closed) = responses(&requests);
    assert!(!closed);
    let seen: Vec<_> = responses.iter().map(|response| (response.code, response.content.as_slice())).collect();
    let not_allowed = &b"405 Method Not Allowed\n"[..];
    assert_eq!(seen, [(200, &b"one"[..]), (200, b"as"), (405, not_allowed), (200, b""), (200, b"two")]);
}

#[test]
fn expect_continue_of_a_chunked_request_gets_100() {
    let head = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n";
    assert_eq!(codes(format!("{head}2\r\nok\r\n0\r\n\r\n").as_bytes()), (vec![100, 200], false));
}

// C2
#[test]
fn malformed_chunks_get_400() {
    for chunks in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        " 1\r\nx\r\n0\r\n\r\n",
        "1 \r\nx\r\n0\r\n\r\n",
        "1\nx\r\n0\r\n\r\n",
        "1\rx\r\n0\r\n\r\n",
        "1;a\nb\r\nx\r\n0\r\n\r\n",
        "1;a\rb\r\nx\r\n0\r\n\r\n",
        "1;\0\r\nx\r\n0\r\n\r\n",
        "1\r\nxy\r\n0\r\n\r\n",
        "1\r\nx\n0\r\n\r\n",
        "1\r\nx0\r\n\r\n",
        "1\r\nx\r0\r\n\r\n",
        "1\r\nx\r\n\r\n",
        "0\r\n\n",
        "0\r\n\rx",
        "0\r\n a: b\r\n\r\n",
        "0\r\na\r\n\r\n",
        "0\r\na : b\r\n\r\n",
        "0\r\na: b\r\n c\r\n\r\n",
        "0\r\na: b\n\r\n\r\n",
        "0\r\na: \0\r\n\r\n",
        "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_rejected(400, &post(chunks));
    }
}

// C3, F9
#[test]
fn truncated_chunks_get_400() {
    let whole = "3;a=b\r\none\r\n0\r\na: b\r\n\r\n";
    for len in 0..whole.len() {
        assert_eq!(codes_of_truncated(&post(&whole[..len])), [400], "{:?}", &whole[..len]);
    }
}

// L1, L5
#[test]
fn chunk_line_above_the_limit_gets_400() {
    let chunk = |len: usize| post(&format!("1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(len - 2)));
    assert_eq!(response(&chunk(MAX_CHUNK_LINE_LEN)).0.content, b"x");
    assert_rejected(400, &chunk(MAX_CHUNK_LINE_LEN + 1));
    assert_rejected(400, &post(&"0".repeat(MAX_CHUNK_LINE_LEN + 1)));
}

// F6
#[test]
fn extensions_above_the_limit_get_413() {
    let chunks = |count: usize| post(&(format!("1;{}\r\nx\r\n", "e".repeat(1023)).repeat(count) + "0\r\n\r\n"));
    let most = MAX_EXTENSIONS_LEN / 1024;
    assert_eq!(response(&chunks(most)).0.content.len(), most);
    assert_rejected(413, &chunks(most + 1));
}

// L1, L5
#[test]
fn trailers_above_the_limit_get_431() {
    let trailers = |len: usize| {
        let many = "a: b\r\n".repeat(10);
        post(&format!("0\r\n{many}x: {}\r\n\r\n", "y".repeat(len - many.len() - "x: ".len())))
    };
    assert_eq!(codes(&trailers(MAX_TRAILERS_LEN)), (vec![200], false));
    assert_rejected(431, &trailers(MAX_TRAILERS_LEN + 1));
    let fields = |count: usize| post(&format!("0\r\n{}\r\n", "a: b\r\n".repeat(count)));
    assert_eq!(codes(&fields(MAX_FIELDS)), (vec![200], false));
    assert_rejected(431, &fields(MAX_FIELDS + 1));
}

// F6
#[test]
fn chunks_above_the_limit_get_413() {
    for size in ["1000001", "ffffffffffffffff", "10000000000000000", &"f".repeat(1000)] {
        assert_rejected(413, &post(&format!("{size}\r\n")));
        assert_rejected(413, &post(&format!("1\r\nx\r\n{size}\r\n")));
    }
    let chunk = format!("800000\r\n{}\r\n", "x".repeat(0x80_0000));
    let largest = drive_in_memory(HttpHandler::new(), [&post(&format!("{chunk}{chunk}0\r\n\r\n"))[..]], usize::MAX);
    assert!(largest.output.starts_with(b"HTTP/1.1 200 OK\r\n") && largest.output.len() as u64 > MAX_CONTENT_LEN);
    let above = drive_in_memory(HttpHandler::new(), [&post(&format!("{chunk}{chunk}1\r\n"))[..]], usize::MAX);
    assert!(above.output.starts_with(b"HTTP/1.1 413 "));
}

#[test]
fn transfer_codings_other_than_chunked_are_refused() {
    for (coding, code) in [
        ("gzip, chunked", 501),
        ("gzip\r\nTransfer-Encoding: chunked", 501),
        ("gzip", 400),
        ("identity", 400),
        ("chunked, gzip", 400),
        ("chunked, chunked", 400),
        ("chunked;a=b", 400),
        ("xchunked", 400),
        ("", 400),
    ] {
        let request = format!("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n");
        assert_rejected(code, request.as_bytes());
    }
    assert_rejected(400, b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

// O6
#[test]
fn chunks_beyond_the_budget_return_in_chunks() {
    let piece = "0123456789abcdef".repeat(1000);
    let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
    let requests = [&post(&(chunk.repeat(20) + "0\r\n\r\n"))[..], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let new_handler = || HttpHandler::with_content_budget(ContentBudget::new(0)).with_clock(clock);
    let streamed = drive_in_memory(new_handler(), requests.chunks(5000), usize::MAX);
    let responses = crate::support::split_responses(&streamed.output);
    assert_eq!(responses.len(), 2);
    assert_eq!(responses[0].field("transfer-encoding"), Some("chunked"));
    assert!(responses[0].content == piece.repeat(20).as_bytes());

    // A chunk that is malformed, or too large, ends a response that has begun short.
    for bad in ["x\r\n", "1000000\r\n"] {
        let requests = post(&(chunk.repeat(20) + bad));
        let cut = drive_in_memory(new_handler(), requests.chunks(5000), usize::MAX);
        assert!(cut.closed_by_server);
        assert_eq!(cut.output.windows(9).filter(|window| window == b"HTTP/1.1 ").count(), 1);
        assert!(!cut.output.ends_with(b"0\r\n\r\n"));
    }
}

#[test]
fn slow_decoder_knows_the_coding() {
    let decode = |bytes: &str| decode_slowly(bytes.as_bytes());
    assert_eq!(decode("3;x\r\none\r\n0\r\na: b\r\n\r\nmore"), Decoded::Content { content: b"one".to_vec(), rest: 4 });
    assert_eq!(decode("3\r\none\r\n0\r\n"), Decoded::Incomplete);
    for bad in ["3\none", "\r\n", "3\r\nfour\r\n", "0\r\na\r\n\r\n"] {
        assert_eq!(decode(bad), Decoded::Refused, "{bad}");
    }
}
