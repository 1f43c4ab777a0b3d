//! The fields on which framing and routing hang, each read in one way only.

use std::net::Ipv6Addr;

/// The values of all fields of that name, in order. Names are case-insensitive (RFC 9110 §5.1).
pub(super) fn values<'f>(fields: &'f [httparse::Header<'f>], name: &'f str) -> impl Iterator<Item = &'f [u8]> {
    fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
}

/// The members of a list that may stand in one field or in several (RFC 9110 §5.6.1). Empty ones are left out.
pub(super) fn members<'f>(fields: &'f [httparse::Header<'f>], name: &'f str) -> impl Iterator<Item = &'f [u8]> {
    values(fields, name)
        .flat_map(|value| value.split(|&byte| byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty())
}

/// The value of a `Content-Length`: digits, and nothing else (RFC 9112 §6.2, §6.3).
///
/// A sign, a list of equal numbers, white space within: each has been read in two ways by two programs, so each is
/// `None`. A number beyond a `u64` is as large as one can be.
pub(super) fn content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(str::from_utf8(value).ok()?.parse().unwrap_or(u64::MAX))
}

/// Whether a `Host` field may have this value: `uri-host [":" port]` (RFC 9110 §7.2, RFC 3986 §3.2.2).
///
/// An empty host is refused, as an `http` URI has none (RFC 9110 §4.2.1), and so is an IP literal of a future version.
pub(super) fn is_host(value: &[u8]) -> bool {
    let after_host = match value.strip_prefix(b"[") {
        Some(literal) => {
            let Some(end) = literal.iter().position(|&byte| byte == b']') else { return false };
            let (address, rest) = literal.split_at(end);
            if !str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok()) {
                return false;
            }
            rest.strip_prefix(b"]").unwrap_or_default()
        }
        None => {
            let end = value.iter().position(|&byte| byte == b':').unwrap_or(value.len());
            let (name, rest) = value.split_at(end);
            if !is_registered_name(name) {
                return false;
            }
            rest
        }
    };
    match after_host.strip_prefix(b":") {
        Some(port) => port.iter().all(u8::is_ascii_digit),
        None => after_host.is_empty(),
    }
}

fn is_registered_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            (b'%', _) => return false,
            _ if first.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(first) => after,
            _ => return false,
        };
    }
    !name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_length_is_digits_only() {
        assert_eq!(content_length(b"0"), Some(0));
        assert_eq!(content_length(b"0042"), Some(42));
        assert_eq!(content_length(b"18446744073709551616"), Some(u64::MAX));
        for value in ["", "+5", "-1", "5, 5", "5,5", "0x5", "5 5", "5.0", "1e3", "\u{665}"] {
            assert_eq!(content_length(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn host_is_name_or_address_with_optional_port() {
        for value in ["a", "example.org", "example.org:8080", "a:", "127.0.0.1:80", "[::1]", "[::1]:80", "a%2fb", "a_b"]
        {
            assert!(is_host(value.as_bytes()), "{value}");
        }
        for value in
            ["", ":80", "a b", "a/b", "u@a", "a:b", "a:80:80", "[::1", "[]", "[::1]a", "a%2", "a%zz", "a?", "é"]
        {
            assert!(!is_host(value.as_bytes()), "{value}");
        }
    }
}
