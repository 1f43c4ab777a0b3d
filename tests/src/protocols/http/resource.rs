//! What there is to be asked for, and the answers.

use asynchat_core::{Channel, PushError};
use bytes::Bytes;

use super::request::{Method, Request};
use super::response::{Persistence, Response, Status};
use super::stream::Stream;

const PAGE: &str = include_str!("page.html");

/// What a path stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// `/`
    Page,
    /// `/echo`
    Echo,
    /// `/stream/N`
    Stream(u64),
    /// `*`, which only `OPTIONS` may name.
    Server,
    /// Any other path.
    Missing,
}

/// What is done about a request.
enum Action {
    Page,
    Echo,
    Stream(u64),
    Describe { allowed: &'static str },
    RefuseMethod { allowed: &'static str },
    Refuse(Status),
}

impl Resource {
    pub(super) fn at(path: &str) -> Self {
        match path {
            "/" => Self::Page,
            "/echo" => Self::Echo,
            _ => path.strip_prefix("/stream/").and_then(number).map_or(Self::Missing, Self::Stream),
        }
    }

    /// The value of `Allow` (RFC 9110 §10.2.1).
    fn allowed(self) -> &'static str {
        match self {
            Self::Page | Self::Stream(_) => "GET, HEAD, OPTIONS",
            Self::Echo => "POST, OPTIONS",
            Self::Server | Self::Missing => "GET, HEAD, POST, OPTIONS",
        }
    }
}

impl Request {
    /// Whether the content is wanted for the answer, or is only read to get past it.
    pub(super) fn keeps_content(&self) -> bool {
        matches!(self.action(), Action::Echo)
    }

    /// Whether the answer is an error, and known before the content.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.action(), Action::RefuseMethod { .. } | Action::Refuse(_))
    }

    /// Answers the request, and closes if the connection does not stay.
    pub(super) fn answer(self, content: Vec<u8>, channel: &mut Channel) -> Result<(), PushError> {
        let to_head = self.method == Method::Head;
        let mut persistence = self.persistence;
        match self.action() {
            Action::Page => {
                let head = Response::new(Status::Ok, persistence)
                    .field("Content-Type", "text/html; charset=utf-8")
                    .content_length(PAGE.len() as u64);
                push(channel, head, (!to_head).then_some(Bytes::from_static(PAGE.as_bytes())))?;
            }
            Action::Echo => {
                let content_type = self.content_type.as_deref().unwrap_or(b"application/octet-stream");
                let head = Response::new(Status::Ok, persistence)
                    .field("Content-Type", content_type)
                    .content_length(content.len() as u64);
                push(channel, head, Some(content.into()))?;
            }
            Action::Stream(length) => {
                // An HTTP/1.0 client does not know the chunked coding (RFC 9112 §6.1), so the close ends its content.
                // The length is said as well: that way it can tell a whole stream from a broken one.
                persistence.stays &= !persistence.is_http_10;
                let head = Response::new(Status::Ok, persistence).field("Content-Type", "text/plain; charset=utf-8");
                if persistence.is_http_10 {
                    push(channel, head.content_length(length), None)?;
                } else {
                    push(channel, head.field("Transfer-Encoding", "chunked"), None)?;
                }
                match (to_head, persistence.is_http_10) {
                    (true, _) => {}
                    (false, true) => channel.push_with_producer(Stream::new(length))?,
                    (false, false) => channel.push_with_producer(Stream::new(length).chunked())?,
                }
            }
            Action::Describe { allowed } => {
                push(channel, Response::new(Status::Ok, persistence).field("Allow", allowed).content_length(0), None)?;
            }
            Action::RefuseMethod { allowed } => {
                let response = Response::new(Status::MethodNotAllowed, persistence).field("Allow", allowed);
                channel.push(response.text(Status::MethodNotAllowed.line(), to_head))?;
            }
            Action::Refuse(status) => {
                channel.push(Response::new(status, persistence).text(status.line(), to_head))?;
            }
        }
        close_unless(persistence, channel);
        Ok(())
    }

    fn action(&self) -> Action {
        let allowed = self.resource.allowed();
        match (self.method, self.resource) {
            (Method::Unknown, _) => Action::Refuse(Status::NotImplemented),
            (_, Resource::Missing) => Action::Refuse(Status::NotFound),
            (Method::Get | Method::Head, Resource::Page) => Action::Page,
            (Method::Get | Method::Head, Resource::Stream(length)) => Action::Stream(length),
            (Method::Post, Resource::Echo) => Action::Echo,
            (Method::Options, _) => Action::Describe { allowed },
            _ => Action::RefuseMethod { allowed },
        }
    }
}

fn push(channel: &mut Channel, head: Response, content: Option<Bytes>) -> Result<(), PushError> {
    channel.push(head.end())?;
    content.map_or(Ok(()), |content| channel.push(content))
}

fn close_unless(persistence: Persistence, channel: &mut Channel) {
    if !persistence.stays {
        channel.close_when_done();
    }
}

/// Digits, and nothing else: `parse` alone would take a sign.
fn number(digits: &str) -> Option<u64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}
