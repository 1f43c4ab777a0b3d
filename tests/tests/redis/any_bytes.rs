//! Random bytes, and commands of random parts.

use asynchat_tests::harness::random::Random;
use asynchat_tests::protocols::redis::fuzzing::{count_replies, redis};

const WORDS: [&[u8]; 36] = [
    b"\r\n",
    b"\n",
    b"*1\r\n",
    b"*2\r\n",
    b"*3\r\n",
    b"$4\r\n",
    b"$3\r\n",
    b"$1\r\n",
    b"$0\r\n",
    b"PING",
    b"SET",
    b"GET",
    b"k",
    b" ",
    b"\"",
    b"'",
    b"*",
    b"$",
    b"-1",
    b"DEL k\r\n",
    b"INCR n\r\n",
    b"QUIT\r\n",
    b"\0",
    b"MGET k n\r\n",
    b"HELLO 3\r\n",
    b"MULTI\r\n",
    b"EXEC\r\n",
    b"WATCH k\r\n",
    b"RESET\r\n",
    b"SUBSCRIBE k n\r\n",
    b"PSUBSCRIBE *\r\n",
    b"UNSUBSCRIBE\r\n",
    b"PUBLISH k n\r\n",
    b"SCAN 0\r\n",
    b"SET k v PX 1\r\n",
    b"COMMAND DOCS get client\r\n",
];

// F1, F13
#[test]
fn any_bytes_get_well_formed_replies() {
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let length = random.up_to(40);
        let stream: Vec<u8> = (0..length).flat_map(|_| WORDS[random.up_to(WORDS.len() - 1)]).copied().collect();
        redis(&stream);
        let length = random.up_to(300);
        redis(&random.bytes(length));
    }
}

#[test]
fn count_replies_rejects_malformed_output() {
    for replies in [
        "",
        "+OK\r\n",
        "-ERR a\r\n:1\r\n",
        "$-1\r\n$2\r\n\r\n\r\n",
        "*2\r\n*0\r\n$1\r\na\r\n",
        "_\r\n%1\r\n+a\r\n~0\r\n>1\r\n=5\r\ntxt:a\r\n*-1\r\n",
    ] {
        assert!(count_replies(replies.as_bytes()).is_some(), "{replies}");
    }
    for other in [
        "+OK",
        "+a\nb\r\n",
        ":x\r\n",
        "$2\r\na\r\n",
        "$1\r\nab\r\n",
        "*1\r\n",
        "*-2\r\n",
        "PONG\r\n",
        "$-2\r\n",
        "_x\r\n",
        "%1\r\n+a\r\n",
    ] {
        assert!(count_replies(other.as_bytes()).is_none(), "{other}");
    }
    assert_eq!(count_replies(b"*2\r\n:1\r\n:2\r\n+OK\r\n"), Some(2));
}
