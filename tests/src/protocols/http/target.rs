//! The request target (RFC 9112 §3.2).

use super::fields::is_valid_host;

/// A parsed request target. `CONNECT` is rejected earlier, so the authority-form has no variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'t> {
    /// The path of the origin-form or the absolute-form, without the query.
    Path(&'t str),
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
        let path = origin_form.split('?').next().unwrap_or_default();
        Some(Self::Path(if path.is_empty() { "/" } else { path }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_origin_and_absolute_form_agree() {
        for target in ["/a/b", "/a/b?c=/d", "http://host/a/b", "HTTP://host:80/a/b?", "http://[::1]:80/a/b"] {
            assert_eq!(Target::parse(target), Some(Target::Path("/a/b")), "{target}");
        }
        for target in ["/", "/?q", "http://host", "http://host?q", "http://host/"] {
            assert_eq!(Target::parse(target), Some(Target::Path("/")), "{target}");
        }
        assert_eq!(Target::parse("*"), Some(Target::Asterisk));
    }

    #[test]
    fn target_of_any_other_form_is_refused() {
        for target in
            ["", "a", "host:80", "?q", "**", "http:/a", "http:///a", "http://u@h/", "ftp://host/", "/a#b", "/é"]
        {
            assert_eq!(Target::parse(target), None, "{target}");
        }
    }
}
