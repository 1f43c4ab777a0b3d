//! The body of the fuzz target, shared with a property test: any bytes get well-formed responses.

use std::collections::BTreeSet;

use super::handler::HttpHandler;
use crate::protocols::in_memory::drive_whole_and_cut;

/// The most output that one run reads. `/stream/N` can be far longer than a fuzzer can wait for.
const OUTPUT_LIMIT: usize = 1 << 18;

/// Sends the data to the handler twice: whole, and in chunks whose lengths come from the data's own bytes.
///
/// # Panics
///
/// Panics if the two outputs differ, or if they are no sequence of well-formed responses.
pub fn http(data: &[u8]) {
    let whole = drive_whole_and_cut(HttpHandler::new, data, OUTPUT_LIMIT);
    match whole.outcome {
        Some(outcome) => {
            assert_eq!(outcome, Ok(()), "every input gets a response, never an error");
            assert!(is_sequence_of_responses(&whole.output), "{}", whole.output.escape_ascii());
        }
        None => assert_eq!(whole.output.len(), OUTPUT_LIMIT),
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
        (Some(100), None, None) => return [Some(head), None],
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
