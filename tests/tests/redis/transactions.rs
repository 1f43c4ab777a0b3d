//! `MULTI`, `EXEC`, `DISCARD` and `WATCH`.

use asynchat_tests::protocols::redis::{RedisHandler, Store};

use crate::support::{Client, assert_replies, exchange, exchange_with};

#[test]
fn exec_runs_the_queued_commands_in_order() {
    assert_replies(
        "MULTI\r\nSET k 1\r\nINCR k\r\nGET none\r\nEXEC\r\nGET k\r\n",
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n:2\r\n$-1\r\n$1\r\n2\r\n",
    );
    assert_replies("MULTI\r\nEXEC\r\n", "+OK\r\n*0\r\n");
}

#[test]
fn exec_continues_behind_a_command_that_fails() {
    assert_replies(
        "SET k x\r\nMULTI\r\nINCR k\r\nSET k y\r\nEXEC\r\n",
        "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n-ERR value is not an integer or out of range\r\n+OK\r\n",
    );
}

#[test]
fn transaction_with_a_refused_command_is_discarded() {
    let abort = "-EXECABORT Transaction discarded because of previous errors.\r\n";
    for (request, error) in [
        ("GET", "ERR wrong number of arguments for 'get' command"),
        ("foo", "ERR unknown command 'foo', with args beginning with: "),
        ("CLIENT foo", "ERR unknown subcommand 'foo'. Try CLIENT HELP."),
    ] {
        assert_replies(
            &format!("MULTI\r\nSET k v\r\n{request}\r\nEXEC\r\nEXISTS k\r\n"),
            &format!("+OK\r\n+QUEUED\r\n-{error}\r\n{abort}:0\r\n"),
        );
    }
}

#[test]
fn transaction_commands_are_refused_out_of_place() {
    assert_replies("EXEC\r\nDISCARD\r\n", "-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n");
    assert_replies(
        "MULTI\r\nMULTI\r\nWATCH k\r\nPING\r\nEXEC\r\n",
        "+OK\r\n-ERR MULTI calls can not be nested\r\n-ERR WATCH inside MULTI is not allowed\r\n+QUEUED\r\n*1\r\n+PONG\r\n",
    );
    assert_replies("MULTI\r\nSET k v\r\nDISCARD\r\nEXISTS k\r\n", "+OK\r\n+QUEUED\r\n+OK\r\n:0\r\n");
    assert_eq!(exchange(b"MULTI\r\nSET k v\r\nQUIT\r\n"), (b"+OK\r\n+QUEUED\r\n+OK\r\n".to_vec(), true));
}

#[test]
fn watch_fails_the_transaction_if_the_key_changes() {
    let store = Store::new();
    let (mut client, mut other) = (Client::connect(&store), Client::connect(&store));
    for (change, fails) in [
        ("SET k v", true),
        ("DEL k", true),
        ("DEL k", false),
        ("GET k", false),
        ("SET other v", false),
        ("FLUSHALL", false),
        ("APPEND k v", true),
        ("EXPIRE k 100", true),
        ("FLUSHDB", true),
    ] {
        assert_eq!(client.ask("WATCH k"), "+OK\r\n");
        other.ask(change);
        assert_eq!(client.ask("MULTI"), "+OK\r\n");
        assert_eq!(client.ask("PING"), "+QUEUED\r\n");
        assert_eq!(client.ask("EXEC"), if fails { "*-1\r\n" } else { "*1\r\n+PONG\r\n" }, "{change}");
    }
}

#[test]
fn watch_ends_with_exec_unwatch_discard_and_reset() {
    let store = Store::new();
    let (mut client, mut other) = (Client::connect(&store), Client::connect(&store));
    for end in ["MULTI\r\nEXEC", "UNWATCH", "MULTI\r\nDISCARD", "RESET"] {
        client.ask("WATCH k");
        other.ask("APPEND k v");
        client.ask(end);
        assert_eq!(client.ask("MULTI\r\nEXEC"), "+OK\r\n*0\r\n", "{end}");
    }
}

// F6
#[test]
fn transaction_above_the_request_limit_is_refused() {
    let handler = || RedisHandler::new(&Store::new()).with_max_request_len(1000);
    let (output, closed) = exchange_with(&[b"MULTI\r\n", &b"PING\r\n".repeat(100)[..]].concat(), handler);
    let output = String::from_utf8(output).unwrap();
    // Each argument costs 64 bytes more than its length.
    assert_eq!(output.matches("+QUEUED\r\n").count(), 1000 / 68);
    assert!(output.ends_with("-ERR Protocol error: too big transaction: the limit is 1000 bytes\r\n") && closed);
}
