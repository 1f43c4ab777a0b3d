//! Responses, written out.

/// The status codes in use (RFC 9110 §15, RFC 6585 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    ContentTooLarge,
    UriTooLong,
    FieldsTooLarge,
    NotImplemented,
    VersionNotSupported,
}

impl Status {
    /// The code and the reason phrase.
    pub(super) fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::ContentTooLarge => "413 Content Too Large",
            Self::UriTooLong => "414 URI Too Long",
            Self::FieldsTooLarge => "431 Request Header Fields Too Large",
            Self::NotImplemented => "501 Not Implemented",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }
}

/// Whether the connection stays after the answer, and what the client has to be told of that (RFC 9112 §9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Persistence {
    pub(super) stays: bool,
    /// The client speaks HTTP/1.0, where a connection that stays is the exception.
    pub(super) is_http_10: bool,
}

impl Persistence {
    /// Closes after the answer.
    pub(super) const CLOSE: Self = Self { stays: false, is_http_10: false };

    fn field_value(self) -> Option<&'static str> {
        match self {
            Self { stays: false, .. } => Some("close"),
            Self { stays: true, is_http_10: true } => Some("keep-alive"),
            Self { stays: true, is_http_10: false } => None,
        }
    }
}

/// A response that is being written: a status line, then fields, then one of the endings.
///
/// The version is this server's own, 1.1, whatever the client's is (RFC 9110 §6.2).
#[derive(Debug)]
pub(super) struct Response(Vec<u8>);

impl Response {
    /// Sent before the final response to a request that waits for it (RFC 9110 §15.2.1).
    pub(super) const CONTINUE: &'static [u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

    pub(super) fn new(status: Status, persistence: Persistence) -> Self {
        /// More than any head here has, except for a long `Content-Type`.
        const USUAL_LEN: usize = 160;
        let mut head = Vec::with_capacity(USUAL_LEN);
        for part in ["HTTP/1.1 ", status.line(), "\r\nServer: asynchat\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        let response = Self(head);
        match persistence.field_value() {
            Some(value) => response.field("Connection", value),
            None => response,
        }
    }

    /// Adds a field. The value has been through [`Lines`](super::lines::Lines) if it is the client's: it cannot split
    /// the response.
    pub(super) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_bytes(), b": ", value.as_ref(), b"\r\n"] {
            self.0.extend_from_slice(part);
        }
        self
    }

    pub(super) fn content_length(self, length: u64) -> Self {
        self.field("Content-Length", length.to_string())
    }

    /// The head, complete.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"\r\n");
        self.0
    }

    /// The head and a line of text for content, which is left out in an answer to `HEAD`.
    pub(super) fn text(self, text: &str, to_head: bool) -> Vec<u8> {
        let line = format!("{text}\n");
        let head = self.field("Content-Type", "text/plain; charset=utf-8").content_length(line.len() as u64);
        let mut whole = head.end();
        if !to_head {
            whole.extend_from_slice(line.as_bytes());
        }
        whole
    }
}
