//! Runs pipelined requests through the handler of Redis, in memory: the work that `redis_instructions.sh` counts.
//!
//! ```sh
//! cargo bench -p asynchat-tests --bench redis_requests -- PASSES REQUEST
//! ```
//!
//! A pass is one input of 64 requests, as redis-benchmark sends them with `-P 64`, and the write of all replies. Without
//! arguments, it makes one pass of each request.

use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{RedisHandler, Store};
use bytes::Buf;

const PIPELINE: usize = 64;

const NOW: Duration = Duration::ZERO;

/// A name, the request, and its reply.
const REQUESTS: [(&str, &str, &str); 5] = [
    ("ping_inline", "PING\r\n", "+PONG\r\n"),
    ("ping", "*1\r\n$4\r\nPING\r\n", "+PONG\r\n"),
    ("set", "*3\r\n$3\r\nSET\r\n$16\r\nkey:__rand_int__\r\n$3\r\nVXK\r\n", "+OK\r\n"),
    ("get", "*2\r\n$3\r\nGET\r\n$16\r\nkey:__rand_int__\r\n", "$3\r\nVXK\r\n"),
    ("incr", "*2\r\n$4\r\nINCR\r\n$7\r\ncounter\r\n", ":1\r\n"),
];

fn run(passes: usize, request: &str, reply: &str) {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
    let mut sent = 0;
    let mut send = |requests: &[u8]| {
        let mut input = Input::new(requests);
        while !input.is_empty() || chat.wants_write() {
            let result = chat.handle_input(NOW, &mut input);
            assert_eq!(result, Ok(()));
            let mut staged = chat.poll_transmit(&mut noop_context());
            let len = staged.remaining();
            staged.advance(len);
            sent += len;
        }
    };
    send(b"SET key:__rand_int__ VXK\r\n");
    let requests = request.repeat(PIPELINE);
    for _ in 0..passes {
        send(requests.as_bytes());
    }
    // The replies to INCR grow.
    assert!(sent >= "+OK\r\n".len() + passes * PIPELINE * reply.len());
}

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let passes = arguments.first().and_then(|passes| passes.parse().ok()).unwrap_or(1);
    for (name, request, reply) in REQUESTS {
        if arguments.get(1).is_none_or(|wanted| wanted == name) {
            run(passes, request, reply);
        }
    }
}
