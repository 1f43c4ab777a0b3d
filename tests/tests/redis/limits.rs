//! The limits of the configuration and of the store.

use std::time::Duration;

use asynchat_core::{Chat, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{RedisHandler, Store, config};
use bytes::Buf;

use crate::support::Client;

#[test]
fn client_above_the_limit_is_told_and_closed() {
    let store = Store::with_max_clients(2);
    let (mut one, other) = (Client::connect(&store), Client::connect(&store));
    let mut refused = Client::connect(&store);
    assert_eq!(refused.receive(), "-ERR max number of clients reached\r\n");
    assert!(refused.is_closing());
    assert_eq!(refused.ask("PING"), "");
    assert_eq!(one.ask("PING"), "+PONG\r\n");
    // The place of a client that has left is free.
    drop(other);
    assert_eq!(Client::connect(&store).ask("PING"), "+PONG\r\n");
}

/// Redis serves a client that writes 12 MB before it reads anything.
// O6
#[test]
fn pipeline_of_12_mb_is_served_before_the_client_reads() {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), config());
    chat.handle_connect(Duration::ZERO).unwrap();
    let request = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    let count = 12_000_000 / request.len();
    let requests = request.repeat(count);
    for chunk in requests.chunks(64 * 1024) {
        let mut input = Input::new(chunk);
        while !input.is_empty() {
            assert!(chat.wants_read(), "the client would wait for itself");
            chat.handle_input(Duration::ZERO, &mut input).unwrap();
        }
    }
    let mut received = 0;
    while chat.wants_write() {
        let mut staged = chat.poll_transmit(&mut noop_context());
        received += staged.remaining();
        staged.advance(staged.remaining());
    }
    assert_eq!(received, count * b"+OK\r\n$5\r\nhello\r\n".len());
}

// O6, O9
#[test]
fn unread_replies_stop_at_their_bound() {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), config());
    chat.handle_connect(Duration::ZERO).unwrap();
    chat.handle_input(Duration::ZERO, &mut Input::new(format!("SET k {}\r\n", "v".repeat(60_000)).as_bytes())).unwrap();
    let requests = b"GET k\r\n".repeat(10_000);
    chat.handle_input(Duration::ZERO, &mut Input::new(&requests)).unwrap();
    assert!(!chat.wants_read());
    let queued = chat.channel().queued();
    let bound = config().high_water;
    assert!((bound..bound + 100_000).contains(&queued), "{queued}");
}
