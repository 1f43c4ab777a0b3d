//! Requests as they are typed.

use crate::support::{assert_refused, assert_replies};

#[test]
fn a_line_may_end_in_lf_alone_and_may_be_empty() {
    assert_replies("\r\n\n  \t \r\nPING\nPING \r\r\n", "+PONG\r\n+PONG\r\n");
}

#[test]
fn quotes_keep_words_together() {
    assert_replies(
        "ECHO \"a b\"\r\nECHO 'a \\'b'\r\nECHO \"\\x41\\n\"\r\nECHO ''\r\n",
        "$3\r\na b\r\n$4\r\na 'b\r\n$2\r\nA\n\r\n$0\r\n\r\n",
    );
}

#[test]
fn unbalanced_quotes_close() {
    for line in ["\"", "ECHO 'a", "ECHO \"a\"b", "ECHO 'a'b"] {
        assert_refused(line.as_bytes(), "unbalanced quotes in request");
    }
}

// C2
#[test]
fn a_request_of_http_closes_without_a_word() {
    for request in ["POST / HTTP/1.1\r\nHost: a\r\n\r\nPING\r\n", "Host: a\r\nPING\r\n"] {
        assert_eq!(crate::support::exchange(request.as_bytes()), (Vec::new(), true));
    }
}
