//! The order of commands, the envelope, and pipelining.

use crate::support::{converse, converse_with};

/// Returns the codes of the replies behind that to EHLO.
fn codes(commands: &str) -> Vec<u16> {
    let codes = converse(format!("EHLO a\r\n{commands}")).codes();
    assert_eq!(codes[..2], [220, 250]);
    codes[2..].to_vec()
}

#[test]
fn smtp_command_out_of_sequence_gets_503() {
    assert_eq!(converse("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n").codes(), [220, 503, 503, 503]);
    assert_eq!(codes("RCPT TO:<a@b>\r\nDATA\r\n"), [503, 503]);
    assert_eq!(codes("MAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\nDATA\r\n"), [250, 503, 503]);
}

#[test]
fn smtp_transaction_is_reset_by_rset_and_ehlo() {
    for reset in ["RSET", "EHLO b", "HELO b"] {
        let commands =
            format!("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n{reset}\r\nRCPT TO:<a@b>\r\nDATA\r\nMAIL FROM:<>\r\n");
        assert_eq!(codes(&commands), [250, 250, 250, 503, 503, 250], "{reset}");
    }
    // One that is refused resets nothing.
    assert_eq!(codes("MAIL FROM:<a@b>\r\nEHLO\r\nRSET x\r\nRCPT TO:<a@b>\r\n"), [250, 501, 501, 250]);
}

#[test]
fn smtp_pipelined_group_without_recipients_gets_554() {
    // RFC 2920 section 3.1: DATA is sent before the replies to RCPT are known.
    assert_eq!(codes("MAIL FROM:<a@b>\r\nRCPT TO:<a\r\nrcpt TO:<b>\r\nDATA\r\n"), [250, 501, 501, 554]);
    assert_eq!(codes("MAIL FROM:<a@b>\r\nRCPT TO:<a\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n"), [250, 501, 250, 354, 250]);
    assert_eq!(codes("RCPT TO:<a\r\nMAIL FROM:<a@b>\r\nDATA\r\n"), [501, 250, 503]);
}

#[test]
fn smtp_recipients_above_the_limit_get_452() {
    let commands = format!("EHLO a\r\nMAIL FROM:<a@b>\r\n{}DATA\r\n.\r\n", "RCPT TO:<a@b>\r\n".repeat(4));
    let conversation = converse_with(commands, |service| service.with_max_recipients(2), |handler| handler);
    assert_eq!(conversation.codes(), [220, 250, 250, 250, 250, 452, 452, 354, 250]);
    let trace = String::from_utf8_lossy(&conversation.messages[0]).into_owned();
    assert_eq!(trace.matches("Delivered-To: a@b\r\n").count(), 2);

    let commands = format!("MAIL FROM:<a@b>\r\n{}", "RCPT TO:<a@b>\r\n".repeat(101));
    assert_eq!(codes(&commands)[1..], [vec![250; 100], vec![452]].concat(), "the least that a server has to take");
}

#[test]
fn smtp_declared_size_above_the_limit_gets_552() {
    let conversation = converse_with(
        "EHLO a\r\nMAIL FROM:<a@b> SIZE=20\r\nRSET\r\nMAIL FROM:<a@b> SIZE=21\r\nRCPT TO:<a@b>\r\nMAIL FROM:<>\r\n",
        |service| service.with_max_message_len(20),
        |handler| handler,
    );
    assert_eq!(conversation.codes(), [220, 250, 250, 250, 552, 503, 250]);
    assert_eq!(codes("MAIL FROM:<a@b> SIZE=99999999999999999999\r\n"), [552]);
}

// O1
#[test]
fn smtp_pipelined_transactions_are_answered_in_order() {
    let transaction = |number: usize| {
        format!("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<\r\nDATA\r\nmessage {number}\r\n.\r\nNOOP\r\n")
    };
    let commands: String = (0..20).map(transaction).collect();
    let conversation = converse(format!("EHLO a\r\n{commands}QUIT\r\n"));
    let codes = [&[220, 250][..], &[250, 250, 501, 354, 250, 250].repeat(20), &[221]].concat();
    assert_eq!(conversation.codes(), codes);
    let expected: Vec<_> = (0..20).map(|number| format!("message {number}\r\n").into_bytes()).collect();
    assert_eq!(conversation.contents(), expected);
}

#[test]
fn smtp_trace_names_session_and_envelope() {
    let commands = "EHLO client.example\r\nMAIL FROM:<\"a b\"@c>\r\nRCPT TO:<@x,@y:d@e>\r\nDATA\r\n.\r\n\
                    HELO [127.0.0.1]\r\nMAIL FROM:<>\r\nRCPT TO:<PostMaster>\r\nRCPT TO:<d@e>\r\nDATA\r\n.\r\n";
    let conversation =
        converse_with(commands, |service| service, |handler| handler.with_peer("::ffff:192.0.2.1".parse().unwrap()));
    let date = "Thu, 01 Jan 1970 00:00:00 +0000";
    let expected = [
        format!(
            "Return-Path: <\"a b\"@c>\r\nDelivered-To: d@e\r\nReceived: from client.example ([192.0.2.1])\r\n\
             \tby host with ESMTP\r\n\tfor <d@e>;\r\n\t{date}\r\n"
        ),
        format!(
            "Return-Path: <>\r\nDelivered-To: postmaster\r\nDelivered-To: d@e\r\n\
             Received: from [127.0.0.1] ([192.0.2.1])\r\n\tby host with SMTP;\r\n\t{date}\r\n"
        ),
    ];
    assert_eq!(conversation.messages, expected.map(String::into_bytes));
}
