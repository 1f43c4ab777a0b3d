//! Sending requests, and reading the answers.

use asynchat_tests::protocols::http::HttpHandler;
use asynchat_tests::protocols::in_memory::{Transcript, drive_in_memory};

/// What one answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// Names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Vec<u8>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} stands twice");
        value
    }

    pub(crate) fn closes(&self) -> bool {
        self.field("connection") == Some("close")
    }
}

/// All that is answered to these bytes, however they are cut.
pub(crate) fn exchange(requests: &[u8]) -> Transcript {
    let whole = drive_in_memory(HttpHandler::new(), [requests], usize::MAX);
    let check = |pieces: &[&[u8]]| {
        let cut = drive_in_memory(HttpHandler::new(), pieces.iter().copied(), usize::MAX);
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert!(cut == whole, "{}\ncut as {lengths:?}", requests.escape_ascii());
    };
    check(&requests.chunks(1).collect::<Vec<_>>());
    // Of a long stream, every place near its ends, and some between.
    let is_long = requests.len() > 4096;
    let places = (0..=requests.len()).filter(|at| !is_long || *at < 100 || requests.len() - at < 100 || at % 499 == 0);
    for at in places {
        let (one, other) = requests.split_at(at);
        check(&[one, &[], other]);
    }
    assert_eq!(whole.outcome, Some(Ok(())));
    whole
}

/// The answers to requests none of which is a `HEAD`, and whether the server closed behind them.
pub(crate) fn answers(requests: &[u8]) -> (Vec<Answer>, bool) {
    let transcript = exchange(requests);
    let answers = split(&transcript.output);
    for (index, answer) in answers.iter().enumerate() {
        let is_last = index + 1 == answers.len();
        assert_eq!(answer.field("server").is_none(), answer.code == 100);
        assert_eq!(answer.closes(), is_last && transcript.closed_by_server, "{answer:?}");
    }
    (answers, transcript.closed_by_server)
}

/// The only answer, and whether the server closed behind it.
pub(crate) fn answer(request: &[u8]) -> (Answer, bool) {
    let (mut answers, closed) = answers(request);
    let answer = answers.pop().unwrap();
    assert_eq!(answers, [], "{}", request.escape_ascii());
    (answer, closed)
}

pub(crate) fn codes(requests: &[u8]) -> (Vec<u16>, bool) {
    let (answers, closed) = answers(requests);
    (answers.iter().map(|answer| answer.code).collect(), closed)
}

/// The codes of the answers to a client that hangs up within a request: the last of them closes, but only because of
/// that.
pub(crate) fn codes_when_cut_short(requests: &[u8]) -> Vec<u16> {
    let transcript = exchange(requests);
    assert!(!transcript.closed_by_server);
    let answers = split(&transcript.output);
    assert!(answers.last().unwrap().closes());
    answers.iter().map(|answer| answer.code).collect()
}

/// Checks that this is refused with such a code and nothing behind it is answered: not even a request that comes whole
/// in the content, or after it.
pub(crate) fn assert_refused(code: u16, request: &[u8]) {
    let (answer, closed) = answer(request);
    assert_eq!((answer.code, closed), (code, true), "{}: {answer:?}", request.escape_ascii());
    assert!(!answer.content.is_empty(), "it says why");
    let smuggled = [request, b"GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n"].concat();
    assert_eq!(codes(&smuggled), (vec![code], true), "{}", smuggled.escape_ascii());
}

fn split(mut output: &[u8]) -> Vec<Answer> {
    let mut answers = Vec::new();
    while !output.is_empty() {
        let (answer, rest) = first(output);
        answers.push(answer);
        output = rest;
    }
    answers
}

fn first(output: &[u8]) -> (Answer, &[u8]) {
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
    let answer = Answer { code, fields, content: Vec::new() };
    if code == 100 {
        return (answer, rest);
    }
    let (content, rest) = match (answer.field("content-length"), answer.field("transfer-encoding")) {
        (Some(length), None) => {
            let (content, rest) = rest.split_at(length.parse().unwrap());
            (content.to_vec(), rest)
        }
        (None, Some("chunked")) => dechunk(rest),
        other => panic!("framed by {other:?}"),
    };
    (Answer { content, ..answer }, rest)
}

fn dechunk(mut rest: &[u8]) -> (Vec<u8>, &[u8]) {
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
