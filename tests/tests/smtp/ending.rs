//! The last word: 421 at a timeout and at a shutdown.

use std::sync::Arc;
use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::smtp::{MemoryStore, SmtpHandler};
use bytes::Buf;

use crate::support::{PROLOGUE, service};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

struct Client {
    chat: Chat<SmtpHandler>,
    store: MemoryStore,
}

impl Client {
    /// Connects, and sends these bytes at the second 0.
    fn new(bytes: &str) -> Self {
        let store = MemoryStore::new();
        let handler = SmtpHandler::new(&Arc::new(service(store.clone())));
        let mut client = Self { chat: Chat::new(handler, Config::default()), store };
        client.chat.handle_connect(Duration::ZERO).unwrap();
        client.send(0, bytes);
        client
    }

    /// Sends these bytes, and returns the replies.
    fn send(&mut self, at: u64, bytes: &str) -> String {
        self.chat.handle_input(seconds(at), &mut Input::new(bytes.as_bytes())).unwrap();
        let replies = self.read();
        self.chat.handle_timeout(seconds(at)).unwrap();
        replies + &self.read()
    }

    fn read(&mut self) -> String {
        let mut output = Vec::new();
        while self.chat.wants_write() {
            let mut staged = self.chat.poll_transmit(&mut noop_context());
            let len = staged.remaining();
            output.extend_from_slice(&staged.copy_to_bytes(len));
        }
        String::from_utf8(output).unwrap()
    }
}

// C11
#[test]
fn smtp_idle_client_gets_421() {
    for sent in ["", "EHLO a\r\n", PROLOGUE] {
        let mut client = Client::new(sent);
        assert_eq!(client.send(299, ""), "", "RFC 5321 asks for five minutes");
        assert_eq!(client.send(300, ""), "421 host closing: timeout\r\n", "{sent}");
        assert!(client.chat.wants_shutdown());
    }
}

// C6, C11
#[test]
fn smtp_slow_command_gets_421() {
    let mut client = Client::new("EHLO a\r\nMAIL");
    assert_eq!(client.send(29, ""), "");
    assert_eq!(client.send(32, ""), "421 host closing: timeout\r\n");
}

// C6
#[test]
fn smtp_message_has_one_grace_period() {
    // Each line comes well within a grace period of its own.
    let mut client = Client::new(PROLOGUE);
    let last_words: Vec<_> =
        (1..60).map(|second| client.send(second, "slow\r\n")).filter(|said| !said.is_empty()).collect();
    assert_eq!(last_words, ["421 host closing: timeout\r\n"]);

    let mut client = Client::new(PROLOGUE);
    let line = format!("{}\r\n", "x".repeat(478));
    assert!((1..600).all(|second| client.send(second, &line).is_empty()), "twice the least rate");
    assert_eq!(client.send(600, ".\r\n"), "250 OK\r\n");
    assert_eq!(client.store.take_messages().len(), 1);
    assert_eq!(client.send(800, ""), "", "idle after the message");
}

// C17
#[test]
fn smtp_shutdown_says_421_in_every_state() {
    for sent in ["", "EHLO a\r\nMAIL FROM:<a@b>\r\n", "NOO", PROLOGUE, &format!("{PROLOGUE}text\r\n..")] {
        let mut client = Client::new(sent);
        client.chat.request_shutdown(seconds(1)).unwrap();
        assert_eq!(client.read(), "421 host closing: the server shuts down\r\n", "{sent}");
        assert!(client.chat.wants_shutdown());
        assert!(client.store.take_messages().is_empty());
    }
}
