//! Error responses to rejected requests.

use std::borrow::Cow;

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

    /// Returns the complete response. A response to `HEAD` has no content (RFC 9110 §9.3.2), not even an error
    /// response.
    pub(super) fn into_response(self, is_head: bool) -> Vec<u8> {
        Response::new(self.status, Persistence::CLOSE).finish_with_text(&self.reason, is_head)
    }
}
