//! The reply of each command. The error texts are those of Redis 7; `tests/clients/redis.sh` compares the two servers.

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
fn counters_add_and_refuse_overflow() {
    assert_replies(
        "INCRBY n 5\r\nDECR n\r\nDECRBY n 10\r\nINCRBY n x\r\n",
        ":5\r\n:4\r\n:-6\r\n-ERR value is not an integer or out of range\r\n",
    );
    assert_replies(
        "SET n -9223372036854775808\r\nDECR n\r\nDECRBY n -9223372036854775808\r\n",
        "+OK\r\n-ERR increment or decrement would overflow\r\n-ERR decrement would overflow\r\n",
    );
}

#[test]
fn string_commands_return_previous_values() {
    assert_replies(
        "GETSET k a\r\nGETSET k b\r\nSTRLEN k\r\nGETDEL k\r\nGETDEL k\r\nSTRLEN k\r\n",
        "$-1\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n$-1\r\n:0\r\n",
    );
    assert_replies("SETNX k a\r\nSETNX k b\r\nGET k\r\n", ":1\r\n:0\r\n$1\r\na\r\n");
    assert_replies(
        "MSETNX a 1 b 2\r\nMSETNX b 3 c 4\r\nMGET a b c\r\n",
        ":1\r\n:0\r\n*3\r\n$1\r\n1\r\n$1\r\n2\r\n$-1\r\n",
    );
    assert_replies(
        "SET k hello\r\nGETRANGE k 1 -2\r\nGETRANGE k -100 100\r\nGETRANGE k 3 1\r\nGETRANGE none 0 1\r\n",
        "+OK\r\n$3\r\nell\r\n$5\r\nhello\r\n$0\r\n\r\n$0\r\n\r\n",
    );
}

#[test]
fn type_keys_and_rename_work() {
    assert_replies(
        "SET k v\r\nTYPE k\r\nTYPE none\r\nKEYS k*\r\nKEYS x*\r\nRENAME k l\r\nRENAME k l\r\nGET l\r\n",
        "+OK\r\n+string\r\n+none\r\n*1\r\n$1\r\nk\r\n*0\r\n+OK\r\n-ERR no such key\r\n$1\r\nv\r\n",
    );
}

#[test]
fn scan_goes_through_all_keys() {
    let keys: String = (0..25).map(|number| format!(" key:{number} v")).collect();
    let (output, _) = exchange(format!("MSET{keys}\r\nSCAN 0\r\nSCAN 15\r\nSCAN 5\r\nSCAN x\r\n").as_bytes());
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("*2\r\n$2\r\n15\r\n*10\r\n"), "{output}");
    assert!(output.contains("*2\r\n$1\r\n0\r\n*5\r\n"), "{output}");
    assert!((0..25).all(|number| output.contains(&format!("\r\nkey:{number}\r\n"))), "{output}");
    assert!(output.ends_with("-ERR invalid cursor\r\n"));
    assert_replies(
        "MSET a 1 b 2\r\nSCAN 0 MATCH a COUNT 100 TYPE string\r\nSCAN 0 TYPE list\r\nSCAN 0 COUNT 0\r\n",
        "+OK\r\n*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n*2\r\n$1\r\n0\r\n*0\r\n-ERR syntax error\r\n",
    );
}

#[test]
fn command_describes_commands_and_subcommands() {
    assert_replies(
        "COMMAND INFO get client|id\r\n",
        "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*0\r\n*0\r\n*0\r\n*0\r\n\
         *10\r\n$9\r\nclient|id\r\n:2\r\n*3\r\n+noscript\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\n*0\r\n*0\r\n*0\r\n*0\r\n",
    );
    let (docs, _) = exchange(b"COMMAND DOCS set\r\n");
    assert!(String::from_utf8(docs).unwrap().starts_with("*2\r\n$3\r\nset\r\n*6\r\n$7\r\nsummary\r\n"));
}

#[test]
fn client_list_describes_each_client() {
    let (list, _) =
        exchange(b"CLIENT SETNAME me\r\nCLIENT SETINFO LIB-NAME lib\r\nCLIENT LIST\r\nCLIENT LIST TYPE pubsub\r\n");
    let list = String::from_utf8(list).unwrap();
    assert!(
        list.contains(" name=me age=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 resp=2 lib-name=lib lib-ver=\n\r\n"),
        "{list}"
    );
    assert!(list.ends_with("$0\r\n\r\n"));
    assert_replies("CLIENT LIST TYPE x\r\nCLIENT LIST x\r\n", "-ERR Unknown client type 'x'\r\n-ERR syntax error\r\n");
}

#[test]
fn info_returns_the_sections_that_are_asked_for() {
    let (info, _) = exchange(b"INFO replication\r\nINFO nosuch\r\n");
    let info = String::from_utf8(info).unwrap();
    assert_eq!(info, "$48\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n$0\r\n\r\n");
    let (info, _) = exchange(b"INFO\r\n");
    let info = String::from_utf8(info).unwrap();
    assert!(
        ["Server", "Clients", "Replication", "Keyspace"].iter().all(|name| info.contains(&format!("# {name}\r\n")))
    );
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
    for options in
        ["EX", "EX 1 PX 1", "KEEPTTL EX 1", "PX 1 KEEPTTL", "NX XX", "XX NX", "what", "EXAT 1 EX 1", "EX 1 PERSIST"]
    {
        assert_replies(&format!("SET k v {options}\r\n"), "-ERR syntax error\r\n");
    }
    for time in ["0", "-1", "9223372036854775807"] {
        assert_replies(&format!("SET k v EX {time}\r\n"), "-ERR invalid expire time in 'set' command\r\n");
    }
    assert_replies("SET k v PX x\r\n", "-ERR value is not an integer or out of range\r\n");
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
    assert_replies("COMMAND DOCS nosuch\r\nCOMMAND INFO nosuch\r\n", "*0\r\n*1\r\n$-1\r\n");
    assert_replies(
        "CLIENT SETINFO LIB-NAME x\r\nCLIENT SETNAME me\r\nCLIENT GETNAME\r\n",
        "+OK\r\n+OK\r\n$2\r\nme\r\n",
    );
    assert_replies(
        "SELECT 0\r\nSELECT 1\r\nSELECT x\r\n",
        "+OK\r\n-ERR DB index is out of range\r\n-ERR value is not an integer or out of range\r\n",
    );
    assert_replies("HELLO 4\r\n", "-NOPROTO unsupported protocol version\r\n");
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
