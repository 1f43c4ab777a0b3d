//! The values of the fields that decide framing and routing, each with one accepted form.

use std::net::Ipv6Addr;

/// Returns the members of a list (RFC 9110 §5.6.1), without the empty ones.
pub(super) fn list_members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// Parses the value of a `Content-Length`: digits only (RFC 9112 §6.2, §6.3).
///
/// Returns `None` for a sign, for a list of equal numbers and for white space between digits, because programs differ
/// in how they parse these. A number above `u64::MAX` becomes `u64::MAX`.
pub(super) fn parse_content_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

/// Returns whether a `Host` field may have this value: `uri-host [":" port]` (RFC 9110 §7.2, RFC 3986 §3.2.2).
///
/// An empty host is refused, because an `http` URI never has one (RFC 9110 §4.2.1). An IP literal of a future version
/// (`IPvFuture`) is refused too.
pub(super) fn is_valid_host(value: &[u8]) -> bool {
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
            if !is_reg_name(name) {
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

/// Returns whether this is a non-empty `reg-name` (RFC 3986 §3.2.2).
fn is_reg_name(name: &[u8]) -> bool {
    let mut rest = name;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            (b'%', _) => return false,
            (b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~', _) => after,
            (b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=', _) => after,
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
        assert_eq!(parse_content_length(b"0"), Some(0));
        assert_eq!(parse_content_length(b"0042"), Some(42));
        assert_eq!(parse_content_length(b"18446744073709551616"), Some(u64::MAX));
        for value in ["", "+5", "-1", "5, 5", "5,5", "0x5", "5 5", "5.0", "1e3", "\u{665}"] {
            assert_eq!(parse_content_length(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn host_is_name_or_address_with_optional_port() {
        for value in ["a", "example.org", "example.org:8080", "a:", "127.0.0.1:80", "[::1]", "[::1]:80", "a%2fb", "a_b"]
        {
            assert!(is_valid_host(value.as_bytes()), "{value}");
        }
        for value in
            ["", ":80", "a b", "a/b", "u@a", "a:b", "a:80:80", "[::1", "[]", "[::1]a", "a%2", "a%zz", "a?", "é"]
        {
            assert!(!is_valid_host(value.as_bytes()), "{value}");
        }
    }
}
