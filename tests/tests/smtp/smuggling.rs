//! Ends of a message that other servers have taken for one (SMTP smuggling). None ends a message here.

use crate::support::{PROLOGUE, PROLOGUE_CODES, converse, send_message};

/// A second message that an attacker hides in the first.
const SMUGGLED: &str = "MAIL FROM:<admin@host>\r\nRCPT TO:<victim@host>\r\nDATA\r\nsmuggled\r\n.\r\n";

/// The published sequences: CVE-2023-51764 (Postfix), CVE-2023-51765 (Sendmail), CVE-2023-51766 (Exim), and those that the
/// discoverers list for other servers.
const PUBLISHED: [&str; 15] = [
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\r\n",
    "\r\n.\r",
    "\n.\r",
    "\r.\n",
    "\n\n.\r\n",
    "\n\n.\n",
    "\r\n\n.\r\n",
    "\r\r\n.\r\r\n",
    "\r\n.\r\r\n",
    "\n\r.\n\r",
    "\r\n\r.\r\n",
];

/// The smuggled commands are text of the first message, which is refused at its true end.
#[track_caller]
fn assert_refused_at_its_end(separator: &str) {
    let stream = format!("{PROLOGUE}text{separator}{SMUGGLED}VRFY a\r\n");
    let conversation = converse(stream);
    let expected = [&PROLOGUE_CODES[..], &[554, 252]].concat();
    assert_eq!(conversation.codes(), expected, "{}", separator.escape_debug());
    assert!(conversation.messages.is_empty(), "{}", separator.escape_debug());
}

// F1, F2, F4
#[test]
fn smtp_published_smuggling_sequences_end_nothing() {
    PUBLISHED.into_iter().for_each(assert_refused_at_its_end);
}

/// All separators of a dot between up to three CRs and LFs on either side, but those without a bare one, and those with the
/// true end in them.
// F1, F2, F4
#[test]
fn smtp_bare_newlines_end_no_message() {
    let mut newlines = vec![String::new()];
    for len in 1..=3 {
        for bits in 0..1 << len {
            newlines.push((0..len).map(|bit| if bits >> bit & 1 == 0 { '\r' } else { '\n' }).collect());
        }
    }
    let is_valid = |text: &str| !text.replace("\r\n", "").contains(['\r', '\n']);
    for (before, after) in newlines.iter().flat_map(|before| newlines.iter().map(move |after| (before, after))) {
        let separator = format!("{before}.{after}");
        if !is_valid(&separator) && !separator.contains("\r\n.\r\n") {
            assert_refused_at_its_end(&separator);
        }
    }
}

#[test]
fn smtp_bare_newline_anywhere_gets_554() {
    for message in ["\n", "\r", "a\nb", "a\rb", "a\r\r\nb", "\n\r\n", "a\n\r\n", "..\n", ".\r\r\n", "a\r\nb\n\r\nc"] {
        assert_eq!(send_message(format!("{message}\r\n.\r\n")), (554, None), "{message:?}");
    }
}

#[test]
fn smtp_true_end_begins_new_commands() {
    let stream = format!("{PROLOGUE}text\r\n.\r\n{SMUGGLED}");
    let conversation = converse(stream);
    assert_eq!(conversation.codes(), [&PROLOGUE_CODES[..], &[250, 250, 250, 354, 250]].concat());
    assert_eq!(conversation.contents(), [&b"text\r\n"[..], b"smuggled\r\n"]);
}
