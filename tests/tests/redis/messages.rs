//! Messages between clients: `SUBSCRIBE`, `PUBLISH`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use asynchat_core::ProducerQueue;
use asynchat_tests::protocols::redis::Store;

use crate::support::{Client, assert_replies, bulk_string};

fn message(channel: &str, text: &str) -> String {
    let strings = ["message", channel, text].map(|string| String::from_utf8(bulk_string(string.as_bytes())).unwrap());
    format!("*3\r\n{}", strings.concat())
}

fn confirmation(word: &str, name: &str, count: usize) -> String {
    let strings = [word, name].map(|string| String::from_utf8(bulk_string(string.as_bytes())).unwrap());
    format!("*3\r\n{}:{count}\r\n", strings.concat())
}

#[test]
fn message_reaches_the_subscribers_of_its_channel() {
    let store = Store::new();
    let [mut one, mut other, mut sender] = [(); 3].map(|()| Client::connect(&store));
    assert_eq!(one.ask("SUBSCRIBE a b"), confirmation("subscribe", "a", 1) + &confirmation("subscribe", "b", 2));
    assert_eq!(other.ask("PSUBSCRIBE a*"), confirmation("psubscribe", "a*", 1));
    assert_eq!(sender.ask("PUBLISH a hello"), ":2\r\n");
    assert_eq!(sender.ask("PUBLISH b bye"), ":1\r\n");
    assert_eq!(sender.ask("PUBLISH c nobody"), ":0\r\n");
    assert_eq!(one.receive(), message("a", "hello") + &message("b", "bye"));
    assert_eq!(other.receive(), "*4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$1\r\na\r\n$5\r\nhello\r\n");
    assert_eq!(sender.ask("PUBSUB CHANNELS"), sender.ask("PUBSUB CHANNELS *"));
    assert_eq!(sender.ask("PUBSUB NUMSUB a x"), "*4\r\n$1\r\na\r\n:1\r\n$1\r\nx\r\n:0\r\n");
    assert_eq!(sender.ask("PUBSUB NUMPAT"), ":1\r\n");
}

#[test]
fn subscriber_is_told_apart_in_each_protocol() {
    let store = Store::new();
    let [mut resp2, mut resp3, mut sender] = [(); 3].map(|()| Client::connect(&store));
    resp3.ask("HELLO 3");
    resp2.ask("SUBSCRIBE a");
    resp3.ask("SUBSCRIBE a");
    assert_eq!(sender.ask("PUBLISH a x"), ":2\r\n");
    assert_eq!(resp2.receive(), message("a", "x"));
    assert_eq!(resp3.receive(), message("a", "x").replacen('*', ">", 1));
    // Messages that come after HELLO are in the new protocol.
    resp3.ask("HELLO 2");
    sender.ask("PUBLISH a y");
    assert_eq!(resp3.receive(), message("a", "y"));
}

#[test]
fn subscriber_in_resp2_may_send_few_commands() {
    let refused = |name: &str| {
        format!(
            "-ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this \
             context\r\n"
        )
    };
    assert_replies(
        "SUBSCRIBE a\r\nPING\r\nPING hi\r\nGET k\r\nCLIENT ID\r\nUNSUBSCRIBE a\r\nPING\r\n",
        &[
            confirmation("subscribe", "a", 1),
            "*2\r\n$4\r\npong\r\n$0\r\n\r\n*2\r\n$4\r\npong\r\n$2\r\nhi\r\n".to_owned(),
            refused("get"),
            refused("client|id"),
            confirmation("unsubscribe", "a", 0),
            "+PONG\r\n".to_owned(),
        ]
        .concat(),
    );
}

/// A RESP2 client would take a message behind the confirmation for the reply to its next command.
#[test]
fn no_message_comes_behind_the_last_unsubscription() {
    let store = Store::new();
    let (mut client, mut sender) = (Client::connect(&store), Client::connect(&store));
    for end in ["UNSUBSCRIBE a", "UNSUBSCRIBE", "RESET"] {
        client.ask("SUBSCRIBE a");
        sender.ask("PUBLISH a one");
        sender.ask("PUBLISH a two");
        client.send(&format!("{end}\r\nPING\r\n"));
        let confirmation = if end == "RESET" { "+RESET\r\n".to_owned() } else { confirmation("unsubscribe", "a", 0) };
        assert_eq!(client.receive(), message("a", "one") + &message("a", "two") + &confirmation + "+PONG\r\n", "{end}");
        assert_eq!(sender.ask("PUBLISH a three"), ":0\r\n");
        assert_eq!(client.receive(), "");
    }
}

#[test]
fn message_within_a_transaction_is_sent() {
    let store = Store::new();
    let (mut client, mut sender) = (Client::connect(&store), Client::connect(&store));
    client.ask("SUBSCRIBE a");
    assert_eq!(
        sender.ask("MULTI\r\nPUBLISH a x\r\nSET k v\r\nEXEC"),
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n+OK\r\n"
    );
    assert_eq!(client.receive(), message("a", "x"));
}

// O9
#[test]
fn subscriber_that_does_not_read_is_dropped() {
    let store = Store::new();
    let text = "x".repeat(100);
    let cost = message("a", &text).len() + ProducerQueue::CHUNK_COST;
    let mut slow = Client::with_mailbox(&store, 10 * cost);
    let (mut good, mut sender) = (Client::connect(&store), Client::connect(&store));
    slow.ask("SUBSCRIBE a");
    good.ask("SUBSCRIBE a");
    for _ in 0..10 {
        assert_eq!(sender.ask(&format!("PUBLISH a {text}")), ":2\r\n");
    }
    assert!(!slow.is_aborted());
    assert_eq!(sender.ask(&format!("PUBLISH a {text}")), ":1\r\n", "its mailbox is full");
    assert!(slow.is_aborted());
    drop(slow);
    assert_eq!(sender.ask("PUBSUB NUMSUB a"), "*2\r\n$1\r\na\r\n:1\r\n");
    assert_eq!(good.receive(), message("a", &text).repeat(11));
}

#[test]
fn client_that_ends_has_no_subscription() {
    let store = Store::new();
    let (mut client, mut sender) = (Client::connect(&store), Client::connect(&store));
    client.ask("SUBSCRIBE a\r\nPSUBSCRIBE *");
    assert_eq!(sender.ask("PUBLISH a x"), ":2\r\n");
    drop(client);
    assert_eq!(sender.ask("PUBLISH a x"), ":0\r\n");
    assert_eq!(sender.ask("PUBSUB NUMPAT"), ":0\r\n");
}
