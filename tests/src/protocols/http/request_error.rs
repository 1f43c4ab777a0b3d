//! Error responses to rejected requests.

use std::borrow::Cow;

use super::date::Date;
use super::head::{MAX_CONTENT_LEN, MAX_FIELDS};
use super::response::{Persistence, Response, Status};

/// The status and reason with which a request is rejected.
///
/// The server does not know where such a request ends, or does not wait for its end, so the connection closes too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestError {
    pub(super) status: Status,
    /// One line of text, which is the content of the response.
    pub(super) reason: Cow<'static, str>,
}

impl RequestError {
    pub(super) fn new(status: Status, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, reason: reason.into() }
    }

    /// Creates a 400 (Bad Request) error.
    pub(super) fn bad_request(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Status::BadRequest, reason)
    }

    /// Creates the error of content above the limit.
    pub(super) fn content_too_large() -> Self {
        Self::new(Status::ContentTooLarge, format!("content too large: the limit is {MAX_CONTENT_LEN} bytes"))
    }

    /// Creates the error of a head or a trailer section with too many fields.
    pub(super) fn too_many_fields() -> Self {
        Self::new(Status::FieldsTooLarge, format!("too many fields: the limit is {MAX_FIELDS}"))
    }

    /// Returns the complete response. A response to `HEAD` has no content (RFC 9110 §9.3.2), not even an error
    /// response.
    pub(super) fn into_response(self, date: Date, is_head: bool) -> Vec<u8> {
        Response::new(self.status, Persistence::CLOSE, date).finish_with_text(&self.reason, is_head)
    }
}
