//! A request, as far as it is needed after its head has been read.

use super::resource::Resource;
use super::response::Persistence;

/// What a request asks for, with everything in it checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) resource: Resource,
    pub(super) persistence: Persistence,
    /// How much content follows the head.
    pub(super) content_length: u64,
    /// The client waits for a 100 before it sends the content (RFC 9110 §10.1.1).
    pub(super) waits_for_continue: bool,
    /// As it was sent, if it was.
    pub(super) content_type: Option<Vec<u8>>,
}

/// A method (RFC 9110 §9). Names are case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Post,
    Options,
    /// Known, and not allowed on anything here.
    Other,
    Unknown,
}

impl Method {
    pub(super) fn named(name: &str) -> Self {
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
