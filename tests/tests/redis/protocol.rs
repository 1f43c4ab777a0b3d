//! Protocol errors and limits.

use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{MAX_ARGUMENTS, MAX_BULK_LEN, MAX_LINE_LEN, RedisHandler, Store};
use bytes::Buf;

use crate::support::{
    SMALL_BULK_LEN, assert_protocol_error, assert_replies, bulk_string, command, exchange, exchange_small,
    exchange_with,
};

#[test]
fn array_length_that_is_malformed_closes() {
    for line in ["*x", "*", "*01", "*+1", "* 1", "*1 ", "*-0", "*1\n$4", "*1048577", "*99999999999999999999"] {
        assert_protocol_error(line.as_bytes(), "invalid multibulk length");
    }
}

#[test]
fn array_length_below_one_is_ignored() {
    assert_replies("*0\r\n*-1\r\n*-99\r\nPING\r\n", "+PONG\r\n");
}

#[test]
fn bulk_string_needs_a_valid_length() {
    assert_protocol_error(b"*1\r\nPING", "expected '$', got 'P'");
    assert_protocol_error(b"*1\r\n", "expected '$', got ' '");
    assert_protocol_error(b"*2\r\n$4\r\nPING\r\n*1", "expected '$', got '*'");
    for length in ["$", "$-1", "$x", "$4x", "$01", "$ 4", "$4\nPING", "$536870913", "$99999999999999999999"] {
        assert_protocol_error(format!("*1\r\n{length}").as_bytes(), "invalid bulk length");
    }
}

// F6
#[test]
fn announced_lengths_reserve_no_memory() {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
    let stream = format!("*{MAX_ARGUMENTS}\r\n${MAX_BULK_LEN}\r\nabc");
    chat.handle_input(Duration::ZERO, &mut Input::new(stream.as_bytes())).unwrap();
    assert!(!chat.wants_write() && !chat.channel().is_closing());
    assert_eq!(chat.channel().terminator(), &(MAX_BULK_LEN as u64 + 2 - 3).into());
    assert!(chat.handler().memory_usage() < 1024, "{} bytes", chat.handler().memory_usage());
}

#[test]
fn bulk_string_of_maximum_length_passes() {
    let argument = vec![b'a'; SMALL_BULK_LEN];
    assert_eq!(exchange_small(&command(&[b"ECHO", &argument])), (bulk_string(&argument), false));
    let (output, closed) = exchange_small(&command(&[b"ECHO", &[b'a'; SMALL_BULK_LEN + 1]]));
    assert_eq!(
        (String::from_utf8(output).unwrap().as_str(), closed),
        ("-ERR Protocol error: invalid bulk length\r\n", true)
    );
}

#[test]
fn request_of_maximum_length_passes() {
    // Each argument costs 64 bytes more than its length.
    let exact = |len: usize| {
        exchange_with(&[&command(&[b"ECHO", &vec![b'a'; len]])[..], b"PING\r\n"].concat(), || {
            RedisHandler::new(&Store::new()).with_max_request_len(64 + 4 + 64 + 1000)
        })
    };
    assert_eq!(exact(1000), ([&bulk_string(&[b'a'; 1000])[..], b"+PONG\r\n"].concat(), false));
    let (output, closed) = exact(1001);
    assert_eq!(String::from_utf8_lossy(&output), "-ERR Protocol error: too big request: the limit is 1132 bytes\r\n");
    assert!(closed);
}

#[test]
fn mget_of_many_keys_replies_in_order() {
    let small = b"small".to_vec();
    let medium = vec![b'm'; 1000];
    let large = vec![b'l'; 30_000];
    let mut requests = [
        command(&[b"SET", b"small", &small]),
        command(&[b"SET", b"medium", &medium]),
        command(&[b"SET", b"large", &large]),
    ]
    .concat();
    let mut replies = b"+OK\r\n".repeat(3);
    let null = b"$-1\r\n".to_vec();
    for count in [1, 32, 33, 64, 100] {
        let names = [&b"small"[..], b"none", b"medium", b"large", b"small", b"large"];
        let keys: Vec<&[u8]> = (0..count).map(|at| if at < 40 { names[at % 6] } else { b"none" }).collect();
        requests.extend(command(&[&[&b"MGET"[..]][..], &keys].concat()));
        requests.extend(b"PING\r\n");
        replies.extend(format!("*{count}\r\n").into_bytes());
        for key in keys {
            replies.extend(match key {
                b"small" => bulk_string(&small),
                b"medium" => bulk_string(&medium),
                b"large" => bulk_string(&large),
                _ => null.clone(),
            });
        }
        replies.extend(b"+PONG\r\n");
    }
    let mut chat =
        Chat::new(RedisHandler::new(&Store::new()), Config { high_water: 1000, low_water: 100, ..Config::default() });
    let mut input = Input::new(&requests);
    let mut output = Vec::new();
    while !input.is_empty() || chat.wants_write() {
        chat.handle_input(Duration::ZERO, &mut input).unwrap();
        let mut staged = chat.poll_transmit(&mut noop_context());
        let len = staged.remaining().min(777);
        output.extend_from_slice(&staged.copy_to_bytes(len));
    }
    assert!(output == replies);
}

// L1, L2, L5
#[test]
fn line_of_maximum_length_passes() {
    let long = |begin: &str, len: usize| format!("{begin}{}", "1".repeat(len - begin.len()));
    let line = long("ECHO ", MAX_LINE_LEN);
    let (output, closed) = exchange(format!("{line}\n").as_bytes());
    assert_eq!((output, closed), (bulk_string(&line.as_bytes()[5..]), false));
    assert_protocol_error(long("ECHO ", MAX_LINE_LEN + 1).as_bytes(), "too big inline request");
    assert_protocol_error(long("*", MAX_LINE_LEN + 1).as_bytes(), "too big mbulk count string");
    assert_protocol_error(format!("*1\r\n{}", long("$", MAX_LINE_LEN + 1)).as_bytes(), "too big bulk count string");
    // The CR counts as a byte of the line.
    assert_protocol_error(long("*", MAX_LINE_LEN - 1).as_bytes(), "invalid multibulk length");
}

// C3
#[test]
fn truncated_command_gets_no_reply() {
    for stream in ["PIN", "*1\r\n", "*1\r\n$4\r\nPING", "*1\r\n$4\r\nPING\r", "\"", "*"] {
        assert_eq!(exchange(format!("PING\r\n{stream}").as_bytes()), (b"+PONG\r\n".to_vec(), false));
    }
}

// F12, O2
#[test]
fn get_sends_large_values_without_a_copy() {
    let value: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config { high_water: usize::MAX, ..Config::default() });
    for piece in command(&[b"SET", b"k", &value]).chunks(70_001) {
        chat.handle_input(Duration::ZERO, &mut Input::new(piece)).unwrap();
    }
    chat.handle_input(Duration::ZERO, &mut Input::new(b"GET k\r\nGET k\r\n")).unwrap();
    let mut output = Vec::new();
    let mut places = Vec::new();
    while chat.wants_write() {
        let mut staged = chat.poll_transmit(&mut noop_context());
        if staged.chunk().len() == value.len() {
            places.push(staged.chunk().as_ptr());
        }
        let len = staged.chunk().len();
        output.extend_from_slice(staged.chunk());
        staged.advance(len);
    }
    assert!(output == [b"+OK\r\n", &bulk_string(&value)[..], &bulk_string(&value)].concat());
    assert_eq!(places.len(), 2);
    assert_eq!(places[0], places[1]);
}
