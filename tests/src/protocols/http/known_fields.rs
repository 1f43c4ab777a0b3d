//! The fields that decide framing and routing, found in one pass.

use httparse::Header;

use super::fields::{is_valid_host, list_members, parse_content_length};
use super::head::MAX_CONTENT_LEN;
use super::preconditions::Preconditions;
use super::request::Framing;
use super::request_error::RequestError;
use super::transfer_codings::TransferCodings;

/// The fields of a head that this server looks at.
#[derive(Debug, Default)]
pub(super) struct KnownFields<'h> {
    host: Single<'h>,
    content_length: Single<'h>,
    /// `None` without a `Transfer-Encoding` field.
    transfer_codings: Option<TransferCodings>,
    /// The options of `Connection`.
    close: bool,
    keep_alive: bool,
    /// `Expect: 100-continue`.
    pub(super) expects_continue: bool,
    pub(super) preconditions: Preconditions,
    /// The first value of `Content-Type` that is not empty.
    pub(super) content_type: Option<&'h [u8]>,
}

/// A field that must not appear twice.
#[derive(Debug, Clone, Copy, Default)]
enum Single<'h> {
    #[default]
    Missing,
    Once(&'h [u8]),
    Repeated,
}

impl<'h> Single<'h> {
    fn add(&mut self, value: &'h [u8]) {
        *self = match self {
            Self::Missing => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}

impl<'h> KnownFields<'h> {
    /// Finds the fields. Field names are case-insensitive (RFC 9110 §5.1).
    pub(super) fn find(fields: &[Header<'h>]) -> Self {
        let mut known = Self::default();
        for Header { name, value } in fields {
            // The lengths differ, so one comparison of text decides.
            match name.len() {
                4 if name.eq_ignore_ascii_case("host") => known.host.add(value),
                6 if name.eq_ignore_ascii_case("expect") => {
                    known.expects_continue |= list_members(value).any(|it| it.eq_ignore_ascii_case(b"100-continue"));
                }
                8 if name.eq_ignore_ascii_case("if-match") => known.preconditions.add_if_match(value),
                10 if name.eq_ignore_ascii_case("connection") => {
                    for option in list_members(value) {
                        known.close |= option.eq_ignore_ascii_case(b"close");
                        known.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                    }
                }
                12 if name.eq_ignore_ascii_case("content-type") && !value.is_empty() => {
                    known.content_type.get_or_insert(value);
                }
                13 if name.eq_ignore_ascii_case("if-none-match") => known.preconditions.add_if_none_match(value),
                14 if name.eq_ignore_ascii_case("content-length") => known.content_length.add(value),
                17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                    known.transfer_codings.get_or_insert_default().add(value);
                }
                _ => {}
            }
        }
        known
    }

    /// Checks that the request has exactly one valid `Host` field (RFC 9112 §3.2). HTTP/1.0 may omit it.
    pub(super) fn check_host(&self, is_http_10: bool) -> Result<(), RequestError> {
        match self.host {
            Single::Repeated => Err(RequestError::bad_request("Host appears more than once")),
            Single::Once(host) if !is_valid_host(host) => Err(RequestError::bad_request("malformed Host")),
            Single::Missing if !is_http_10 => Err(RequestError::bad_request("Host is missing")),
            Single::Once(_) | Single::Missing => Ok(()),
        }
    }

    /// Returns where the content ends (RFC 9112 §6.3).
    pub(super) fn framing(&self, is_http_10: bool) -> Result<Framing, RequestError> {
        let length = match self.content_length {
            Single::Missing => None,
            Single::Once(value) => Some(
                parse_content_length(value)
                    .ok_or_else(|| RequestError::bad_request("malformed Content-Length: expected digits"))?,
            ),
            // RFC 9110 §8.6 lets a server reject repeated equal values, and no client sends them by mistake.
            Single::Repeated => return Err(RequestError::bad_request("Content-Length appears more than once")),
        };
        match (length, self.transfer_codings) {
            (Some(_), Some(_)) => Err(RequestError::bad_request("Content-Length together with Transfer-Encoding")),
            (None, Some(_)) if is_http_10 => Err(RequestError::bad_request("Transfer-Encoding in an HTTP/1.0 request")),
            (None, Some(codings)) => codings.check().map(|()| Framing::Chunked),
            (Some(length), None) if length > MAX_CONTENT_LEN => Err(RequestError::content_too_large()),
            (length, None) => Ok(Framing::Length(length.unwrap_or(0))),
        }
    }

    /// Returns whether the connection persists (RFC 9112 §9.3). `close` overrides every other option.
    pub(super) fn is_persistent(&self, is_http_10: bool) -> bool {
        !self.close && (!is_http_10 || self.keep_alive)
    }
}
