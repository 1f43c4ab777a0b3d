//! When keys expire.

use std::cell::Cell;
use std::time::{Duration, Instant};

use asynchat_tests::protocols::redis::Store;

use crate::support::{Client, assert_replies};

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static BEGIN: Instant = Instant::now();
}

/// A client of a store whose clock stands still until the test sets it.
fn client() -> Client {
    Client::connect(&Store::with_clock(|| BEGIN.with(|begin| *begin) + PASSED.get()))
}

#[test]
fn key_is_gone_when_its_time_has_passed() {
    let mut client = client();
    let mut ask = |milliseconds: u64, request: &str| {
        PASSED.set(Duration::from_millis(milliseconds));
        client.ask(request)
    };
    assert_eq!(ask(0, "SET k v EX 2"), "+OK\r\n");
    assert_eq!(ask(0, "SET p v PX 2"), "+OK\r\n");
    assert_eq!(ask(1, "EXISTS k p"), ":2\r\n");
    assert_eq!(ask(2, "MGET k p"), "*2\r\n$1\r\nv\r\n$-1\r\n");
    assert_eq!(ask(3, "SET k w KEEPTTL"), "+OK\r\n");
    assert_eq!(ask(1999, "GET k"), "$1\r\nw\r\n");
    assert_eq!(ask(2000, "GET k"), "$-1\r\n");
    assert_eq!(ask(2000, "SET k again NX"), "+OK\r\n");
}

#[test]
fn expired_keys_are_not_counted_before_they_are_named() {
    let mut client = client();
    PASSED.set(Duration::ZERO);
    for number in 0..50 {
        client.ask(&format!("SETEX expires:{number} 1 v"));
    }
    client.ask("SET stays v");
    assert_eq!(client.ask("DBSIZE"), ":51\r\n");
    PASSED.set(Duration::from_secs(1));
    assert_eq!(client.ask("DBSIZE"), ":1\r\n");
    assert_eq!(client.ask("KEYS *"), "*1\r\n$5\r\nstays\r\n");
    assert_eq!(client.ask("SCAN 0"), "*2\r\n$1\r\n0\r\n*1\r\n$5\r\nstays\r\n");
}

#[test]
fn ttl_tells_the_time_that_is_left() {
    let mut client = client();
    PASSED.set(Duration::ZERO);
    client.ask("SETEX k 10 v");
    client.ask("SET stays v");
    PASSED.set(Duration::from_millis(1400));
    assert_eq!(client.ask("TTL k"), ":9\r\n");
    assert_eq!(client.ask("PTTL k"), ":8600\r\n");
    assert_eq!(client.ask("TTL stays"), ":-1\r\n");
    assert_eq!(client.ask("TTL none"), ":-2\r\n");
    assert_eq!(client.ask("PERSIST k"), ":1\r\n");
    assert_eq!(client.ask("PERSIST k"), ":0\r\n");
    assert_eq!(client.ask("PTTL k"), ":-1\r\n");
}

#[test]
fn expire_sets_the_time_under_conditions() {
    let mut client = client();
    PASSED.set(Duration::ZERO);
    client.ask("SET k v");
    for (request, reply) in [
        ("EXPIRE k 100 XX", ":0\r\n"),
        ("EXPIRE k 100 GT", ":0\r\n"),
        ("EXPIRE k 100 NX", ":1\r\n"),
        ("EXPIRE k 200 NX", ":0\r\n"),
        ("EXPIRE k 200 GT", ":1\r\n"),
        ("EXPIRE k 300 LT", ":0\r\n"),
        ("PEXPIRE k 50000 LT", ":1\r\n"),
        ("TTL k", ":50\r\n"),
        ("EXPIRE k 1 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible\r\n"),
        ("EXPIRE k 1 foo", "-ERR Unsupported option foo\r\n"),
        ("EXPIRE none 1", ":0\r\n"),
        ("GETEX k PERSIST", "$1\r\nv\r\n"),
        ("TTL k", ":-1\r\n"),
        ("EXPIREAT k 1", ":1\r\n"),
        ("EXISTS k", ":0\r\n"),
    ] {
        assert_eq!(client.ask(request), reply, "{request}");
    }
}

#[test]
fn expiry_times_out_of_range_are_refused() {
    for (request, name) in [
        ("SETEX k 0 v", "setex"),
        ("PSETEX k -1 v", "psetex"),
        ("SET k v EXAT 0", "set"),
        ("EXPIRE k 9223372036854775807", "expire"),
        ("PEXPIRE k 9223372036854775807", "pexpire"),
    ] {
        assert_replies(&format!("{request}\r\n"), &format!("-ERR invalid expire time in '{name}' command\r\n"));
    }
}
