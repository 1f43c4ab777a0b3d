//! The domains for which the server takes mail.

use asynchat_tests::protocols::smtp::SmtpService;

use crate::support::{converse, converse_with};

fn local(service: SmtpService) -> SmtpService {
    service.with_domains(["example.org", "Sub.Example.org", "[192.0.2.1]"])
}

/// Returns the codes of the replies to RCPT for these paths.
fn codes(paths: &[&str]) -> Vec<u16> {
    let recipients: String = paths.iter().map(|path| format!("RCPT TO:{path}\r\n")).collect();
    let commands = format!("EHLO a\r\nMAIL FROM:<me@elsewhere>\r\n{recipients}");
    converse_with(commands, local, |handler| handler).codes().split_off(3)
}

#[test]
fn smtp_recipient_in_a_named_domain_is_accepted() {
    let paths = [
        "<a@example.org>",
        "<a@EXAMPLE.ORG>",
        "<a@sub.example.org>",
        "<a@[192.0.2.1]>",
        "<postmaster>",
        "<Postmaster@example.org>",
        "<\"a@elsewhere\"@example.org>",
        "<@elsewhere:a@example.org>",
        "<a%elsewhere@example.org>",
    ];
    assert_eq!(codes(&paths), vec![250; paths.len()]);
}

#[test]
fn smtp_recipient_in_another_domain_gets_550() {
    let paths = [
        "<a@elsewhere>",
        "<a@example.org.elsewhere>",
        "<a@xexample.org>",
        "<a@org>",
        "<a@other.example.org>",
        "<a@192.0.2.1>",
        "<a@[192.0.2.2]>",
        "<postmaster@elsewhere>",
        "<\"a@example.org\"@elsewhere>",
        "<@example.org:a@elsewhere>",
    ];
    assert_eq!(codes(&paths), vec![550; paths.len()]);
}

#[test]
fn smtp_recipient_of_any_domain_by_default() {
    assert_eq!(converse("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@elsewhere>\r\n").codes(), [220, 250, 250, 250]);
}

#[test]
fn smtp_message_goes_to_local_recipients_alone() {
    let envelope = "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@elsewhere>\r\n";
    let commands = format!("{envelope}DATA\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<c@elsewhere>\r\nDATA\r\n.\r\n");
    let conversation = converse_with(commands, local, |handler| handler);
    assert_eq!(conversation.codes(), [220, 250, 250, 550, 554, 250, 550, 354, 250]);
    let message = String::from_utf8_lossy(&conversation.messages[0]).into_owned();
    assert!(message.starts_with("Return-Path: <>\r\nDelivered-To: b@example.org\r\nReceived:"), "{message}");
    assert!(!message.contains("elsewhere"));
}

#[test]
fn smtp_recipient_elsewhere_is_refused_above_the_limit() {
    let commands =
        "EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<b@elsewhere>\r\nRCPT TO:<b@example.org>\r\n";
    let conversation = converse_with(commands, |service| local(service).with_max_recipients(1), |handler| handler);
    assert_eq!(conversation.codes(), [220, 250, 250, 250, 550, 452]);
    // Without a sender it is out of sequence, whoever it is for.
    let commands = "EHLO a\r\nRCPT TO:<b@elsewhere>\r\nRCPT TO:<b@example.org>\r\n";
    assert_eq!(converse_with(commands, local, |handler| handler).codes(), [220, 250, 503, 503]);
}
