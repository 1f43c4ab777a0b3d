//! The request target (RFC 9112 §3.2).

use std::borrow::Cow;

use super::fields::is_valid_host;

/// A parsed request target. `CONNECT` is rejected earlier, so the authority-form has no variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target<'t> {
    /// The normal form of the path of the origin-form or the absolute-form, without the query.
    Path(Cow<'t, str>),
    /// The absolute-form without path and query: `*` for `OPTIONS`, and `/` for all other methods (RFC 9110 §4.2.3).
    EmptyPath,
    /// The asterisk-form, `*`: the server as a whole.
    Asterisk,
}

impl<'t> Target<'t> {
    /// Parses a target. Returns `None` if it is malformed.
    pub(super) fn parse(target: &'t str) -> Option<Self> {
        // Browsers and tools send some characters that a URI excludes, such as `|`: these are accepted as they are. A
        // client never sends a fragment, and it percent-encodes what is not ASCII.
        if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return None;
        }
        if target == "*" {
            return Some(Self::Asterisk);
        }
        let origin_form = match target.strip_prefix('/') {
            Some(_) => target,
            None => absolute_form_path(target)?,
        };
        match origin_form.split('?').next().unwrap_or_default() {
            "" if origin_form.is_empty() => Some(Self::EmptyPath),
            "" => Some(Self::Path("/".into())),
            path => normalize(path).map(Self::Path),
        }
    }
}

/// Returns the part of `http://authority/path?query` after the authority. A server must accept this form (RFC 9112
/// §3.2.2).
fn absolute_form_path(target: &str) -> Option<&str> {
    const SCHEME: &str = "http://";
    let (scheme, rest) = target.split_at_checked(SCHEME.len())?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (scheme.eq_ignore_ascii_case(SCHEME) && is_valid_host(authority.as_bytes())).then_some(path)
}

/// Returns the normal form of a path, which equivalent paths share (RFC 3986 §6.2.2): no unreserved character is
/// percent-encoded, other encodings have capital letters, and there are no segments `.` and `..`. Returns `None` if a `%`
/// does not begin an encoding.
fn normalize(path: &str) -> Option<Cow<'_, str>> {
    let decoded = if path.contains('%') { decode_unreserved(path)?.into() } else { Cow::Borrowed(path) };
    Some(if decoded.contains("/.") { remove_dot_segments(&decoded).into() } else { decoded })
}

fn decode_unreserved(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        match u8::from_str_radix(digits, 16).ok()? {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => decoded.push(byte.into()),
            _ => {
                decoded.push('%');
                decoded.extend(digits.chars().map(|digit| digit.to_ascii_uppercase()));
            }
        }
        decoded.push_str(rest);
    }
    Some(decoded)
}

/// Removes the segments `.` and `..` of a path that begins with `/` (RFC 3986 §5.2.4).
fn remove_dot_segments(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> Option<Target<'_>> {
        Some(Target::Path(path.into()))
    }

    #[test]
    fn target_origin_and_absolute_form_agree() {
        for target in ["/a/b", "/a/b?c=/d", "http://host/a/b", "HTTP://host:80/a/b?", "http://[::1]:80/a/b"] {
            assert_eq!(Target::parse(target), path("/a/b"), "{target}");
        }
        for target in ["/", "/?q", "http://host?q", "http://host/"] {
            assert_eq!(Target::parse(target), path("/"), "{target}");
        }
        assert_eq!(Target::parse("http://host"), Some(Target::EmptyPath));
        assert_eq!(Target::parse("*"), Some(Target::Asterisk));
    }

    #[test]
    fn target_of_any_other_form_is_refused() {
        for target in
            ["", "a", "host:80", "?q", "**", "http:/a", "http:///a", "http://u@h/", "ftp://host/", "/a#b", "/é"]
        {
            assert_eq!(Target::parse(target), None, "{target}");
        }
        for target in ["/%", "/%4", "/a%", "/%zz", "/%+1", "/%4%31"] {
            assert_eq!(Target::parse(target), None, "{target}");
        }
    }

    #[test]
    fn target_has_one_form_for_equivalent_paths() {
        for target in ["/%61/%7e%2D%5f", "/%61/~-_", "/./a/~-_", "/b/../a/~-_", "/../a/b/.././~-_", "/%2e%2E/a/~-_"] {
            assert_eq!(Target::parse(target), path("/a/~-_"), "{target}");
        }
        for (target, normal) in [
            ("/a%2fb", "/a%2Fb"),
            ("/%25%36%31", "/%2561"),
            ("/a/.", "/a/"),
            ("/a/..", "/"),
            ("/..", "/"),
            ("/a//../b", "/a/b"),
            ("/.a/..b", "/.a/..b"),
        ] {
            assert_eq!(Target::parse(target), path(normal), "{target}");
        }
    }
}
