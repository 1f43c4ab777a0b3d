//! Single commands and their replies.

use asynchat_tests::protocols::smtp::{MAX_COMMAND_LEN, MAX_MAIL_LEN, SmtpHandler};

use crate::support::{converse, converse_with};

/// Returns the replies to these commands, without the greeting.
fn replies(commands: &str) -> String {
    converse(commands).output.split_off("220 host ESMTP asynchat\r\n".len())
}

#[test]
fn smtp_ehlo_lists_the_extensions() {
    let extensions = "250-host\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 52428800\r\n250 HELP\r\n";
    assert_eq!(replies("EHLO client.example\r\n"), extensions);
    assert_eq!(replies("HELO client.example\r\n"), "250 host\r\n");
    let offering = converse_with("EHLO a\r\n", |service| service, SmtpHandler::with_starttls);
    assert!(offering.output.contains("250-STARTTLS\r\n"));
    let encrypted = converse_with("EHLO a\r\nSTARTTLS\r\n", |service| service, SmtpHandler::over_tls);
    assert_eq!(encrypted.output, format!("{extensions}503 TLS is active already\r\n"));
}

#[test]
fn smtp_commands_without_a_session_are_answered() {
    let conversation =
        converse("NOOP\r\nnoop x y\r\nHELP\r\nHELP DATA\r\nVRFY <a@b>\r\nRSET\r\nEXPN a\r\nSTARTTLS\r\n");
    assert_eq!(conversation.codes(), [220, 250, 250, 214, 214, 252, 250, 502, 502]);
    assert!(!conversation.closed_by_server);
}

// C2
#[test]
fn smtp_quit_is_the_last_command() {
    let conversation = converse("QUIT\r\nNOOP\r\n");
    assert_eq!(conversation.codes(), [220, 221]);
    assert!(conversation.closed_by_server);
    assert_eq!(converse("QUIT now\r\nNOOP\r\n").codes(), [220, 501, 250]);
}

#[test]
fn smtp_malformed_commands_are_refused_and_forgotten() {
    let commands = "\r\nHTTP/1.1 200\r\nEHLO\r\nEHLO a b\r\nMAIL FROM:a@b\r\nRCPT TO:<a b@c>\r\nDATA x\r\nNOOP\r\n";
    assert_eq!(converse(commands).codes(), [220, 500, 500, 501, 501, 501, 501, 501, 250]);
}

// L1, L2, L6
#[test]
fn smtp_command_too_long_gets_500() {
    for (verb, max_len) in [("NOOP ", MAX_COMMAND_LEN), ("MAIL ", MAX_MAIL_LEN)] {
        let line = |len: usize| format!("{verb}{}\r\nNOOP\r\n", "x".repeat(len - verb.len() - 2));
        let code = if verb == "MAIL " { 501 } else { 250 };
        assert_eq!(converse(line(max_len)).codes(), [220, code, 250], "{verb}");
        for len in [max_len + 1, MAX_MAIL_LEN + 1, MAX_MAIL_LEN + 2, 3000] {
            assert_eq!(converse(line(len)).codes(), [220, 500, 250], "{verb} {len}");
        }
    }
}

// C2
#[test]
fn smtp_bare_newline_in_command_gets_421() {
    for line in ["NOOP\n", "NOOP\n\r\n", "NOOP\rX", "\n", "NO\0OP\r \r\n", "EHLO a\nMAIL FROM:<a@b>\r\n"] {
        let conversation = converse(format!("NOOP\r\n{line}QUIT\r\n"));
        assert_eq!(conversation.codes(), [220, 250, 421], "{line:?}");
        assert!(conversation.closed_by_server, "{line:?}");
    }
    // Within a line that is skipped it is skipped.
    let skipped = format!("{}\nQUIT\n\r\nNOOP\r\n", "x".repeat(600));
    assert_eq!(converse(skipped).codes(), [220, 500, 250]);
}
