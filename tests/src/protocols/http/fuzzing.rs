//! What the fuzzer calls, and a test with it: any bytes at all get proper answers.

use std::collections::BTreeSet;

use super::conversation::converse;
use super::handler::HttpHandler;

/// How much output is looked at. `/stream/N` has no end that a fuzzer could wait for.
const ENOUGH: usize = 1 << 18;

/// Sends the data to the handler, whole and in pieces whose lengths are the data's own bytes. The answers have to be
/// the same, and a sequence of proper responses.
///
/// # Panics
///
/// If they are not.
pub fn http(data: &[u8]) {
    let whole = converse(HttpHandler::new(), [data], ENOUGH);
    let mut rest = data;
    let pieces = std::iter::from_fn(|| {
        let &length = rest.first()?;
        let (piece, after) = rest.split_at(rest.len().min(usize::from(length) + 1));
        rest = after;
        Some(piece)
    });
    let cut = converse(HttpHandler::new(), pieces, ENOUGH);
    assert_eq!(whole.output.escape_ascii().to_string(), cut.output.escape_ascii().to_string());
    assert_eq!(whole.outcome, cut.outcome);
    match whole.outcome {
        Some(outcome) => {
            assert_eq!(outcome, Ok(()), "HTTP has an answer to everything");
            assert!(is_sequence_of_responses(&whole.output), "{}", whole.output.escape_ascii());
        }
        None => assert_eq!(whole.output.len(), ENOUGH),
    }
}

/// Whether the bytes can be read as responses, one behind the other. Which of them answer a `HEAD` cannot be seen in
/// them, so a response may go without the content it announces.
pub fn is_sequence_of_responses(output: &[u8]) -> bool {
    let mut starts = BTreeSet::from([0]);
    while let Some(start) = starts.pop_first() {
        let Some(rest) = output.get(start..) else { continue };
        if rest.is_empty() {
            return true;
        }
        // All ends lie behind the start, so no start is looked at twice.
        starts.extend(ends_of_response(rest).into_iter().flatten().map(|end| start + end));
    }
    false
}

/// Where the response may end with its content, and without.
fn ends_of_response(bytes: &[u8]) -> [Option<usize>; 2] {
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
        (_, None, Some(b"chunked")) => length_of_chunks(content),
        _ => return [None, None],
    };
    let with_content = length.filter(|length| *length <= content.len()).map(|length| head + length);
    [with_content, Some(head)]
}

/// How long content in chunked coding is, its last chunk included.
fn length_of_chunks(content: &[u8]) -> Option<usize> {
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
