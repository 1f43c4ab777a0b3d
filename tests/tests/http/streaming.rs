//! Content that a producer makes as the client reads it.

use std::time::Duration;

use asynchat_core::{Blame, Chat, Config, Input, ProducerQueue};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::http::{ContentBudget, HttpHandler};
use asynchat_tests::protocols::in_memory::drive_in_memory;
use bytes::Buf;

use crate::support::{clock, exchange, handler, response};

#[test]
fn stream_sends_the_requested_length_in_chunks() {
    for length in [0_usize, 1, 63, 64, 65, 65_535, 65_536, 65_537] {
        let (stream, closed) = response(format!("GET /stream/{length} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert_eq!((stream.code, stream.content.len(), closed), (200, length, false));
        assert_eq!(stream.field("transfer-encoding"), Some("chunked"));
        assert_eq!(stream.field("content-length"), None);
    }
}

#[test]
fn stream_to_http10_is_unchunked_and_closes() {
    for fields in ["", "Connection: keep-alive\r\n"] {
        let whole = exchange(format!("GET /stream/100000 HTTP/1.0\r\n{fields}\r\n").as_bytes());
        assert!(whole.closed_by_server);
        let (stream, _) = response(format!("GET /stream/100000 HTTP/1.0\r\n{fields}\r\n").as_bytes());
        assert_eq!((stream.field("transfer-encoding"), stream.field("content-length")), (None, Some("100000")));
        assert!(stream.closes());
        assert_eq!(stream.content.len(), 100_000);
    }
}

/// Counts the content bytes of chunked coding, which may arrive in any pieces.
#[derive(Debug, Default)]
struct ChunkCounter {
    line: Vec<u8>,
    /// The bytes of the current chunk that have not arrived, and its CRLF.
    remaining: usize,
    total: u64,
    ended: bool,
}

impl ChunkCounter {
    fn count(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            assert!(!self.ended, "bytes after the last chunk");
            if self.remaining > 0 {
                let taken = self.remaining.min(piece.len());
                self.remaining -= taken;
                piece = &piece[taken..];
                self.ended = self.remaining == 0 && self.line == b"0";
                if self.remaining == 0 {
                    self.line.clear();
                }
                continue;
            }
            let (&byte, rest) = piece.split_first().unwrap();
            piece = rest;
            if byte == b'\n' {
                assert_eq!(self.line.pop(), Some(b'\r'));
                let size = usize::from_str_radix(str::from_utf8(&self.line).unwrap(), 16).unwrap();
                self.total += size as u64;
                self.remaining = size + 2;
            } else {
                self.line.push(byte);
            }
        }
    }
}

// O3, O6
#[test]
fn stream_of_three_gigabytes_is_produced_lazily() {
    const LENGTH: u64 = 3_000_000_000;
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    let max_staged = chat.config().write_size + 64 * 1024;
    chat.handle_input(
        Duration::ZERO,
        &mut Input::new(format!("GET /stream/{LENGTH} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()),
    )
    .unwrap();
    // The next request is answered after the stream.
    chat.handle_input(
        Duration::ZERO,
        &mut Input::new(b"GET /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
    )
    .unwrap();
    assert!(chat.channel().queued() < 2 * ProducerQueue::PRODUCER_COST + 512);

    let mut counter = ChunkCounter::default();
    let mut head = Vec::new();
    while !counter.ended {
        let mut staged = chat.poll_transmit(&mut noop_context());
        assert!(staged.remaining() <= max_staged);
        if head.is_empty() {
            let end = staged.chunk().windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
            head = staged.copy_to_bytes(end).to_vec();
        }
        while staged.has_remaining() && !counter.ended {
            // The socket accepts writes of an odd size.
            let mut taken = staged.chunk().len().min(50_021);
            if counter.total == LENGTH && counter.remaining <= 2 {
                taken = 1;
            }
            counter.count(&staged.chunk()[..taken]);
            staged.advance(taken);
        }
        assert!(chat.channel().queued() <= max_staged + 1024);
    }
    assert_eq!(counter.total, LENGTH);
    let mut staged = chat.poll_transmit(&mut noop_context());
    assert!(staged.copy_to_bytes(staged.remaining()).starts_with(b"HTTP/1.1 404 Not Found\r\n"));
    assert!(chat.wants_shutdown());
}

// O6
#[test]
fn backpressure_stops_reading_while_responses_are_unread() {
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    let requests = b"GET /stream/18446744073709551615 HTTP/1.1\r\nHost: a\r\n\r\n".repeat(10_000);
    let mut input = Input::new(&requests);
    chat.handle_input(Duration::ZERO, &mut input).unwrap();
    assert!(!input.is_empty() && !chat.wants_read());
    assert!(chat.channel().queued() < chat.config().high_water + 1024);
    let staged = chat.poll_transmit(&mut noop_context()).remaining();
    assert!(staged <= chat.config().write_size + 64 * 1024);
}

fn upload(len: usize) -> (Vec<u8>, Vec<u8>) {
    let content: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    let head = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n");
    ([head.as_bytes(), &content].concat(), content)
}

// O6
#[test]
fn echo_beyond_the_budget_returns_content_as_it_arrives() {
    let (request, content) = upload(3_000_000);
    let requests = [&request[..], b"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n"].concat();
    let held = drive_in_memory(handler(), requests.chunks(10_000), usize::MAX);
    for budget in [0, 1, 100_000, 1_000_000] {
        let handler = HttpHandler::with_content_budget(ContentBudget::new(budget)).with_clock(clock);
        let streamed = drive_in_memory(handler, requests.chunks(10_000), usize::MAX);
        assert!(streamed == held, "a budget of {budget}");
    }
    assert!(held.output.windows(content.len()).any(|window| window == content));

    // The client does not read: the server stops reading, and holds little.
    let mut chat = Chat::new(HttpHandler::with_content_budget(ContentBudget::new(0)), Config::default());
    let mut pieces = request.chunks(10_000);
    while chat.wants_read() || !chat.wants_write() {
        chat.handle_input(Duration::ZERO, &mut Input::new(pieces.next().expect("the queue is above its mark")))
            .unwrap();
    }
    assert!(chat.channel().queued() < chat.config().high_water + 20_000);
}

// C3
#[test]
fn echo_cut_in_mid_stream_ends_short() {
    let (request, _) = upload(300_000);
    let handler = HttpHandler::with_content_budget(ContentBudget::new(0));
    let cut = drive_in_memory(handler, request[..200_000].chunks(1000), usize::MAX);
    assert_eq!(cut.outcome, Some(Ok(())));
    assert_eq!(cut.output.windows(9).filter(|window| window == b"HTTP/1.1 ").count(), 1, "one response, cut short");
}

// C4
#[test]
fn stream_ends_when_the_client_disconnects() {
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    chat.handle_input(Duration::ZERO, &mut Input::new(b"GET /stream/3000000000 HTTP/1.1\r\nHost: a\r\n\r\n")).unwrap();
    chat.poll_transmit(&mut noop_context()).advance(100);
    let error = chat.handle_transport_error(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).unwrap_err();
    assert_eq!(error.blame(), Blame::Transport);
    assert!(chat.is_closed() && !chat.wants_write());
}
