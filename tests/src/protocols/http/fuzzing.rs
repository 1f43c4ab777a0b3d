//! The body of the fuzz target, shared with a property test: any bytes get well-formed responses, and chunked content is
//! what a slow decoder makes of it.

use std::collections::BTreeSet;
use std::time::SystemTime;

use super::chunked::{MAX_CHUNK_LINE_LEN, MAX_EXTENSIONS_LEN, MAX_TRAILERS_LEN};
use super::handler::HttpHandler;
use super::head::{MAX_CONTENT_LEN, MAX_FIELDS};
use crate::protocols::in_memory::{Transcript, drive_whole_and_cut};

/// The most output that one run reads. `/stream/N` can be far longer than a fuzzer can wait for.
const OUTPUT_LIMIT: usize = 1 << 18;

/// Sends the data to the handler twice: whole, and in chunks whose lengths come from the data's own bytes. Then sends it
/// as the content of a request in chunked coding.
///
/// # Panics
///
/// Panics if the two outputs differ, if they are no sequence of well-formed responses, or if the content is not what
/// [`decode_slowly`] makes of the data.
pub fn http(data: &[u8]) {
    check_responses(data);
    let request = [b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", data].concat();
    let transcript = check_responses(&request);
    match decode_slowly(data) {
        Decoded::Content { content, .. } => {
            let end = transcript.output.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
            let (head, rest) = transcript.output.split_at(end);
            let expected = format!("Content-Length: {}\r\n\r\n", content.len());
            assert!(
                head.starts_with(b"HTTP/1.1 200 ") && head.ends_with(expected.as_bytes()),
                "{}",
                head.escape_ascii()
            );
            assert!(rest.starts_with(&content), "{} is not {}", rest.escape_ascii(), content.escape_ascii());
        }
        Decoded::Refused | Decoded::Incomplete => {
            assert!(transcript.output.starts_with(b"HTTP/1.1 4"), "{}", transcript.output.escape_ascii());
            let responses = transcript.output.windows(9).filter(|window| window == b"HTTP/1.1 ").count();
            assert_eq!(responses, 1, "what follows is no request");
        }
    }
}

fn check_responses(data: &[u8]) -> Transcript {
    // The clock stands still, so that two runs give the same bytes.
    let handler = || HttpHandler::new().with_clock(|| SystemTime::UNIX_EPOCH);
    let whole = drive_whole_and_cut(handler, data, OUTPUT_LIMIT);
    match &whole.outcome {
        Some(outcome) => {
            assert_eq!(*outcome, Ok(()), "every input gets a response, never an error");
            assert!(is_sequence_of_responses(&whole.output), "{}", whole.output.escape_ascii());
        }
        None => assert_eq!(whole.output.len(), OUTPUT_LIMIT),
    }
    whole
}

/// The result of [`decode_slowly`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// The content, and the number of bytes behind it.
    Content {
        /// The data of all chunks.
        content: Vec<u8>,
        /// The bytes behind the trailer section.
        rest: usize,
    },
    /// The bytes are malformed, or above a limit.
    Refused,
    /// The bytes end before the content does, and are not refused.
    Incomplete,
}

/// Decodes chunked coding (RFC 9112 §7.1) with all bytes at hand, in the obvious way.
pub fn decode_slowly(bytes: &[u8]) -> Decoded {
    let mut rest = bytes;
    let (mut content, mut extensions_len) = (Vec::new(), 0);
    loop {
        let (line, after) = match take_line(rest, MAX_CHUNK_LINE_LEN) {
            Ok(parts) => parts,
            Err(failure) => return failure,
        };
        let digits: String = line.chars().take_while(char::is_ascii_hexdigit).collect();
        let extensions = &line[digits.len()..];
        extensions_len += extensions.len();
        let begins_well = extensions.is_empty() || extensions.trim_start_matches([' ', '\t']).starts_with(';');
        let size = u64::from_str_radix(&digits, 16).unwrap_or(u64::MAX);
        let is_too_large = size.saturating_add(content.len() as u64) > MAX_CONTENT_LEN;
        if digits.is_empty() || !begins_well || is_too_large || extensions_len > MAX_EXTENSIONS_LEN {
            return Decoded::Refused;
        }
        if size == 0 {
            return decode_trailers(content, after);
        }
        let Some((data, after)) = usize::try_from(size).ok().and_then(|size| after.split_at_checked(size)) else {
            return Decoded::Incomplete;
        };
        content.extend_from_slice(data);
        rest = match after {
            [b'\r', b'\n', after @ ..] => after,
            [] | [b'\r'] => return Decoded::Incomplete,
            _ => return Decoded::Refused,
        };
    }
}

fn decode_trailers(content: Vec<u8>, mut rest: &[u8]) -> Decoded {
    let (mut room, mut is_well_formed, mut count) = (MAX_TRAILERS_LEN, true, 0);
    loop {
        let (line, after) = match take_line(rest, room) {
            Ok(parts) => parts,
            Err(failure) => return failure,
        };
        rest = after;
        if line.is_empty() {
            return match is_well_formed && count <= MAX_FIELDS {
                true => Decoded::Content { content, rest: rest.len() },
                false => Decoded::Refused,
            };
        }
        room = room.saturating_sub(line.chars().count() + 2);
        count += 1;
        let name = line.split(':').next().unwrap_or_default();
        let is_token = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        is_well_formed &= line.contains(':') && !name.is_empty() && is_token(name);
    }
}

/// Takes a line of at most `limit` bytes that ends in CRLF, each byte as a character.
fn take_line(bytes: &[u8], limit: usize) -> Result<(String, &[u8]), Decoded> {
    let mut line = String::new();
    let mut rest = bytes;
    loop {
        rest = match rest {
            [b'\r', b'\n', after @ ..] => return Ok((line, after)),
            [] | [b'\r'] => return Err(Decoded::Incomplete),
            [byte, ..] if line.chars().count() == limit || (byte.is_ascii_control() && *byte != b'\t') => {
                return Err(Decoded::Refused);
            }
            [byte, after @ ..] => {
                line.push(char::from(*byte));
                after
            }
        };
    }
}

/// Returns whether the bytes are a sequence of well-formed responses.
///
/// The bytes do not show which responses answer a `HEAD`, so each response may lack the content that it announces.
pub fn is_sequence_of_responses(output: &[u8]) -> bool {
    let mut starts = BTreeSet::from([0]);
    while let Some(start) = starts.pop_first() {
        let Some(rest) = output.get(start..) else { continue };
        if rest.is_empty() {
            return true;
        }
        // Every end lies after its start, so no start is visited twice.
        starts.extend(response_ends(rest).into_iter().flatten().map(|end| start + end));
    }
    false
}

/// Returns the two possible ends of the first response: with its content, and without.
fn response_ends(bytes: &[u8]) -> [Option<usize>; 2] {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(head)) = response.parse(bytes) else { return [None, None] };
    let field = |name: &str| {
        let mut values = response.headers.iter().filter(|field| field.name == name).map(|field| field.value);
        values.next().filter(|_| values.next().is_none())
    };
    let content = bytes.get(head..).unwrap_or_default();
    let length = match (response.code, field("Content-Length"), field("Transfer-Encoding")) {
        (Some(100 | 304), None, None) => return [Some(head), None],
        (_, Some(length), None) => str::from_utf8(length).ok().and_then(|length| length.parse().ok()),
        (_, None, Some(b"chunked")) => chunked_len(content),
        _ => return [None, None],
    };
    let with_content = length.filter(|length| *length <= content.len()).map(|length| head + length);
    [with_content, Some(head)]
}

/// Returns the length of content in chunked coding, including its last chunk (RFC 9112 §7.1).
fn chunked_len(content: &[u8]) -> Option<usize> {
    let mut position = 0;
    loop {
        let rest = content.get(position..)?;
        let httparse::Status::Complete((start, size)) = httparse::parse_chunk_size(rest).ok()? else { return None };
        let end = start.checked_add(usize::try_from(size).ok()?)?;
        if rest.get(end..)?.get(..2)? != b"\r\n" {
            return None;
        }
        position += end + 2;
        if size == 0 {
            return Some(position);
        }
    }
}
