//! Domains and address literals (RFC 5321 §4.1.2, §4.1.3).

use std::net::{Ipv4Addr, Ipv6Addr};

/// The most octets of a domain (RFC 5321 §4.5.3.1.2).
pub(super) const MAX_DOMAIN_LEN: usize = 255;

/// The most octets of a label (RFC 1035 §2.3.4).
const MAX_LABEL_LEN: usize = 63;

/// Returns the length of the domain or address literal at the beginning of the text: up to a byte that is in neither.
/// Returns `None` if it is malformed.
pub(super) fn domain_len(text: &str) -> Option<usize> {
    if text.starts_with('[') {
        let len = text.find(']')? + 1;
        return is_address_literal(&text[1..len - 1]).then_some(len);
    }
    let is_in_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let len = text.bytes().position(|byte| !is_in_domain(byte)).unwrap_or(text.len());
    text[..len].split('.').all(is_label).then_some(len)
}

/// Returns whether a client may call itself so in EHLO and HELO: a domain or an address literal. Underscores pass, since
/// machines have such names, and RFC 5321 §4.1.4 forbids to refuse a client for its name.
pub(super) fn is_client_name(text: &str) -> bool {
    let without_underscores = text.replace('_', "x");
    text.len() <= MAX_DOMAIN_LEN && domain_len(&without_underscores) == Some(text.len())
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.len() <= MAX_LABEL_LEN && !label.starts_with('-') && !label.ends_with('-')
}

/// Returns whether the text between the brackets is an address. No tag but `IPv6` is registered.
fn is_address_literal(text: &str) -> bool {
    match text.split_at_checked("IPv6:".len()) {
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6:") => address.parse::<Ipv6Addr>().is_ok(),
        _ => text.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_ends_before_a_foreign_byte() {
        assert_eq!(domain_len("example.org>x"), Some(11));
        assert_eq!(domain_len("a:b"), Some(1));
        assert_eq!(domain_len("[127.0.0.1]>"), Some(11));
        assert_eq!(domain_len("[IPv6:::1]"), Some(10));
        assert_eq!(domain_len("[ipv6:fe80::2:3],"), Some(16));
        let longest = "x".repeat(63);
        assert_eq!(domain_len(&longest), Some(63));
    }

    #[test]
    fn domain_malformed_is_refused() {
        for text in ["", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "_a", "[", "[]", "[1.2.3]", "[1.2.3.4", "[::1]"] {
            assert_eq!(domain_len(text), None, "{text}");
        }
        for text in ["[1.2.3.256]", "[IPv6:]", "[IPv6:1.2.3.4]", "[x:y]", "[ 1.2.3.4]"] {
            assert_eq!(domain_len(text), None, "{text}");
        }
        assert_eq!(domain_len(&"x".repeat(64)), None);
    }

    #[test]
    fn client_name_may_have_underscores() {
        for name in ["localhost", "DESK_TOP", "[127.0.0.1]", "a.b.c"] {
            assert!(is_client_name(name), "{name}");
        }
        for name in ["", "a b", "a@b", "\u{e9}", "a/b", "[a", &["a"; 129].join(".")] {
            assert!(!is_client_name(name), "{name}");
        }
    }
}
