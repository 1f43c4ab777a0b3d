//! Sending requests, and looking at the replies.

use std::sync::LazyLock;
use std::time::Instant;

use asynchat_tests::protocols::in_memory::{Transcript, drive_in_memory};
use asynchat_tests::protocols::redis::{RedisHandler, Store};

/// A limit on arguments that a test can pass.
pub(crate) const SMALL_BULK_LEN: usize = 40;

/// What is answered to these bytes, however they are cut, and whether the server closed behind it.
pub(crate) fn exchange(requests: &[u8]) -> (Vec<u8>, bool) {
    exchange_by(requests, || RedisHandler::new(&standing_store()))
}

/// The same with small arguments only.
pub(crate) fn exchange_small(requests: &[u8]) -> (Vec<u8>, bool) {
    exchange_by(requests, || RedisHandler::new(&standing_store()).with_max_bulk_len(SMALL_BULK_LEN))
}

/// Checks the replies to these requests, none of which closes.
#[track_caller]
pub(crate) fn assert_replies(requests: &str, replies: &str) {
    let (output, closed) = exchange(requests.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output), replies, "{}", requests.escape_debug());
    assert!(!closed, "{}", requests.escape_debug());
}

/// Checks that this is refused with such an error, what came before it is answered, and nothing behind it.
#[track_caller]
pub(crate) fn assert_refused(request: &[u8], error: &str) {
    let stream = [b"ECHO before\r\n", request, b"\r\nPING\r\n"].concat();
    let (output, closed) = exchange(&stream);
    let expected = format!("$6\r\nbefore\r\n-ERR Protocol error: {error}\r\n");
    let shown = request[..request.len().min(200)].escape_ascii();
    assert_eq!(String::from_utf8_lossy(&output), expected, "{shown}");
    assert!(closed, "{shown}");
}

/// A request in the form that clients send.
pub(crate) fn request(arguments: &[&[u8]]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        request.extend_from_slice(&bulk(argument));
    }
    request
}

pub(crate) fn bulk(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn exchange_by(requests: &[u8], handler: impl Fn() -> RedisHandler) -> (Vec<u8>, bool) {
    let exchange = |pieces: &[&[u8]]| drive_in_memory(handler(), pieces.iter().copied(), usize::MAX);
    let whole = exchange(&[requests]);
    let check = |pieces: &[&[u8]]| {
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        let shown = requests[..requests.len().min(1000)].escape_ascii();
        assert!(exchange(pieces) == whole, "{shown}\ncut as {:?}", &lengths[..lengths.len().min(4)]);
    };
    check(&requests.chunks(1).collect::<Vec<_>>());
    // Of a long stream, every place near its ends, and some between.
    let is_long = requests.len() > 4096;
    let places = (0..=requests.len()).filter(|at| !is_long || *at < 50 || requests.len() - at < 50 || at % 997 == 0);
    for at in places {
        let (one, other) = requests.split_at(at);
        check(&[one, &[], other]);
    }
    let Transcript { output, closed_by_server, outcome } = whole;
    assert_eq!(outcome, Some(Ok(())));
    (output, closed_by_server)
}

/// A store of its own, in which no time passes.
fn standing_store() -> Store {
    static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);
    Store::with_clock(|| *NOW)
}
