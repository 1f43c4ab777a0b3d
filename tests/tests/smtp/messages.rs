//! Messages: dots, the end, long lines, sizes.

use asynchat_tests::protocols::smtp::PIECE_LEN;

use crate::support::{PROLOGUE, PROLOGUE_CODES, SMALL_MESSAGE_LEN, converse, send_message, send_message_with};

#[track_caller]
fn assert_stored(sent: &str, stored: &str) {
    assert_eq!(send_message(sent), (250, Some(stored.as_bytes().to_vec())), "{}", sent.escape_debug());
}

// F3, F4
#[test]
fn smtp_empty_message_ends_at_its_dot() {
    assert_stored(".\r\n", "");
    assert_stored("\r\n.\r\n", "\r\n");
}

#[test]
fn smtp_dots_are_unstuffed() {
    for (sent, stored) in [
        ("..\r\n.\r\n", ".\r\n"),
        ("...\r\n.\r\n", "..\r\n"),
        ("..a\r\n...b\r\n.\r\n", ".a\r\n..b\r\n"),
        (".a\r\n.\r\n", "a\r\n"),
        ("a.\r\nb\r\n.\r\n", "a.\r\nb\r\n"),
        ("a\r\n..\r\n\r\n..\r\n.\r\n", "a\r\n.\r\n\r\n.\r\n"),
        ("a . b\r\n.\r\n", "a . b\r\n"),
        (". \r\n.\r\n", " \r\n"),
        (".\0\r\n.\r\n", "\0\r\n"),
    ] {
        assert_stored(sent, stored);
    }
}

#[test]
fn smtp_commands_within_a_message_are_text() {
    let text = "QUIT\r\nMAIL FROM:<e@f>\r\nDATA\r\nRSET\r\n";
    assert_stored(&format!("{text}.\r\n"), text);
}

#[test]
fn smtp_octets_of_a_message_are_kept() {
    let message: Vec<u8> = (0..=255).filter(|byte| !b"\r\n".contains(byte)).chain(*b"\r\n").collect();
    assert_eq!(send_message([&message[..], b".\r\n"].concat()), (250, Some(message)));
}

// F1, L7
#[test]
fn smtp_line_of_any_length_is_kept() {
    for len in [998, 1000, 5000, 3 * PIECE_LEN] {
        let line = format!("{}\r\n", "x".repeat(len));
        assert_stored(&format!("{line}.\r\n"), &line);
    }
}

// L7
#[test]
fn smtp_command_limit_is_back_after_a_message() {
    let stream = format!("{PROLOGUE}{0}\r\n.\r\n{0}\r\nNOOP\r\n", "x".repeat(600));
    assert_eq!(converse(stream).codes(), [&PROLOGUE_CODES[..], &[250, 500, 250]].concat());
}

#[test]
fn smtp_message_above_the_limit_gets_552() {
    let send = |message: &str| {
        send_message_with(format!("{message}.\r\n"), |service| service.with_max_message_len(SMALL_MESSAGE_LEN as u64))
    };
    for line_len in [1, 2, 5, 18] {
        let line = format!("{}\r\n", "x".repeat(line_len));
        let fitting = line.repeat(SMALL_MESSAGE_LEN / line.len());
        assert_eq!(send(&fitting), (250, Some(fitting.clone().into_bytes())));
        assert_eq!(send(&format!("{fitting}{line}")).0, 552, "{line_len}");
        assert_eq!(send(&format!("{fitting}{}", line.repeat(100))).0, 552, "{line_len}");
    }
    // The CRLF counts, and a doubled dot counts once.
    assert_eq!(send(&format!("{}\r\n", "x".repeat(SMALL_MESSAGE_LEN - 1))).0, 552);
    assert_eq!(send(&format!("..{}\r\n", "x".repeat(SMALL_MESSAGE_LEN - 3))).0, 250);
}

#[test]
fn smtp_message_without_its_end_is_not_stored() {
    for cut_off in ["", "text", "text\r\n", ".", "text\r\n.", "text\r\n.\r", "\r", "..\r\n"] {
        let conversation = converse(format!("{PROLOGUE}{cut_off}"));
        assert_eq!(conversation.codes(), PROLOGUE_CODES, "{cut_off:?}");
        assert!(conversation.messages.is_empty(), "{cut_off:?}");
        assert!(!conversation.closed_by_server);
    }
}
