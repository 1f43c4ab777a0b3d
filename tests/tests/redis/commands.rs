//! The reply of each command. The error texts are those of Redis 7; `tests/clients/redis.sh` compares the two servers.

use std::cell::Cell;
use std::time::{Duration, Instant};

use asynchat_core::{Chat, Config, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{RedisHandler, Store};
use bytes::Buf;

use crate::support::{assert_replies, exchange, exchange_small};

#[test]
fn ping_and_echo_reply() {
    assert_replies(
        "PING\r\nping hello\r\nPiNg a b\r\n",
        "+PONG\r\n$5\r\nhello\r\n-ERR wrong number of arguments for 'ping' command\r\n",
    );
    assert_replies("*2\r\n$4\r\necho\r\n$2\r\n\r\n\r\n", "$2\r\n\r\n\r\n");
}

#[test]
fn get_returns_what_set_stored() {
    assert_replies(
        "SET k v\r\nGET k\r\nget K\r\nSET k \"\"\r\nGET k\r\n",
        "+OK\r\n$1\r\nv\r\n$-1\r\n+OK\r\n$0\r\n\r\n",
    );
    assert_replies("MSET a 1 b 2 a 3\r\nMGET a x b\r\n", "+OK\r\n*3\r\n$1\r\n3\r\n$-1\r\n$1\r\n2\r\n");
    assert_replies("MSET a 1 b\r\n", "-ERR wrong number of arguments for 'mset' command\r\n");
}

#[test]
fn del_exists_dbsize_and_flushall_count_keys() {
    assert_replies(
        "MSET a 1 b 2 c 3\r\nDBSIZE\r\nEXISTS a a x\r\nDEL a a x b\r\nDBSIZE\r\nFLUSHALL\r\nDBSIZE\r\n",
        "+OK\r\n:3\r\n:2\r\n:2\r\n:1\r\n+OK\r\n:0\r\n",
    );
    assert_replies(
        "FLUSHALL async\r\nFLUSHALL now\r\nFLUSHALL SYNC x\r\n",
        "+OK\r\n-ERR syntax error\r\n-ERR syntax error\r\n",
    );
}

#[test]
fn incr_rejects_values_that_are_not_integers() {
    assert_replies("INCR n\r\nINCR n\r\nGET n\r\nSET n -1\r\nINCR n\r\n", ":1\r\n:2\r\n$1\r\n2\r\n+OK\r\n:0\r\n");
    for value in ["abc", "1.0", "\" 1\"", "\"\"", "01", "9223372036854775808"] {
        assert_replies(
            &format!("SET n {value}\r\nINCR n\r\n"),
            "+OK\r\n-ERR value is not an integer or out of range\r\n",
        );
    }
    assert_replies("SET n 9223372036854775807\r\nINCR n\r\n", "+OK\r\n-ERR increment or decrement would overflow\r\n");
}

#[test]
fn append_extends_values_up_to_the_limit() {
    assert_replies("APPEND k abc\r\nAPPEND k de\r\nGET k\r\n", ":3\r\n:5\r\n$5\r\nabcde\r\n");
    let (output, _) =
        exchange_small(b"APPEND k 0123456789012345678901234567890123456789\r\nAPPEND k x\r\nAPPEND k \"\"\r\n");
    let replies = ":40\r\n-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n:40\r\n";
    assert_eq!(String::from_utf8_lossy(&output), replies);
}

#[test]
fn set_options_work_and_conflicts_are_refused() {
    assert_replies(
        "SET k a XX\r\nSET k a NX\r\nSET k b nx\r\nSET k b XX\r\nGET k\r\n",
        "$-1\r\n+OK\r\n$-1\r\n+OK\r\n$1\r\nb\r\n",
    );
    assert_replies(
        "SET k a GET\r\nSET k b GET\r\nSET k c NX GET\r\nGET k\r\n",
        "$-1\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nb\r\n",
    );
    for options in ["EX", "EX 1 PX 1", "KEEPTTL EX 1", "PX 1 KEEPTTL", "NX XX", "XX NX", "what", "EX 1 EX 1"] {
        assert_replies(&format!("SET k v {options}\r\n"), "-ERR syntax error\r\n");
    }
    for time in ["0", "-1", "9223372036854775807"] {
        assert_replies(&format!("SET k v EX {time}\r\n"), "-ERR invalid expire time in 'set' command\r\n");
    }
    assert_replies("SET k v PX x\r\n", "-ERR value is not an integer or out of range\r\n");
}

#[test]
fn set_expiry_removes_the_key_on_time() {
    thread_local! {
        static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static BEGIN: Instant = Instant::now();
    }
    let store = Store::with_clock(|| BEGIN.with(|begin| *begin) + PASSED.get());
    let mut chat = Chat::new(RedisHandler::new(&store), Config::default());
    let mut ask = |milliseconds: u64, request: &str| {
        PASSED.set(Duration::from_millis(milliseconds));
        chat.handle_input(Duration::ZERO, &mut Input::new(format!("{request}\r\n").as_bytes())).unwrap();
        let mut staged = chat.poll_transmit(&mut noop_context());
        String::from_utf8(staged.copy_to_bytes(staged.remaining()).to_vec()).unwrap()
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
fn unknown_commands_and_wrong_arity_reply_like_redis() {
    assert_replies("foo\r\n", "-ERR unknown command 'foo', with args beginning with: \r\n");
    assert_replies("Foo \"a\\r\\nb\" c\r\n", "-ERR unknown command 'Foo', with args beginning with: 'a  b' 'c' \r\n");
    let long = "x".repeat(200);
    let cut = "x".repeat(128);
    assert_replies(
        &format!("{long} {long} b\r\n"),
        &format!("-ERR unknown command '{cut}', with args beginning with: '{cut}' \r\n"),
    );
    for (request, name) in
        [("gEt", "get"), ("GET a b", "get"), ("SET a", "set"), ("DEL", "del"), ("DBSIZE x", "dbsize")]
    {
        assert_replies(&format!("{request}\r\n"), &format!("-ERR wrong number of arguments for '{name}' command\r\n"));
    }
}

#[test]
fn handshake_commands_of_clients_are_answered() {
    assert_replies(
        "CONFIG GET save\r\nCONFIG GET appendonly\r\n",
        "*2\r\n$4\r\nsave\r\n$0\r\n\r\n*2\r\n$10\r\nappendonly\r\n$2\r\nno\r\n",
    );
    assert_replies("COMMAND DOCS\r\nCOMMAND\r\n", "*0\r\n*0\r\n");
    assert_replies(
        "CLIENT SETINFO LIB-NAME x\r\nCLIENT SETNAME me\r\nCLIENT GETNAME\r\n",
        "+OK\r\n+OK\r\n$2\r\nme\r\n",
    );
    assert_replies(
        "SELECT 0\r\nSELECT 1\r\nSELECT x\r\n",
        "+OK\r\n-ERR DB index is out of range\r\n-ERR value is not an integer or out of range\r\n",
    );
    assert_replies("HELLO 3\r\n", "-NOPROTO unsupported protocol version\r\n");
    let (hello, _) = exchange(b"HELLO 2 AUTH default x SETNAME a\r\n");
    assert!(hello.starts_with(b"*14\r\n$6\r\nserver\r\n"));
    let (info, _) = exchange(b"SET k v\r\nINFO\r\n");
    assert!(String::from_utf8(info).unwrap().contains("\r\ndb0:keys=1,"));
}

// C2
#[test]
fn quit_discards_later_commands() {
    assert_eq!(exchange(b"QUIT\r\nPING\r\n"), (b"+OK\r\n".to_vec(), true));
}
