//! The resources of this server and their responses.

use asynchat_core::{Channel, PushError};
use bytes::Bytes;

use super::pattern::PatternProducer;
use super::request::{Method, Request};
use super::response::{Persistence, Response, Status};

const PAGE: &str = include_str!("page.html");

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
    pub(super) fn respond(self, content: Bytes, channel: &mut Channel) -> Result<(), PushError> {
        let is_head = self.method == Method::Head;
        let mut persistence = self.persistence;
        match self.action() {
            Action::Page => {
                let head = Response::new(Status::Ok, persistence)
                    .field("Content-Type", "text/html; charset=utf-8")
                    .content_length(PAGE.len() as u64);
                push_response(channel, head, (!is_head).then_some(Bytes::from_static(PAGE.as_bytes())))?;
            }
            Action::Echo => self.begin_echo(content, channel)?,
            Action::Stream(length) => {
                // HTTP/1.0 has no chunked coding (RFC 9112 §6.1), so the close ends the content. The response also has
                // a Content-Length: with it the client can tell a complete stream from a truncated one.
                persistence.keep_alive &= !persistence.is_http_10;
                let head = Response::new(Status::Ok, persistence).field("Content-Type", "text/plain; charset=utf-8");
                if persistence.is_http_10 {
                    push_response(channel, head.content_length(length), None)?;
                } else {
                    push_response(channel, head.field("Transfer-Encoding", "chunked"), None)?;
                }
                match (is_head, persistence.is_http_10) {
                    (true, _) => {}
                    (false, true) => channel.push_with_producer(PatternProducer::new(length))?,
                    (false, false) => channel.push_with_producer(PatternProducer::new(length).chunked())?,
                }
            }
            Action::Options { allow } => {
                push_response(
                    channel,
                    Response::new(Status::Ok, persistence).field("Allow", allow).content_length(0),
                    None,
                )?;
            }
            Action::MethodNotAllowed { allow } => {
                let response = Response::new(Status::MethodNotAllowed, persistence).field("Allow", allow);
                channel.push(response.finish_with_text(Status::MethodNotAllowed.code_and_reason(), is_head))?;
            }
            Action::Error(status) => {
                channel.push(Response::new(status, persistence).finish_with_text(status.code_and_reason(), is_head))?;
            }
        }
        close_unless_persistent(persistence, channel);
        Ok(())
    }

    /// Queues the response of `/echo` with the content that has arrived. The caller pushes the rest.
    pub(super) fn begin_echo(&self, content: Bytes, channel: &mut Channel) -> Result<(), PushError> {
        let content_type = self.content_type.as_deref().unwrap_or(b"application/octet-stream");
        let head = Response::new(Status::Ok, self.persistence)
            .field("Content-Type", content_type)
            .content_length(self.content_length);
        push_response(channel, head, Some(content))
    }

    /// Ends a response whose content is all queued: closes the connection after it unless the connection persists.
    pub(super) fn end_response(&self, channel: &mut Channel) {
        close_unless_persistent(self.persistence, channel);
    }

    fn action(&self) -> Action {
        let allow = self.resource.allowed_methods();
        match (self.method, self.resource) {
            (Method::Unknown, _) => Action::Error(Status::NotImplemented),
            (_, Resource::NotFound) => Action::Error(Status::NotFound),
            (Method::Get | Method::Head, Resource::Page) => Action::Page,
            (Method::Get | Method::Head, Resource::Stream(length)) => Action::Stream(length),
            (Method::Post, Resource::Echo) => Action::Echo,
            (Method::Options, _) => Action::Options { allow },
            _ => Action::MethodNotAllowed { allow },
        }
    }
}

fn push_response(channel: &mut Channel, head: Response, content: Option<Bytes>) -> Result<(), PushError> {
    channel.push(head.finish())?;
    content.map_or(Ok(()), |content| channel.push(content))
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
