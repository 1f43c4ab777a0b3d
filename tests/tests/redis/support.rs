//! Sends commands and checks the replies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::task::Waker;
use std::time::{Duration, Instant};

use asynchat_core::drive::{Mailbox, Peer, mailbox};
use asynchat_core::{Chat, Config, Input};
use asynchat_tests::protocols::in_memory::{Transcript, drive_under_every_cut, receive};
use asynchat_tests::protocols::redis::{RedisHandler, Store};

/// A limit on bulk strings that is small enough for a test to exceed.
pub(crate) const SMALL_BULK_LEN: usize = 40;

/// Returns the replies to these bytes, and whether the server then closed. Checks that both are the same under every
/// cut.
pub(crate) fn exchange(requests: &[u8]) -> (Vec<u8>, bool) {
    exchange_with(requests, || RedisHandler::new(&store_with_frozen_clock()))
}

/// Does the same with the limit [`SMALL_BULK_LEN`].
pub(crate) fn exchange_small(requests: &[u8]) -> (Vec<u8>, bool) {
    exchange_with(requests, || RedisHandler::new(&store_with_frozen_clock()).with_max_bulk_len(SMALL_BULK_LEN))
}

/// Checks the replies to these commands, none of which closes the connection.
#[track_caller]
pub(crate) fn assert_replies(requests: &str, replies: &str) {
    let (output, closed) = exchange(requests.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output), replies, "{}", requests.escape_debug());
    assert!(!closed, "{}", requests.escape_debug());
}

/// Checks that the bytes get this protocol error, that the command before them gets its reply, and that the command
/// after them gets none.
#[track_caller]
pub(crate) fn assert_protocol_error(request: &[u8], error: &str) {
    let stream = [b"ECHO before\r\n", request, b"\r\nPING\r\n"].concat();
    let (output, closed) = exchange(&stream);
    let expected = format!("$6\r\nbefore\r\n-ERR Protocol error: {error}\r\n");
    let shown = request[..request.len().min(200)].escape_ascii();
    assert_eq!(String::from_utf8_lossy(&output), expected, "{shown}");
    assert!(closed, "{shown}");
}

/// Returns a command as an array of bulk strings, the form that clients send.
pub(crate) fn command(arguments: &[&[u8]]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        request.extend_from_slice(&bulk_string(argument));
    }
    request
}

pub(crate) fn bulk_string(bytes: &[u8]) -> Vec<u8> {
    [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

pub(crate) fn exchange_with(requests: &[u8], handler: impl Fn() -> RedisHandler) -> (Vec<u8>, bool) {
    let Transcript { output, closed_by_server, outcome } = drive_under_every_cut(handler, requests, 50, 997);
    assert_eq!(outcome, Some(Ok(())));
    (output, closed_by_server)
}

/// Returns a new store in which no key expires.
fn store_with_frozen_clock() -> Store {
    static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);
    Store::with_clock(|| *NOW)
}

/// A client among others, with its mailbox. The test itself is the driver: the mailbox is read only in `receive`.
pub(crate) struct Client {
    chat: Chat<RedisHandler>,
    mailbox: Mailbox<RedisHandler>,
}

impl Client {
    pub(crate) fn connect(store: &Store) -> Self {
        Self::with_mailbox(store, 1 << 20)
    }

    pub(crate) fn with_mailbox(store: &Store, capacity: usize) -> Self {
        let (_, mailbox) = mailbox(capacity);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 6379));
        let handler = RedisHandler::new(store).with_peer(Peer::new(address, address, mailbox.caller()));
        let mut chat = Chat::new(handler, Config::default());
        chat.handle_connect(Duration::ZERO).unwrap();
        Self { chat, mailbox }
    }

    /// Sends bytes, and delivers those that a paused handler has left when it has resumed.
    pub(crate) fn send(&mut self, requests: &str) {
        let mut input = Input::new(requests.as_bytes());
        self.chat.handle_input(Duration::ZERO, &mut input).unwrap();
        while !input.is_empty() && !self.is_closing() {
            assert!(self.mailbox.poll_collect(&mut self.chat, Duration::ZERO, Waker::noop()).is_ready(), "it resumes");
            self.chat.handle_input(Duration::ZERO, &mut input).unwrap();
        }
    }

    /// Returns all output that has been queued for this client.
    pub(crate) fn receive(&mut self) -> String {
        String::from_utf8(receive(&mut self.chat, &mut self.mailbox)).unwrap()
    }

    /// Sends a command, and returns all output.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        self.send(&format!("{request}\r\n"));
        self.receive()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.chat.channel().is_closing()
    }

    /// Returns whether somebody has aborted the connection.
    pub(crate) fn is_aborted(&self) -> bool {
        self.mailbox.caller().handle().is_closed()
    }
}
