//! The replies in RESP3, which a client asks for with `HELLO 3`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::exchange;

/// Returns the replies behind that of `HELLO 3`.
fn replies(requests: &str) -> String {
    let (output, closed) = exchange(format!("HELLO 3\r\n{requests}").as_bytes());
    assert!(!closed);
    let output = String::from_utf8(output).unwrap();
    let hello = "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n";
    assert!(output.starts_with(hello), "{output}");
    let (_, rest) = output.split_once("$7\r\nmodules\r\n*0\r\n").unwrap();
    rest.to_owned()
}

#[test]
fn resp3_null_is_a_type_of_its_own() {
    assert_eq!(replies("GET none\r\nMGET none\r\nSET k v GET\r\nSET k v NX\r\n"), "_\r\n*1\r\n_\r\n_\r\n_\r\n");
    let keys = " none".repeat(40);
    assert_eq!(replies(&format!("SET k {}\r\nMGET k{keys}\r\n", "v".repeat(2000))).matches("_\r\n").count(), 40);
}

#[test]
fn resp3_has_maps_sets_and_text() {
    assert_eq!(replies("CONFIG GET save\r\n"), "%1\r\n$4\r\nsave\r\n$0\r\n\r\n");
    assert!(replies("COMMAND DOCS get\r\n").starts_with("%1\r\n$3\r\nget\r\n%3\r\n"));
    assert!(replies("COMMAND INFO get\r\n").contains("\r\n~2\r\n+readonly\r\n+fast\r\n"));
    assert_eq!(replies("INFO nosuch\r\n"), "=4\r\ntxt:\r\n");
    assert!(replies("CLIENT LIST\r\n").starts_with('='));
}

#[test]
fn resp3_messages_are_pushes_between_replies() {
    assert_eq!(
        replies("SUBSCRIBE a\r\nPUBLISH a hi\r\nGET none\r\nUNSUBSCRIBE\r\nUNSUBSCRIBE\r\n"),
        ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n\
         >3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n:1\r\n_\r\n\
         >3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n>3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n"
    );
}

#[test]
fn resp3_ends_with_hello_2_and_with_reset() {
    assert!(replies("HELLO 2\r\nGET none\r\n").ends_with("\r\n$-1\r\n"));
    assert_eq!(replies("RESET\r\nGET none\r\n"), "+RESET\r\n$-1\r\n");
    assert!(replies("HELLO\r\n").starts_with("%7\r\n"), "HELLO alone changes nothing");
}
