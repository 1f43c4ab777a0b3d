//! The memory that clients can make a protocol hold.

use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use asynchat_core::{Chat, Config, Handler, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::http::{ContentBudget, HttpHandler};
use asynchat_tests::protocols::redis::{RedisHandler, Store};
use asynchat_tests::protocols::smtp::{DiscardStore, PIECE_LEN, SmtpHandler, SmtpService};
use bytes::Buf;

const NOW: Duration = Duration::ZERO;

fn connected<H: Handler>(handler: H) -> Chat<H> {
    let mut chat = Chat::new(handler, Config::default());
    assert_eq!(chat.handle_connect(NOW), Ok(()));
    chat
}

/// Delivers bytes until the chat is above its mark.
fn deliver<H: Handler>(chat: &mut Chat<H>, mut bytes: &[u8]) {
    while !bytes.is_empty() && chat.wants_read() {
        let (chunk, rest) = bytes.split_at(bytes.len().min(64 * 1024));
        let mut input = Input::new(chunk);
        assert_eq!(chat.handle_input(NOW, &mut input), Ok(()));
        bytes = if input.is_empty() { rest } else { &bytes[chunk.len() - input.remaining().len()..] };
    }
}

/// Sends all output, and returns its length.
fn send_all<H: Handler>(chat: &mut Chat<H>) -> usize {
    let mut sent = 0;
    while chat.wants_write() {
        let mut staged = chat.poll_transmit(&mut noop_context());
        let len = staged.remaining();
        staged.advance(len);
        sent += len;
    }
    sent
}

// O3, O9
#[test]
fn redis_mget_holds_references_not_output() {
    const KEYS: usize = 100_000;
    let store = Store::new();
    let mut chat = connected(RedisHandler::new(&store));
    let value = "v".repeat(1000);
    deliver(&mut chat, format!("SET k {value}\r\n").as_bytes());
    send_all(&mut chat);
    let request = format!("*{}\r\n$4\r\nMGET\r\n{}", KEYS + 1, "$1\r\nk\r\n".repeat(KEYS));
    let mut sent = 0;
    let taken = measure(|| {
        deliver(&mut chat, request.as_bytes());
        sent = send_all(&mut chat);
    });
    assert_eq!(sent, format!("*{KEYS}\r\n").len() + KEYS * format!("$1000\r\n{value}\r\n").len());
    let most = request.len() as u64 * 16;
    assert!(taken.bytes_max < most, "{} bytes at once for an answer of {sent} to {}", taken.bytes_max, request.len());
    assert!(taken.bytes_current < 10_000, "{taken:?}");
}

// O6, O9
#[test]
fn redis_mget_counts_towards_the_mark() {
    let store = Store::new();
    let mut chat = connected(RedisHandler::new(&store));
    deliver(&mut chat, format!("SET k {}\r\n", "v".repeat(1000)).as_bytes());
    send_all(&mut chat);
    let request = format!("*1001\r\n$4\r\nMGET\r\n{}", "$1\r\nk\r\n".repeat(1000)).repeat(100);
    let taken = measure(|| deliver(&mut chat, request.as_bytes()));
    assert!(!chat.wants_read());
    let allowed = 2 * chat.config().high_water as u64 + 200_000;
    assert!(taken.bytes_max < allowed, "{} bytes for unread answers", taken.bytes_max);
}

// F6
#[test]
fn redis_request_holds_at_most_twice_its_limit() {
    const LIMIT: usize = 1 << 20;
    for len in [0, 1, 100, 70_000] {
        let handler = RedisHandler::new(&Store::new()).with_max_request_len(LIMIT);
        let mut chat = connected(handler);
        let argument = format!("${len}\r\n{}\r\n", "x".repeat(len));
        let count = (8 * LIMIT / argument.len()).min(1_000_000);
        let request = format!("*{count}\r\n{}", argument.repeat(count));
        let taken = measure(|| deliver(&mut chat, request.as_bytes()));
        assert!(chat.channel().is_closing(), "{count} arguments of {len}");
        assert!(taken.bytes_max < 2 * LIMIT as u64, "{count} arguments of {len}: {} bytes", taken.bytes_max);
    }
}

// O6, O9
#[test]
fn http_uploads_hold_the_budget_together() {
    const CLIENTS: usize = 50;
    const LEN: usize = 2 << 20;
    const BUDGET: usize = 8 << 20;
    let request =
        [format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {LEN}\r\n\r\n").as_bytes(), &vec![b'x'; LEN]]
            .concat();
    let budget = ContentBudget::new(BUDGET);
    let taken = measure(|| {
        let connect = |_| connected(HttpHandler::with_content_budget(budget.clone()));
        let mut chats: Vec<_> = (0..CLIENTS).map(connect).collect();
        for chat in &mut chats {
            deliver(chat, &request);
            let _ = chat.poll_transmit(&mut noop_context());
        }
    });
    let each = 2 * Config::default().high_water + 3 * 64 * 1024;
    let allowed = (2 * BUDGET + CLIENTS * each) as u64;
    assert!(taken.bytes_max < allowed, "{} bytes for {CLIENTS} uploads", taken.bytes_max);
    assert!(taken.bytes_max < (CLIENTS * LEN / 2) as u64);
}

#[test]
fn smtp_message_takes_memory_for_a_piece() {
    let service = Arc::new(SmtpService::new("host", DiscardStore));
    for line_len in [0, 76, 998, 1 << 20] {
        let mut chat = connected(SmtpHandler::new(&service));
        deliver(&mut chat, b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        send_all(&mut chat);
        let message = format!("{}\r\n", "x".repeat(line_len)).repeat((8 << 20) / (line_len + 2)) + ".\r\n";
        let mut sent = 0;
        let taken = measure(|| {
            deliver(&mut chat, message.as_bytes());
            sent = send_all(&mut chat);
        });
        assert_eq!(sent, "250 OK\r\n".len());
        // A piece and one read, in a buffer that doubles.
        let most = 3 * (PIECE_LEN + chat.config().read_size) as u64;
        assert!(taken.bytes_max < most, "{} bytes for lines of {line_len}", taken.bytes_max);
        assert!(taken.bytes_current < 1000, "{taken:?}");
    }
}
