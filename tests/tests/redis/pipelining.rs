//! Many commands at once.

use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{RedisHandler, Store};
use bytes::Buf;

use crate::support::{bulk_string, command, exchange};

// F1, O1
#[test]
fn pipeline_of_thousands_keeps_order() {
    let mut requests = Vec::new();
    let mut replies = Vec::new();
    for number in 0..3000 {
        let value = format!("value {number} \0\r\n");
        match number % 4 {
            0 => {
                requests.extend_from_slice(&command(&[b"ECHO", value.as_bytes()]));
                replies.extend_from_slice(&bulk_string(value.as_bytes()));
            }
            1 => {
                requests.extend_from_slice(&command(&[b"SET", b"k", value.as_bytes()]));
                replies.extend_from_slice(b"+OK\r\n");
            }
            2 => {
                requests.extend_from_slice(b"GET k\r\n");
                replies.extend_from_slice(&bulk_string(format!("value {} \0\r\n", number - 1).as_bytes()));
            }
            _ => {
                requests.extend_from_slice(b"*1\r\n$4\r\nPING\r\n");
                replies.extend_from_slice(b"+PONG\r\n");
            }
        }
    }
    assert!(exchange(&requests) == (replies, false));
}

// O7
#[test]
fn pipeline_replies_leave_in_one_chunk() {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
    chat.handle_input(Duration::ZERO, &mut Input::new(&b"SET k v\r\nGET k\r\nPING\r\nDEL k\r\n".repeat(1000))).unwrap();
    let staged = chat.poll_transmit(&mut noop_context());
    assert_eq!(staged.remaining(), b"+OK\r\n$1\r\nv\r\n+PONG\r\n:1\r\n".len() * 1000);
    assert_eq!(staged.chunk().len(), staged.remaining());
}

// O6
#[test]
fn pipeline_stops_at_the_high_water_mark() {
    let config = Config { high_water: 5000, low_water: 1000, ..Config::default() };
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), config);
    let requests = b"PING\r\n".repeat(10_000);
    let mut input = Input::new(&requests);
    let mut replies = 0;
    while !input.is_empty() {
        chat.handle_input(Duration::ZERO, &mut input).unwrap();
        let mut staged = chat.poll_transmit(&mut noop_context());
        let len = staged.remaining();
        assert!(len <= 5000 + b"+PONG\r\n".len());
        staged.advance(len);
        replies += len / b"+PONG\r\n".len();
    }
    assert_eq!(replies, 10_000);
}
