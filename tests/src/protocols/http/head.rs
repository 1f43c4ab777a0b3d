//! Parses a head into a request.

use httparse::{EMPTY_HEADER, Error, Header, Status as Parsed};

use super::fields::{field_values, is_valid_host, list_members, parse_content_length};
use super::request::{Method, Request};
use super::request_error::RequestError;
use super::resource::Resource;
use super::response::{Persistence, Status};
use super::target::Target;

/// The most fields that a head may have. Apache and hyper have the same limit.
pub const MAX_FIELDS: usize = 100;

/// The most bytes of content that a request may have: 16 MiB.
///
/// The content is collected before the response, so this bounds the memory that one client can make the server hold.
/// [`ContentBudget`](super::ContentBudget) bounds what all of them can.
/// nginx allows 1 MiB by default, Go's form parser 10 MiB.
pub const MAX_CONTENT_LEN: u64 = 16 * 1024 * 1024;

/// Parses a head, which includes its final empty line and has passed the
/// [`LineValidator`](super::line_validator::LineValidator).
///
/// The checks run in this order: syntax and version, `Host`, framing, target, method. So a request that gets another
/// error than 400 is well-formed apart from that error.
///
/// # Errors
///
/// Returns the error response for a request that is malformed, too large or not supported.
pub(super) fn parse(head: &[u8]) -> Result<Request, RequestError> {
    let mut fields_buffer = [EMPTY_HEADER; MAX_FIELDS];
    let mut message = httparse::Request::new(&mut fields_buffer);
    match message.parse(head) {
        Ok(Parsed::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(RequestError::bad_request("malformed head: a message ends before its empty line")),
        Err(error) => return Err(syntax_error(error, head)),
    }
    let (Some(method), Some(target), Some(minor)) = (message.method, message.path, message.version) else {
        return Err(RequestError::bad_request("malformed request line: a part is missing"));
    };
    let fields: &[Header<'_>] = message.headers;
    let is_http_10 = minor == 0;

    check_host(fields, is_http_10)?;
    let content_length = content_length(fields, is_http_10)?;
    if method == "CONNECT" {
        // The bytes after a CONNECT request are not HTTP.
        return Err(RequestError::new(Status::NotImplemented, "CONNECT is not supported: this server is no proxy"));
    }
    let method = Method::from_name(method);
    let resource = match Target::parse(target) {
        Some(Target::Path(path)) => Resource::from_path(path),
        Some(Target::Asterisk) if method == Method::Options => Resource::Server,
        _ => return Err(RequestError::bad_request("malformed request target")),
    };
    let waits = list_members(fields, "expect").any(|member| member.eq_ignore_ascii_case(b"100-continue"));
    Ok(Request {
        method,
        resource,
        persistence: Persistence { keep_alive: is_persistent(fields, is_http_10), is_http_10 },
        content_length,
        // A server must ignore the expectation of an HTTP/1.0 request (RFC 9110 §10.1.1). Without content the client
        // has nothing to hold back.
        expects_continue: waits && !is_http_10 && content_length > 0,
        content_type: field_values(fields, "content-type").find(|value| !value.is_empty()).map(<[u8]>::to_vec),
    })
}

fn syntax_error(error: Error, head: &[u8]) -> RequestError {
    match error {
        Error::Version if has_other_version(head) => {
            RequestError::new(Status::VersionNotSupported, "unsupported HTTP version: this server supports 1.0 and 1.1")
        }
        Error::Version => RequestError::bad_request("malformed HTTP version"),
        Error::TooManyHeaders => {
            RequestError::new(Status::FieldsTooLarge, format!("too many fields: the limit is {MAX_FIELDS}"))
        }
        Error::HeaderName => RequestError::bad_request("malformed field name or folded field line"),
        Error::HeaderValue => RequestError::bad_request("malformed field value"),
        Error::NewLine | Error::Status | Error::Token => RequestError::bad_request("malformed request line"),
    }
}

/// Returns whether the request line is well-formed but of another HTTP version (RFC 9112 §2.3).
fn has_other_version(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(_), Some(_), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return false;
    };
    matches!(version, [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'])
}

/// Checks that the request has exactly one valid `Host` field (RFC 9112 §3.2). HTTP/1.0 may omit it.
fn check_host(fields: &[Header<'_>], is_http_10: bool) -> Result<(), RequestError> {
    let mut hosts = field_values(fields, "host");
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(RequestError::bad_request("Host appears more than once")),
        (Some(host), None) if !is_valid_host(host) => Err(RequestError::bad_request("malformed Host")),
        (None, None) if !is_http_10 => Err(RequestError::bad_request("Host is missing")),
        _ => Ok(()),
    }
}

/// Returns the length of the content (RFC 9112 §6).
fn content_length(fields: &[Header<'_>], is_http_10: bool) -> Result<u64, RequestError> {
    let mut lengths = field_values(fields, "content-length");
    let length = match (lengths.next(), lengths.next()) {
        (None, _) => None,
        (Some(value), None) => Some(
            parse_content_length(value)
                .ok_or_else(|| RequestError::bad_request("malformed Content-Length: expected digits"))?,
        ),
        // RFC 9110 §8.6 lets a server reject repeated equal values, and no client sends them by mistake.
        (Some(_), Some(_)) => return Err(RequestError::bad_request("Content-Length appears more than once")),
    };
    let has_transfer_encoding = field_values(fields, "transfer-encoding").next().is_some();
    match length {
        Some(_) if has_transfer_encoding => {
            Err(RequestError::bad_request("Content-Length together with Transfer-Encoding"))
        }
        None if has_transfer_encoding && is_http_10 => {
            Err(RequestError::bad_request("Transfer-Encoding in an HTTP/1.0 request"))
        }
        None if has_transfer_encoding => {
            Err(RequestError::new(Status::NotImplemented, "Transfer-Encoding is not supported: send a Content-Length"))
        }
        Some(length) if length > MAX_CONTENT_LEN => Err(RequestError::new(
            Status::ContentTooLarge,
            format!("content too large: the limit is {MAX_CONTENT_LEN} bytes"),
        )),
        _ => Ok(length.unwrap_or(0)),
    }
}

/// Returns whether the connection persists (RFC 9112 §9.3). `close` overrides every other option.
fn is_persistent(fields: &[Header<'_>], is_http_10: bool) -> bool {
    let has = |option: &[u8]| list_members(fields, "connection").any(|member| member.eq_ignore_ascii_case(option));
    !has(b"close") && (!is_http_10 || has(b"keep-alive"))
}
