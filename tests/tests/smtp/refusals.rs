//! The limit on refused commands.

use std::io;

use asynchat_tests::protocols::smtp::{Draft, SmtpHandler, SmtpService, Store};

use crate::support::{ENVELOPE, PROLOGUE, PROLOGUE_CODES, SMALL_MESSAGE_LEN, converse, converse_with, service};

/// Returns the codes of the replies where the third refusal is the last one, and whether the server has closed.
fn codes(commands: &str) -> (Vec<u16>, bool) {
    let conversation = converse_with(commands, |service| service.with_max_refusals(3), |handler| handler);
    (conversation.codes(), conversation.closed_by_server)
}

/// Returns this many refused commands.
fn refused(count: usize) -> String {
    "X\r\n".repeat(count)
}

// C2
#[test]
fn smtp_refused_commands_end_with_421() {
    let conversation = converse(refused(30));
    assert_eq!(conversation.codes(), [vec![220], vec![500; 20], vec![421]].concat());
    assert!(conversation.output.ends_with("421 host closing: too many refused commands\r\n"));
    assert!(conversation.closed_by_server);
    assert!(!converse(refused(19)).closed_by_server);
}

#[test]
fn smtp_refusal_is_any_reply_of_5yz() {
    let long = "x".repeat(600);
    for (sent, refusals) in [
        ("DATA\r\nAUTH PLAIN\r\nMAIL FROM:<a\r\nNOOP\r\n".into(), [503, 502, 501]),
        (format!("{long}\r\n{long}\r\nRCPT TO:<a@b>\r\nNOOP\r\n"), [500, 500, 503]),
    ] {
        assert_eq!(codes(&sent), ([&[220], &refusals[..], &[421]].concat(), true), "{sent}");
    }
    let accepted = "NOOP\r\nHELP\r\nVRFY a\r\nRSET\r\nEHLO a\r\n".repeat(50);
    assert_eq!(codes(&accepted), ([vec![220], [250, 214, 252, 250, 250].repeat(50)].concat(), false));
}

#[test]
fn smtp_refusals_are_kept_by_rset_and_ehlo() {
    for reset in ["RSET", "EHLO a", "HELO a", "NOOP"] {
        let sent = format!("X\r\n{reset}\r\n").repeat(4);
        assert_eq!(codes(&sent), (vec![220, 500, 250, 500, 250, 500, 421], true), "{reset}");
    }
}

#[test]
fn smtp_stored_message_forgives_refusals() {
    let sent = format!("EHLO a\r\n{0}{ENVELOPE}.\r\n{0}{ENVELOPE}.\r\n{0}X\r\nX\r\n", refused(2));
    let round = [500, 500, 250, 250, 354, 250];
    let expected = [&[220, 250][..], &round, &round, &[500, 500, 500, 421]].concat();
    assert_eq!(codes(&sent), (expected, true));
}

#[test]
fn smtp_refused_message_is_a_refusal() {
    let expected = [&[220, 500, 500][..], &PROLOGUE_CODES[1..], &[554, 421]].concat();
    assert_eq!(codes(&format!("{}{PROLOGUE}bare\nnewline\r\n.\r\nNOOP\r\n", refused(2))), (expected, true));

    let large = format!("{ENVELOPE}{}\r\n.\r\n", "x".repeat(SMALL_MESSAGE_LEN));
    let conversation = converse_with(
        format!("EHLO a\r\n{}NOOP\r\n", large.repeat(2)),
        |service| service.with_max_message_len(SMALL_MESSAGE_LEN as u64).with_max_refusals(2),
        |handler| handler,
    );
    assert_eq!(conversation.codes(), [220, 250, 250, 250, 354, 552, 250, 250, 354, 552, 421]);
}

/// A store that has no room.
struct FullStore;

impl Store for FullStore {
    fn create(&self) -> io::Result<Box<dyn Draft>> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn smtp_trouble_of_the_server_is_no_refusal() {
    let sent = format!("EHLO a\r\n{}", format!("{ENVELOPE}.\r\n").repeat(3));
    let full = |_| service(FullStore).with_max_refusals(1);
    let conversation = converse_with(sent, full, |handler| handler);
    assert_eq!(conversation.codes(), [&[220, 250][..], &[250, 250, 354, 452].repeat(3)].concat());
    assert!(!conversation.closed_by_server);
}

#[test]
fn smtp_recipients_far_above_the_limit_are_refusals() {
    let one_each = |service: SmtpService| service.with_max_recipients(1).with_max_refusals(3);
    let recipients = |count: usize| "RCPT TO:<a@b>\r\n".repeat(count);
    // The first is accepted.
    let sent = format!("EHLO a\r\nMAIL FROM:<>\r\n{}", recipients(1 + 1000 + 10));
    let conversation = converse_with(sent, one_each, |handler| handler);
    assert_eq!(conversation.codes(), [vec![220, 250, 250, 250], vec![452; 1003], vec![421]].concat());
    assert!(conversation.closed_by_server);

    let sent = format!("EHLO a\r\nMAIL FROM:<>\r\n{0}RSET\r\nMAIL FROM:<>\r\n{0}", recipients(601));
    let conversation = converse_with(sent, one_each, |handler| handler);
    let second = [vec![250, 250, 250], vec![452; 403], vec![421]].concat();
    assert_eq!(conversation.codes(), [vec![220, 250, 250, 250], vec![452; 600], second].concat());
}

/// STARTTLS is a refusal itself there, so no third session follows. `smtp.sh` has both sessions of one connection.
#[test]
fn smtp_refusals_over_tls_end_with_421() {
    let three = |service: SmtpService| service.with_max_refusals(3);
    let encrypted = converse_with("STARTTLS\r\n".repeat(4), three, SmtpHandler::over_tls);
    assert_eq!(encrypted.codes(), [503, 503, 503, 421]);
    assert!(encrypted.closed_by_server);
}

#[test]
fn smtp_http_request_gets_421() {
    let long = format!("POST /{} HTTP/1.1", "x".repeat(600));
    for request in ["GET / HTTP/1.1", "POST / HTTP/1.1", "CONNECT mx:25 HTTP/1.1", "OPTIONS * HTTP/1.0", &long] {
        let conversation = converse(format!("{request}\r\nHost: a\r\n\r\n{PROLOGUE}.\r\n"));
        assert_eq!(conversation.codes(), [220, 421], "{request}");
        assert!(conversation.closed_by_server && conversation.messages.is_empty(), "{request}");
    }
    // Within a message it is text.
    assert_eq!(converse(format!("{PROLOGUE}GET / HTTP/1.1\r\n.\r\n")).messages.len(), 1);
}
