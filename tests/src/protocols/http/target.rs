//! The request target: which resource is meant.

use super::fields::is_host;

/// A request target, read (RFC 9112 §3.2). The authority form is `CONNECT`'s alone and does not come here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'t> {
    /// A path, from the origin form or the absolute form; the query is left out.
    Path(&'t str),
    /// `*`: the server as a whole.
    Server,
}

impl<'t> Target<'t> {
    /// `None`: this is no target.
    pub(super) fn parse(target: &'t str) -> Option<Self> {
        // Browsers and tools send characters that a URI does not have, such as `|`; those mean themselves. A fragment
        // is never sent, and what is not ASCII is encoded.
        if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return None;
        }
        if target == "*" {
            return Some(Self::Server);
        }
        let origin_form = match target.strip_prefix('/') {
            Some(_) => target,
            None => path_of_absolute(target)?,
        };
        let path = origin_form.split('?').next().unwrap_or_default();
        Some(Self::Path(if path.is_empty() { "/" } else { path }))
    }
}

/// What follows the authority in `http://authority/path?query`. Servers have to take this form (RFC 9112 §3.2.2).
fn path_of_absolute(target: &str) -> Option<&str> {
    const SCHEME: &str = "http://";
    let (scheme, rest) = target.split_at_checked(SCHEME.len())?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (scheme.eq_ignore_ascii_case(SCHEME) && is_host(authority.as_bytes())).then_some(path)
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
        assert_eq!(Target::parse("*"), Some(Target::Server));
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
