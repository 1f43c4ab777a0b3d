//! Parses a head into a request.

use std::mem::MaybeUninit;

use httparse::{Error, Status as Parsed};

use super::known_fields::KnownFields;
use super::request::{Framing, Method, Request};
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

/// Parses a head, which includes its final empty line. Its lines have no invalid byte
/// ([`find_invalid_byte`](super::line::find_invalid_byte)).
///
/// The checks run in this order: syntax and version, `Host`, framing, target, method. So a request that gets another
/// error than 400 is well-formed apart from that error.
///
/// A minor version above 1 is changed to 1 in the head (RFC 9110 §2.5).
///
/// # Errors
///
/// Returns the error response for a request that is malformed, too large or not supported.
pub(super) fn parse(head: &mut [u8]) -> Result<Request, RequestError> {
    match parse_known_version(head) {
        Err(error) if error.status == Status::VersionNotSupported && lower_minor_version(head) => {
            parse_known_version(head)
        }
        result => result,
    }
}

fn parse_known_version(head: &[u8]) -> Result<Request, RequestError> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut message = httparse::Request::new(&mut []);
    match message.parse_with_uninit_headers(head, &mut fields) {
        Ok(Parsed::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(RequestError::bad_request("malformed head: a message ends before its empty line")),
        Err(error) => return Err(syntax_error(error, head)),
    }
    let (Some(method), Some(target), Some(minor)) = (message.method, message.path, message.version) else {
        return Err(RequestError::bad_request("malformed request line: a part is missing"));
    };
    let fields = KnownFields::find(message.headers);
    let is_http_10 = minor == 0;

    fields.check_host(is_http_10)?;
    let framing = fields.framing(is_http_10)?;
    if method == "CONNECT" {
        // The bytes after a CONNECT request are not HTTP.
        return Err(RequestError::new(Status::NotImplemented, "CONNECT is not supported: this server is no proxy"));
    }
    let method = Method::from_name(method);
    let resource = match Target::parse(target) {
        Some(Target::Path(path)) => Resource::from_path(&path),
        Some(Target::Asterisk | Target::EmptyPath) if method == Method::Options => Resource::Server,
        Some(Target::EmptyPath) => Resource::Page,
        Some(Target::Asterisk) | None => return Err(RequestError::bad_request("malformed request target")),
    };
    Ok(Request {
        method,
        resource,
        persistence: Persistence { keep_alive: fields.is_persistent(is_http_10), is_http_10 },
        framing,
        // A server must ignore the expectation of an HTTP/1.0 request (RFC 9110 §10.1.1). Without content the client
        // has nothing to hold back.
        expects_continue: fields.expects_continue && !is_http_10 && framing != Framing::Length(0),
        preconditions: fields.preconditions,
        content_type: fields.content_type.map(<[u8]>::to_vec),
    })
}

fn syntax_error(error: Error, head: &[u8]) -> RequestError {
    match error {
        Error::Version if has_other_version(head) => {
            RequestError::new(Status::VersionNotSupported, "unsupported HTTP version: this server supports 1.0 and 1.1")
        }
        Error::Version => RequestError::bad_request("malformed HTTP version"),
        Error::TooManyHeaders => RequestError::too_many_fields(),
        Error::HeaderName => RequestError::bad_request("malformed field name or folded field line"),
        Error::HeaderValue => RequestError::bad_request("malformed field value"),
        Error::NewLine | Error::Status | Error::Token => RequestError::bad_request("malformed request line"),
    }
}

/// Returns whether the request line is well-formed but of another HTTP version (RFC 9112 §2.3).
fn has_other_version(head: &[u8]) -> bool {
    let mut words = request_line(head).split(|&byte| byte == b' ');
    let (Some(_), Some(_), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return false;
    };
    matches!(version, [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'])
}

/// Changes the version to HTTP/1.1 if it is HTTP/1 with a higher minor version.
fn lower_minor_version(head: &mut [u8]) -> bool {
    let end = request_line(head).len();
    match &mut head[..end] {
        [.., b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'2'..=b'9'] => {
            *minor = b'1';
            true
        }
        _ => false,
    }
}

fn request_line(head: &[u8]) -> &[u8] {
    head.split(|&byte| byte == b'\r').next().unwrap_or_default()
}
