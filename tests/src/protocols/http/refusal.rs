//! Requests that are not understood, and what is said about it.

use super::response::{Persistence, Response, Status};

/// Why a request is refused whole. Where it ends is then not known, or not waited for, so the connection closes too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: Status,
    /// For whoever debugs the client.
    pub(super) why: &'static str,
}

impl Refusal {
    pub(super) const fn new(status: Status, why: &'static str) -> Self {
        Self { status, why }
    }

    /// 400: the request is malformed.
    pub(super) const fn malformed(why: &'static str) -> Self {
        Self::new(Status::BadRequest, why)
    }

    /// The whole answer. One to `HEAD` has no content (RFC 9110 §9.3.2), not even to a `HEAD` that went wrong.
    pub(super) fn response(&self, to_head: bool) -> Vec<u8> {
        Response::new(self.status, Persistence::CLOSE).text(self.why, to_head)
    }
}
