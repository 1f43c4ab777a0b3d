//! The resources of this server and their responses.

use asynchat_core::{Channel, PushError};
use bytes::Bytes;

use super::date::Date;
use super::pattern::PatternProducer;
use super::preconditions::{PAGE_TAG, Representation, Verdict};
use super::request::{Framing, Method, Request};
use super::response::{Persistence, Response, Status};

/// The page of `GET /`.
pub const PAGE: &str = include_str!("page.html");

/// The resource that a request target names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// `/`
    Page,
    /// `/echo`
    Echo,
    /// `/stream/N`
    Stream(u64),
    /// `*`, which only `OPTIONS` may request.
    Server,
    /// Any other path.
    NotFound,
}

/// The response to a request, before it is written.
enum Action {
    Page,
    Echo,
    Stream(u64),
    NotModified,
    Options { allow: &'static str },
    MethodNotAllowed { allow: &'static str },
    Error(Status),
}

impl Resource {
    pub(super) fn from_path(path: &str) -> Self {
        match path {
            "/" => Self::Page,
            "/echo" => Self::Echo,
            _ => path.strip_prefix("/stream/").and_then(parse_length).map_or(Self::NotFound, Self::Stream),
        }
    }

    /// Returns the value of the `Allow` field (RFC 9110 §10.2.1).
    fn allowed_methods(self) -> &'static str {
        match self {
            Self::Page | Self::Stream(_) => "GET, HEAD, OPTIONS",
            Self::Echo => "POST, OPTIONS",
            Self::Server | Self::NotFound => "GET, HEAD, POST, OPTIONS",
        }
    }
}

impl Request {
    /// Returns whether the response depends on the content. If not, the content is read and discarded.
    pub(super) fn needs_content(&self) -> bool {
        matches!(self.action(), Action::Echo)
    }

    /// Returns whether the response is an error that the head alone decides.
    pub(super) fn is_error(&self) -> bool {
        matches!(self.action(), Action::MethodNotAllowed { .. } | Action::Error(_))
    }

    /// Queues the response, and closes the connection after it unless the connection persists.
    pub(super) fn respond(self, content: Bytes, date: Date, channel: &mut Channel) -> Result<(), PushError> {
        let is_head = self.method == Method::Head;
        let mut persistence = self.persistence;
        match self.action() {
            Action::Page => {
                Response::new(Status::Ok, persistence, date)
                    .field("Content-Type", "text/html; charset=utf-8")
                    .field("ETag", PAGE_TAG)
                    .content_length(PAGE.len() as u64)
                    .push(channel)?;
                if !is_head {
                    push_content(Bytes::from_static(PAGE.as_bytes()), channel)?;
                }
            }
            Action::Echo => {
                self.echo_head(&content, date).content_length(content.len() as u64).push(channel)?;
                push_content(content, channel)?;
            }
            Action::Stream(length) => {
                // HTTP/1.0 has no chunked coding (RFC 9112 §6.1), so the close ends the content. The response also has
                // a Content-Length: with it the client can tell a complete stream from a truncated one.
                persistence.keep_alive &= !persistence.is_http_10;
                let head =
                    Response::new(Status::Ok, persistence, date).field("Content-Type", "text/plain; charset=utf-8");
                if persistence.is_http_10 {
                    head.content_length(length).push(channel)?;
                } else {
                    head.field("Transfer-Encoding", "chunked").push(channel)?;
                }
                match (is_head, persistence.is_http_10) {
                    (true, _) => {}
                    (false, true) => channel.push_with_producer(PatternProducer::new(length))?,
                    (false, false) => channel.push_with_producer(PatternProducer::new(length).chunked())?,
                }
            }
            Action::NotModified => {
                let head = Response::new(Status::NotModified, persistence, date);
                match self.resource {
                    Resource::Page => head.field("ETag", PAGE_TAG).push(channel)?,
                    _ => head.push(channel)?,
                }
            }
            Action::Options { allow } => {
                Response::new(Status::Ok, persistence, date).field("Allow", allow).content_length(0).push(channel)?;
            }
            Action::MethodNotAllowed { allow } => {
                let response = Response::new(Status::MethodNotAllowed, persistence, date).field("Allow", allow);
                channel.push(response.finish_with_text(Status::MethodNotAllowed.code_and_reason(), is_head))?;
            }
            Action::Error(status) => {
                let response = Response::new(status, persistence, date);
                channel.push(response.finish_with_text(status.code_and_reason(), is_head))?;
            }
        }
        close_unless_persistent(persistence, channel);
        Ok(())
    }

    /// Queues the head of the response of `/echo` and the content that has arrived, before all of it has. The rest
    /// follows by [`push_echo`](Self::push_echo).
    pub(super) fn begin_echo(&self, content: Bytes, date: Date, channel: &mut Channel) -> Result<(), PushError> {
        let head = self.echo_head(&content, date);
        let head = match self.framing {
            Framing::Length(length) => head.content_length(length),
            // A request in chunked coding is no HTTP/1.0, so its client knows the coding.
            Framing::Chunked => head.field("Transfer-Encoding", "chunked"),
        };
        head.push(channel)?;
        self.push_echo(content, channel)
    }

    /// Queues a piece of the content of `/echo`.
    pub(super) fn push_echo(&self, piece: Bytes, channel: &mut Channel) -> Result<(), PushError> {
        match self.framing {
            Framing::Length(_) => channel.push(piece),
            // A chunk of size 0 would end the content.
            Framing::Chunked if piece.is_empty() => Ok(()),
            Framing::Chunked => {
                channel.push_slice(format!("{:x}\r\n", piece.len()).as_bytes())?;
                channel.push(piece)?;
                channel.push_slice(b"\r\n")
            }
        }
    }

    /// Ends the response that [`begin_echo`](Self::begin_echo) has begun, and closes the connection after it unless the
    /// connection persists.
    pub(super) fn end_echo(&self, channel: &mut Channel) -> Result<(), PushError> {
        if self.framing == Framing::Chunked {
            channel.push_slice(b"0\r\n\r\n")?;
        }
        close_unless_persistent(self.persistence, channel);
        Ok(())
    }

    /// Returns the head of the response of `/echo`, without the field that frames the content.
    fn echo_head(&self, content: &[u8], date: Date) -> Response {
        let content_type = self.content_type.as_deref().unwrap_or(b"application/octet-stream");
        let head = Response::new(Status::Ok, self.persistence, date);
        if lacks_charset(content_type) && is_utf8_so_far(content) {
            return head.field("Content-Type", [content_type, b"; charset=utf-8"].concat());
        }
        head.field("Content-Type", content_type)
    }

    /// Decides the response. The preconditions count only if the request would succeed without them (RFC 9110 §13.2.1).
    fn action(&self) -> Action {
        let allow = self.resource.allowed_methods();
        let (action, selected) = match (self.method, self.resource) {
            (Method::Unknown, _) => return Action::Error(Status::NotImplemented),
            (_, Resource::NotFound) => return Action::Error(Status::NotFound),
            (Method::Options, _) => return Action::Options { allow },
            (Method::Get | Method::Head, Resource::Page) => (Action::Page, Representation::Page),
            (Method::Get | Method::Head, Resource::Stream(length)) => {
                (Action::Stream(length), Representation::Untagged)
            }
            (Method::Post, Resource::Echo) => (Action::Echo, Representation::None),
            _ => return Action::MethodNotAllowed { allow },
        };
        match self.preconditions.evaluate(selected) {
            Verdict::Proceed => action,
            Verdict::Failed => Action::Error(Status::PreconditionFailed),
            // A POST selects no representation, so it does not come here.
            Verdict::NotModified => Action::NotModified,
        }
    }
}

/// Returns whether this is a type of text without the parameter `charset`. A browser takes such a text for windows-1252,
/// and sends the text of a form as such a type, though it encodes the text as UTF-8, like the page.
fn lacks_charset(content_type: &[u8]) -> bool {
    content_type.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"text/"))
        && !content_type.windows(8).any(|window| window.eq_ignore_ascii_case(b"charset="))
}

/// Returns whether the text is UTF-8, or the beginning of UTF-8 that ends within a character.
fn is_utf8_so_far(text: &[u8]) -> bool {
    str::from_utf8(text).err().is_none_or(|error| error.error_len().is_none())
}

/// Queues content. A small one is copied, so that it leaves with its head as one chunk: that costs less than a chunk of
/// its own.
fn push_content(content: Bytes, channel: &mut Channel) -> Result<(), PushError> {
    const SMALL: usize = 1024;
    if content.len() <= SMALL { channel.push_slice(&content) } else { channel.push(content) }
}

fn close_unless_persistent(persistence: Persistence, channel: &mut Channel) {
    if !persistence.keep_alive {
        channel.close_when_done();
    }
}

/// Parses digits only: `str::parse` alone would accept a sign.
fn parse_length(digits: &str) -> Option<u64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charset_is_missing_in_text_without_it() {
        for content_type in ["text/plain", "TEXT/html", "text/x; format=flowed", "text/"] {
            assert!(lacks_charset(content_type.as_bytes()), "{content_type}");
        }
        for content_type in ["text/plain; charset=utf-8", "text/plain;Charset=\"x\"", "application/json", "text", ""] {
            assert!(!lacks_charset(content_type.as_bytes()), "{content_type}");
        }
        assert!(is_utf8_so_far("aé".as_bytes()) && is_utf8_so_far(&"aé".as_bytes()[..2]) && is_utf8_so_far(b""));
        assert!(!is_utf8_so_far(b"a\xe9a"));
    }
}
