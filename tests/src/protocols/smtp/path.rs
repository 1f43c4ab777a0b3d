//! Paths: the addresses in MAIL and RCPT (RFC 5321 §4.1.2).

use super::domain::{MAX_DOMAIN_LEN, domain_len};

/// The most octets of a local part (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL_PART_LEN: usize = 64;

/// The most octets of a path, with its brackets (RFC 5321 §4.5.3.1.3).
const MAX_PATH_LEN: usize = 256;

/// A path without its brackets and without a source route, which is ignored (RFC 5321 appendix F.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path<'t> {
    /// `<>`, the sender of a notification that must not be answered.
    Null,
    /// `<Postmaster>`, in any case: the one mailbox without a domain.
    Postmaster,
    /// A local part, an at sign, and a domain or an address literal.
    Mailbox(&'t str),
}

/// A reason to refuse a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathError {
    Syntax,
    TooLong,
}

impl<'t> Path<'t> {
    /// Takes a path from the beginning of a text that is printable ASCII. Returns it and the rest of the text.
    pub(super) fn take_from(text: &'t str) -> Result<(Self, &'t str), PathError> {
        let inner = text.strip_prefix('<').ok_or(PathError::Syntax)?;
        if let Some(rest) = inner.strip_prefix('>') {
            return Ok((Self::Null, rest));
        }
        let address = skip_source_route(inner).ok_or(PathError::Syntax)?;
        let local_len = local_part_len(address).ok_or(PathError::Syntax)?;
        let (local_part, after) = address.split_at(local_len);
        let (path, rest) = match after.strip_prefix('@') {
            Some(domain) => {
                let len = domain_len(domain).ok_or(PathError::Syntax)?;
                if local_part.len() > MAX_LOCAL_PART_LEN || len > MAX_DOMAIN_LEN {
                    return Err(PathError::TooLong);
                }
                let (mailbox, rest) = address.split_at(local_len + 1 + len);
                (Self::Mailbox(mailbox), rest)
            }
            None if address.len() == inner.len() && local_part.eq_ignore_ascii_case("postmaster") => {
                (Self::Postmaster, after)
            }
            None => return Err(PathError::Syntax),
        };
        let rest = rest.strip_prefix('>').ok_or(PathError::Syntax)?;
        if text.len() - rest.len() > MAX_PATH_LEN { Err(PathError::TooLong) } else { Ok((path, rest)) }
    }

    /// Returns the domain or address literal: neither has an at sign, but a quoted local part may have one.
    pub(super) fn domain(self) -> Option<&'t str> {
        self.as_str().rsplit_once('@').map(|(_, domain)| domain)
    }

    /// Returns the text between the brackets.
    pub(super) fn as_str(self) -> &'t str {
        match self {
            Self::Null => "",
            Self::Postmaster => "postmaster",
            Self::Mailbox(mailbox) => mailbox,
        }
    }
}

/// Returns the text behind `@one,@two:`, if it begins with such a route.
fn skip_source_route(mut text: &str) -> Option<&str> {
    if !text.starts_with('@') {
        return Some(text);
    }
    loop {
        text = text.strip_prefix('@')?;
        text = &text[domain_len(text)?..];
        if let Some(address) = text.strip_prefix(':') {
            return Some(address);
        }
        text = text.strip_prefix(',')?;
    }
}

/// Returns the length of the local part at the beginning of the text: atoms between dots, or a quoted string.
fn local_part_len(text: &str) -> Option<usize> {
    if text.starts_with('"') {
        return quoted_string_len(text);
    }
    let len = text.bytes().position(|byte| !is_atext(byte) && byte != b'.').unwrap_or(text.len());
    text[..len].split('.').all(|atom| !atom.is_empty()).then_some(len)
}

/// Returns the length of a quoted string with its quotes. A backslash takes the next character with it, so neither a quoted
/// quote nor a bracket within the string ends anything.
fn quoted_string_len(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((index, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(index + 1),
            b'\\' => drop(bytes.next().filter(|(_, quoted)| *quoted != b'\t')?),
            b'\t' => return None,
            _ => {}
        }
    }
    None
}

/// The characters of an atom (RFC 5322 §3.2.3).
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> (&str, &str) {
        let (path, rest) = Path::take_from(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        (path.as_str(), rest)
    }

    #[test]
    fn path_is_taken_up_to_its_bracket() {
        assert_eq!(taken("<a@b.c> SIZE=1"), ("a@b.c", " SIZE=1"));
        assert_eq!(taken("<a.b+c!d@[127.0.0.1]>"), ("a.b+c!d@[127.0.0.1]", ""));
        assert_eq!(taken("<a@[IPv6:::1]>"), ("a@[IPv6:::1]", ""));
        assert_eq!(taken("<a@b>>"), ("a@b", ">"));
    }

    #[test]
    fn path_quoted_local_part_may_hold_delimiters() {
        assert_eq!(taken(r#"<"a b>@c, \"\\"@d.e>"#), (r#""a b>@c, \"\\"@d.e"#, ""));
        assert_eq!(taken(r#"<""@d>"#), (r#"""@d"#, ""));
    }

    #[test]
    fn path_source_route_is_ignored() {
        assert_eq!(taken("<@a:b@c>"), ("b@c", ""));
        assert_eq!(taken("<@a.x,@[1.2.3.4]:b@c>"), ("b@c", ""));
    }

    #[test]
    fn path_null_and_postmaster_need_no_domain() {
        assert_eq!(Path::take_from("<> BODY=7BIT"), Ok((Path::Null, " BODY=7BIT")));
        assert_eq!(Path::take_from("<PostMaster>"), Ok((Path::Postmaster, "")));
        assert_eq!(taken("<postmaster@a>"), ("postmaster@a", ""));
    }

    #[test]
    fn path_domain_is_behind_the_last_at() {
        let domain = |text| Path::take_from(text).ok().and_then(|(path, _)| path.domain());
        assert_eq!(domain("<a@b.c>"), Some("b.c"));
        assert_eq!(domain("<\"a@b\"@[IPv6:::1]>"), Some("[IPv6:::1]"));
        assert_eq!(domain("<@a:b@c>"), Some("c"));
        assert_eq!((domain("<>"), domain("<postmaster>")), (None, None));
    }

    #[test]
    fn path_malformed_is_refused() {
        for text in [
            "",
            "a@b",
            "<",
            "<a",
            "<a>",
            "<a@>",
            "<@b>",
            "<a@b",
            "<a b@c>",
            "<a..b@c>",
            "<.a@c>",
            "<a.@c>",
            "<a@b c>",
            "<a@b@c>",
            "<\"a@b>",
            "<\"a\\\">",
            "<\"a\"b@c>",
            "<@a:>",
            "<@a,b@c>",
            "<@a,@b>",
            "<@a:postmaster>",
            "<a,b@c>",
            "<<a@b>>",
            "< a@b>",
            "<a@b >",
            "<a(c)@b>",
            "<@a:<b@c>>",
            "<a@[1.2.3.4>",
            "<@a>",
            "<postmaster@>",
            "<\"a\tb\"@c>",
            "<\"\\\t\"@c>",
        ] {
            assert_eq!(Path::take_from(text), Err(PathError::Syntax), "{text}");
        }
    }

    #[test]
    fn path_longest_passes_and_longer_is_refused() {
        let local = |len| format!("<{}@b>", "x".repeat(len));
        assert_eq!(Path::take_from(&local(64)).map(|(_, rest)| rest), Ok(""));
        assert_eq!(Path::take_from(&local(65)), Err(PathError::TooLong));
        let whole = |len: usize| format!("<a@{}b>", "x.".repeat((len - 5) / 2));
        assert_eq!(whole(255).len(), 255);
        assert_eq!(Path::take_from(&whole(255)).map(|(_, rest)| rest), Ok(""));
        assert_eq!(Path::take_from(&whole(257)), Err(PathError::TooLong));
    }
}
