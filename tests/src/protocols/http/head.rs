//! From the bytes of a head to a request, or to the reason why there is none.

use httparse::{EMPTY_HEADER, Error, Header, Status as Parsed};

use super::fields::{content_length, is_host, members, values};
use super::refusal::Refusal;
use super::request::{Method, Request};
use super::resource::Resource;
use super::response::{Persistence, Status};
use super::target::Target;

/// How many fields a head may have: as many as Apache and hyper allow.
pub const MAX_FIELDS: usize = 100;

/// How long the content of a request may be: 16 MiB. It is collected before it is answered, so this is what a client
/// can make the server hold; nginx allows 1 MiB by default, Go's forms 10.
pub const MAX_CONTENT_LEN: u64 = 16 * 1024 * 1024;

/// Reads a head, given with its last empty line. Its lines have been checked by [`Lines`](super::lines::Lines).
///
/// The order of the checks: syntax and version, `Host`, framing, target, method. So whatever is answered with something
/// else than 400 is a proper message apart from that.
pub(super) fn parse(head: &[u8]) -> Result<Request, Refusal> {
    let mut space = [EMPTY_HEADER; MAX_FIELDS];
    let mut message = httparse::Request::new(&mut space);
    match message.parse(head) {
        Ok(Parsed::Complete(length)) if length == head.len() => {}
        Ok(_) => return Err(Refusal::malformed("the head does not end where it seems to")),
        Err(error) => return Err(syntax(error, head)),
    }
    let (Some(method), Some(target), Some(minor)) = (message.method, message.path, message.version) else {
        return Err(Refusal::malformed("the request line is not complete"));
    };
    let fields: &[Header<'_>] = message.headers;
    let is_http_10 = minor == 0;

    check_host(fields, is_http_10)?;
    let content_length = framing(fields, is_http_10)?;
    if method == "CONNECT" {
        // What would follow is not HTTP.
        return Err(Refusal::new(Status::NotImplemented, "this is no proxy"));
    }
    let method = Method::named(method);
    let resource = match Target::parse(target) {
        Some(Target::Path(path)) => Resource::at(path),
        Some(Target::Server) if method == Method::Options => Resource::Server,
        _ => return Err(Refusal::malformed("the request target is malformed")),
    };
    let waits = members(fields, "expect").any(|member| member.eq_ignore_ascii_case(b"100-continue"));
    Ok(Request {
        method,
        resource,
        persistence: Persistence { stays: stays(fields, is_http_10), is_http_10 },
        content_length,
        // From HTTP/1.0 it is ignored, and without content there is nothing to wait with.
        waits_for_continue: waits && !is_http_10 && content_length > 0,
        content_type: values(fields, "content-type").find(|value| !value.is_empty()).map(<[u8]>::to_vec),
    })
}

fn syntax(error: Error, head: &[u8]) -> Refusal {
    match error {
        Error::Version if names_other_version(head) => {
            Refusal::new(Status::VersionNotSupported, "HTTP/1.0 and HTTP/1.1 are spoken")
        }
        Error::Version => Refusal::malformed("the request line has no proper version"),
        Error::TooManyHeaders => Refusal::new(Status::FieldsTooLarge, "too many fields"),
        Error::HeaderName => Refusal::malformed("a field name is malformed, or a line is folded"),
        Error::HeaderValue => Refusal::malformed("a field value is malformed"),
        Error::NewLine | Error::Status | Error::Token => Refusal::malformed("the request line is malformed"),
    }
}

/// Whether the request line is a proper one of some other version (RFC 9112 §2.3).
fn names_other_version(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    let (Some(_), Some(_), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return false;
    };
    matches!(version, [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'])
}

/// RFC 9112 §3.2: one, and a proper one; HTTP/1.0 may leave it out.
fn check_host(fields: &[Header<'_>], is_http_10: bool) -> Result<(), Refusal> {
    let mut hosts = values(fields, "host");
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Err(Refusal::malformed("more than one Host field")),
        (Some(host), None) if !is_host(host) => Err(Refusal::malformed("the Host field is malformed")),
        (None, None) if !is_http_10 => Err(Refusal::malformed("no Host field")),
        _ => Ok(()),
    }
}

/// How long the content is (RFC 9112 §6).
fn framing(fields: &[Header<'_>], is_http_10: bool) -> Result<u64, Refusal> {
    let mut lengths = values(fields, "content-length");
    let length = match (lengths.next(), lengths.next()) {
        (None, _) => None,
        (Some(value), None) => {
            Some(content_length(value).ok_or(Refusal::malformed("the Content-Length is no plain number"))?)
        }
        // Equal ones may be refused as well as different ones, and nobody sends them by mistake.
        (Some(_), Some(_)) => return Err(Refusal::malformed("more than one Content-Length")),
    };
    let is_coded = values(fields, "transfer-encoding").next().is_some();
    match length {
        Some(_) if is_coded => Err(Refusal::malformed("a Content-Length beside a Transfer-Encoding")),
        None if is_coded && is_http_10 => Err(Refusal::malformed("HTTP/1.0 has no Transfer-Encoding")),
        None if is_coded => Err(Refusal::new(Status::NotImplemented, "send a Content-Length, not a Transfer-Encoding")),
        Some(length) if length > MAX_CONTENT_LEN => {
            Err(Refusal::new(Status::ContentTooLarge, "the content is too long"))
        }
        _ => Ok(length.unwrap_or(0)),
    }
}

/// Whether the connection stays (RFC 9112 §9.3). `close` wins over whatever stands beside it.
fn stays(fields: &[Header<'_>], is_http_10: bool) -> bool {
    let has = |option: &[u8]| members(fields, "connection").any(|member| member.eq_ignore_ascii_case(option));
    !has(b"close") && (!is_http_10 || has(b"keep-alive"))
}
