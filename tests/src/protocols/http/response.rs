//! Writes responses.

use asynchat_core::{Channel, PushError};

use super::date::Date;

/// The final status codes that this server sends (RFC 9110 §15, RFC 6585 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    NotModified,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    PreconditionFailed,
    ContentTooLarge,
    UriTooLong,
    FieldsTooLarge,
    NotImplemented,
    VersionNotSupported,
}

impl Status {
    /// Returns the status code and its reason phrase.
    pub(super) fn code_and_reason(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::NotModified => "304 Not Modified",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::PreconditionFailed => "412 Precondition Failed",
            Self::ContentTooLarge => "413 Content Too Large",
            Self::UriTooLong => "414 URI Too Long",
            Self::FieldsTooLarge => "431 Request Header Fields Too Large",
            Self::NotImplemented => "501 Not Implemented",
            Self::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }
}

/// Whether the connection persists after the response, and how the response announces that (RFC 9112 §9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Persistence {
    pub(super) keep_alive: bool,
    /// The client uses HTTP/1.0, which closes by default: the response has to announce keep-alive.
    pub(super) is_http_10: bool,
}

impl Persistence {
    /// Closes after the response.
    pub(super) const CLOSE: Self = Self { keep_alive: false, is_http_10: false };

    fn connection_option(self) -> Option<&'static str> {
        match self {
            Self { keep_alive: false, .. } => Some("close"),
            Self { keep_alive: true, is_http_10: true } => Some("keep-alive"),
            Self { keep_alive: true, is_http_10: false } => None,
        }
    }
}

/// A builder for the head of a response: [`new`](Self::new), then fields, then [`push`](Self::push) or
/// [`finish_with_text`](Self::finish_with_text).
///
/// The status line always has this server's version, HTTP/1.1, whatever the version of the request (RFC 9110 §6.2).
#[derive(Debug)]
pub(super) struct Response(Vec<u8>);

impl Response {
    /// The interim response for `Expect: 100-continue` (RFC 9110 §15.2.1).
    pub(super) const CONTINUE: &'static [u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

    pub(super) fn new(status: Status, persistence: Persistence, date: Date) -> Self {
        /// Fits every head of this server, unless its `Content-Type` is long.
        const TYPICAL_HEAD_LEN: usize = 224;
        let mut head = Vec::with_capacity(TYPICAL_HEAD_LEN);
        for part in ["HTTP/1.1 ", status.code_and_reason(), "\r\nServer: asynchat\r\nDate: "] {
            head.extend_from_slice(part.as_bytes());
        }
        head.extend_from_slice(&date);
        head.extend_from_slice(b"\r\n");
        let response = Self(head);
        match persistence.connection_option() {
            Some(value) => response.field("Connection", value),
            None => response,
        }
    }

    /// Adds a field.
    ///
    /// A value that comes from the client is a part of a line without an invalid byte
    /// ([`find_invalid_byte`](super::line::find_invalid_byte)), so it cannot split the response.
    pub(super) fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [name.as_bytes(), b": ", value.as_ref(), b"\r\n"] {
            self.0.extend_from_slice(part);
        }
        self
    }

    pub(super) fn content_length(self, length: u64) -> Self {
        self.field("Content-Length", itoa::Buffer::new().format(length))
    }

    /// Ends the head and queues it.
    pub(super) fn push(mut self, channel: &mut Channel) -> Result<(), PushError> {
        self.0.extend_from_slice(b"\r\n");
        channel.push_slice(&self.0)
    }

    /// Ends the head and returns it with one line of text as content. A response to `HEAD` leaves the content out.
    pub(super) fn finish_with_text(self, text: &str, is_head: bool) -> Vec<u8> {
        let line = format!("{text}\n");
        let head = self.field("Content-Type", "text/plain; charset=utf-8").content_length(line.len() as u64);
        let mut whole = head.0;
        whole.extend_from_slice(b"\r\n");
        if !is_head {
            whole.extend_from_slice(line.as_bytes());
        }
        whole
    }
}
