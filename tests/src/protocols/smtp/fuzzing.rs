//! The body of the fuzz target, shared with a test: any bytes get the replies and the messages of a slow oracle.

use std::sync::Arc;
use std::time::SystemTime;

use super::command::{CRLF_LEN, MAX_MAIL_LEN};
use super::handler::SmtpHandler;
use super::memory_store::MemoryStore;
use super::service::SmtpService;
use crate::protocols::in_memory::drive_whole_and_cut;

/// Small, so that a short input exceeds it.
const MAX_MESSAGE_LEN: usize = 100;

/// Few, so that a short input exceeds them.
const MAX_REFUSALS: u32 = 6;

/// Leads into a message, since random bytes hardly do.
const PROLOGUE: &[u8] = b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n";

/// The last line of the trace, under a clock that stands still.
const LAST_TRACE_LINE: &[u8] = b"\tThu, 01 Jan 1970 00:00:00 +0000\r\n";

/// Sends the data to the handler, as commands and as a message: whole, and in chunks whose lengths come from the data's own
/// bytes.
///
/// # Panics
///
/// Panics if the cuts make a difference, or if the replies or the messages are not those of the oracle.
pub fn smtp(data: &[u8]) {
    check(data);
    check(&[PROLOGUE, data].concat());
}

fn check(stream: &[u8]) {
    let store = MemoryStore::new();
    let service = SmtpService::new("host", store.clone())
        .with_max_message_len(MAX_MESSAGE_LEN as u64)
        .with_max_refusals(MAX_REFUSALS)
        .with_clock(|| SystemTime::UNIX_EPOCH);
    let service = Arc::new(service);
    let whole = drive_whole_and_cut(|| SmtpHandler::new(&service), stream, usize::MAX);
    assert_eq!(whole.outcome, Some(Ok(())), "every input gets a reply, never an error");
    let mut messages = store.take_messages();
    let of_the_cut = messages.split_off(messages.len() / 2);
    assert_eq!(messages, of_the_cut);
    let contents: Vec<_> = messages.iter().map(|message| content(message)).collect();
    assert_eq!(contents, expected_contents(stream, &reply_codes(&whole.output)), "{}", stream.escape_ascii());
}

/// Returns the codes of the replies.
///
/// # Panics
///
/// Panics if the output is no sequence of well-formed replies.
pub fn reply_codes(output: &[u8]) -> Vec<u16> {
    let text = str::from_utf8(output).unwrap_or_else(|_| panic!("{}", output.escape_ascii()));
    let mut codes = Vec::new();
    let mut is_continued = false;
    for line in text.split_inclusive('\n') {
        assert!(line.ends_with("\r\n") && line.len() <= 512 && line.is_ascii(), "{line:?}");
        let code = line[..3].parse().unwrap_or_else(|_| panic!("{line:?}"));
        if is_continued {
            assert_eq!(codes.last(), Some(&code), "{line:?}");
        } else {
            codes.push(code);
        }
        is_continued = line[3..].starts_with('-');
        assert!(is_continued || line[3..].starts_with(' '), "{line:?}");
    }
    assert!(!is_continued, "{text:?}");
    codes
}

/// Returns the message as it was sent: without its trace.
pub fn content(message: &[u8]) -> Vec<u8> {
    let trace_end = message.windows(LAST_TRACE_LINE.len()).position(|window| window == LAST_TRACE_LINE);
    let trace_end = trace_end.unwrap_or_else(|| panic!("no trace: {}", message.escape_ascii()));
    message[trace_end + LAST_TRACE_LINE.len()..].to_vec()
}

/// The oracle. Takes the stream apart as its replies say, by hand, and returns the messages that 250 was sent for. It knows
/// no command: whether a line begins a message is for the replies to say.
///
/// # Panics
///
/// Panics if a reply is not the one for its line or message.
fn expected_contents(stream: &[u8], codes: &[u16]) -> Vec<Vec<u8>> {
    let mut codes = codes.iter().copied();
    let mut rest = stream;
    let mut contents = Vec::new();
    let mut refusals = 0;
    assert_eq!(codes.next(), Some(220));
    loop {
        if refusals == MAX_REFUSALS {
            assert_eq!(codes.next(), Some(421));
            break;
        }
        let line_len = position(rest, b"\r\n");
        let line = &rest[..line_len.unwrap_or(rest.len())];
        let max_len = MAX_MAIL_LEN - CRLF_LEN;
        let start = &line[..line.len().min(max_len)];
        if has_newline(start) || is_http(start, line_len.is_some() || line.len() > max_len) {
            assert_eq!(codes.next(), Some(421));
            break;
        }
        let Some(line_len) = line_len else { break };
        rest = &rest[line_len + 2..];
        let code = codes.next();
        assert!(line_len <= max_len || code == Some(500));
        match code {
            Some(221) => break,
            Some(354) => {}
            Some(code) => {
                assert!(matches!(code, 214 | 250 | 252 | 452 | 500..=503 | 552 | 554 | 555), "{code}");
                refusals += u32::from(code >= 500);
                continue;
            }
            None => panic!("a line without a reply"),
        }
        // The CRLF of the command is the one in front of the first line: an empty message ends with the dot alone.
        let content = [b"\r\n", rest].concat();
        let Some(end) = position(&content, b"\r\n.\r\n") else { break };
        rest = &rest[end + 3..];
        match (unstuff(&content[2..end + 2]), codes.next()) {
            (None, code) => {
                assert_eq!(code, Some(554));
                refusals += 1;
            }
            (Some(message), Some(552)) => {
                assert!(message.len() > MAX_MESSAGE_LEN);
                refusals += 1;
            }
            (Some(message), code) => {
                assert_eq!(code, Some(250));
                assert!(message.len() <= MAX_MESSAGE_LEN);
                contents.push(message);
                refusals = 0;
            }
        }
    }
    assert_eq!(codes.next(), None);
    contents
}

/// Takes the doubled dots out of the lines. Returns `None` if a line has a bare CR or LF.
fn unstuff(mut lines: &[u8]) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    while let Some(len) = position(lines, b"\r\n") {
        let line = &lines[..len];
        if has_newline(line) {
            return None;
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        message.extend_from_slice(b"\r\n");
        lines = &lines[len + 2..];
    }
    assert_eq!(lines, b"");
    Some(message)
}

/// Returns whether a line is a request of HTTP: it begins with a method, and is complete or too long.
fn is_http(start: &[u8], is_judged: bool) -> bool {
    let text = String::from_utf8_lossy(start).to_ascii_uppercase();
    let methods = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    is_judged && methods.iter().any(|method| text == *method || text.starts_with(&format!("{method} ")))
}

fn has_newline(line: &[u8]) -> bool {
    line.contains(&b'\r') || line.contains(&b'\n')
}

fn position(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
