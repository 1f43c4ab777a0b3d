//! Inline commands.

use crate::support::{assert_protocol_error, assert_replies};

#[test]
fn inline_line_ends_in_lf_or_is_empty() {
    assert_replies("\r\n\n  \t \r\nPING\nPING \r\r\n", "+PONG\r\n+PONG\r\n");
}

#[test]
fn inline_quotes_keep_words_together() {
    assert_replies(
        "ECHO \"a b\"\r\nECHO 'a \\'b'\r\nECHO \"\\x41\\n\"\r\nECHO ''\r\n",
        "$3\r\na b\r\n$4\r\na 'b\r\n$2\r\nA\n\r\n$0\r\n\r\n",
    );
}

#[test]
fn inline_unbalanced_quotes_close_the_connection() {
    for line in ["\"", "ECHO 'a", "ECHO \"a\"b", "ECHO 'a'b"] {
        assert_protocol_error(line.as_bytes(), "unbalanced quotes in request");
    }
}

// C2
#[test]
fn http_request_is_closed_without_a_reply() {
    for request in ["POST / HTTP/1.1\r\nHost: a\r\n\r\nPING\r\n", "Host: a\r\nPING\r\n"] {
        assert_eq!(crate::support::exchange(request.as_bytes()), (Vec::new(), true));
    }
}
