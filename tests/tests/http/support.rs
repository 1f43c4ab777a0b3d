//! Sends requests and parses the responses.

use std::time::{Duration, SystemTime};

use asynchat_tests::protocols::http::HttpHandler;
use asynchat_tests::protocols::in_memory::{Transcript, drive_under_every_cut};

/// The date of every response here: the clock stands still, so that two runs give the same bytes.
pub(crate) const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// Returns the clock that [`DATE`] shows.
pub(crate) fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
}

/// Returns a handler whose clock stands still.
pub(crate) fn handler() -> HttpHandler {
    HttpHandler::new().with_clock(clock)
}

/// A parsed response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) code: u16,
    /// The fields, with their names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Vec<u8>,
}

impl Response {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} appears twice");
        value
    }

    pub(crate) fn closes(&self) -> bool {
        self.field("connection") == Some("close")
    }
}

/// Returns the output for these requests, and checks that it is the same under every cut.
pub(crate) fn exchange(requests: &[u8]) -> Transcript {
    let whole = drive_under_every_cut(handler, requests, 100, 499);
    assert_eq!(whole.outcome, Some(Ok(())));
    whole
}

/// Returns the responses, and whether the server then closed. None of the requests may be a `HEAD`.
pub(crate) fn responses(requests: &[u8]) -> (Vec<Response>, bool) {
    let transcript = exchange(requests);
    let responses = split_responses(&transcript.output);
    for (index, response) in responses.iter().enumerate() {
        let is_last = index + 1 == responses.len();
        assert_eq!(response.field("server").is_none(), response.code == 100);
        assert_eq!(response.field("date"), (response.code != 100).then_some(DATE));
        assert_eq!(response.closes(), is_last && transcript.closed_by_server, "{response:?}");
    }
    (responses, transcript.closed_by_server)
}

/// Returns the only response, and whether the server then closed.
pub(crate) fn response(request: &[u8]) -> (Response, bool) {
    let (mut responses, closed) = responses(request);
    let response = responses.pop().unwrap();
    assert_eq!(responses, [], "{}", request.escape_ascii());
    (response, closed)
}

pub(crate) fn codes(requests: &[u8]) -> (Vec<u16>, bool) {
    let (responses, closed) = responses(requests);
    (responses.iter().map(|response| response.code).collect(), closed)
}

/// Returns the status codes for a client that hangs up within a request. The last response closes, but the server did
/// not close before the client did.
pub(crate) fn codes_of_truncated(requests: &[u8]) -> Vec<u16> {
    let transcript = exchange(requests);
    assert!(!transcript.closed_by_server);
    let responses = split_responses(&transcript.output);
    assert!(responses.last().unwrap().closes());
    responses.iter().map(|response| response.code).collect()
}

/// Checks that the request gets this status code and that nothing after it gets a response: not even a complete request
/// in the content or after it (request smuggling).
pub(crate) fn assert_rejected(code: u16, request: &[u8]) {
    let (response, closed) = response(request);
    assert_eq!((response.code, closed), (code, true), "{}: {response:?}", request.escape_ascii());
    assert!(!response.content.is_empty(), "the content gives the reason");
    let smuggled = [request, b"GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n"].concat();
    assert_eq!(codes(&smuggled), (vec![code], true), "{}", smuggled.escape_ascii());
}

/// Returns the responses in the output. None may answer a `HEAD`.
pub(crate) fn split_responses(mut output: &[u8]) -> Vec<Response> {
    let mut responses = Vec::new();
    while !output.is_empty() {
        let (response, rest) = parse_first(output);
        responses.push(response);
        output = rest;
    }
    responses
}

fn parse_first(output: &[u8]) -> (Response, &[u8]) {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = str::from_utf8(&output[..end]).unwrap();
    let rest = &output[end + 4..];
    let mut lines = head.split("\r\n");
    let code = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap()[..3].parse().unwrap();
    let fields = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    let response = Response { code, fields, content: Vec::new() };
    if code == 100 || code == 304 {
        return (response, rest);
    }
    let (content, rest) = match (response.field("content-length"), response.field("transfer-encoding")) {
        (Some(length), None) => {
            let (content, rest) = rest.split_at(length.parse().unwrap());
            (content.to_vec(), rest)
        }
        (None, Some("chunked")) => decode_chunked(rest),
        other => panic!("framed by {other:?}"),
    };
    (Response { content, ..response }, rest)
}

fn decode_chunked(mut rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut content = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = usize::from_str_radix(str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let (chunk, after) = rest[end + 2..].split_at(size);
        content.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").unwrap();
        if size == 0 {
            return (content, rest);
        }
    }
}
