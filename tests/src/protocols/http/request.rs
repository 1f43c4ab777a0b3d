//! The parts of a request that the response depends on.

use super::preconditions::Preconditions;
use super::resource::Resource;
use super::response::Persistence;

/// A request whose head is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) resource: Resource,
    pub(super) persistence: Persistence,
    pub(super) framing: Framing,
    /// True if the client waits for 100 (Continue) before it sends the content (RFC 9110 §10.1.1).
    pub(super) expects_continue: bool,
    pub(super) preconditions: Preconditions,
    /// The value of `Content-Type`, if the request has one.
    pub(super) content_type: Option<Vec<u8>>,
}

/// The end of the content behind a head (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// This many bytes, as `Content-Length` says; 0 without that field.
    Length(u64),
    /// The last chunk and the trailer section.
    Chunked,
}

/// A method (RFC 9110 §9). Method names are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Options,
    /// A standard method that no resource of this server allows.
    Other,
    Unknown,
}

impl Method {
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "OPTIONS" => Self::Options,
            "PUT" | "DELETE" | "TRACE" | "PATCH" => Self::Other,
            _ => Self::Unknown,
        }
    }
}
