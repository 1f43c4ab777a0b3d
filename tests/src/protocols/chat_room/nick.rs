//! Nicks: which there may be, and which are the same.

use std::fmt;

/// How many bytes a nick may have: room for a dozen characters of any script, and for 32 of ASCII.
pub const MAX_NICK_LEN: usize = 32;

/// What somebody is called. It is made of letters, digits and punctuation, so that nobody can be called `ann: yes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nick {
    shown: Box<str>,
    /// The same in lower case: `Ann` and `ann` would be taken for each other.
    folded: Box<str>,
}

/// Why something is no nick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoNick {
    Empty,
    TooLong,
    Unprintable,
    Reserved,
}

impl Nick {
    pub(super) fn parse(line: &[u8]) -> Result<Self, NoNick> {
        let line = line.trim_ascii();
        if line.len() > MAX_NICK_LEN {
            return Err(NoNick::TooLong);
        }
        let nick = std::str::from_utf8(line).map_err(|_| NoNick::Unprintable)?;
        if nick.is_empty() {
            return Err(NoNick::Empty);
        }
        // Spaces of any kind, control characters and those that turn the direction of text are none of these.
        if !nick.chars().all(|char| char.is_alphanumeric() || char.is_ascii_punctuation()) {
            return Err(NoNick::Unprintable);
        }
        // What the room says begins with a star, and what it is told with a slash; a colon ends a nick.
        if nick.starts_with(['*', '/']) || nick.contains(':') {
            return Err(NoNick::Reserved);
        }
        Ok(Self { shown: nick.into(), folded: nick.to_lowercase().into() })
    }

    pub(super) fn folded(&self) -> &str {
        &self.folded
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Display for NoNick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a nick has at least one character"),
            Self::TooLong => write!(f, "a nick has at most {MAX_NICK_LEN} bytes"),
            Self::Unprintable => f.write_str("a nick is made of letters, digits and punctuation"),
            Self::Reserved => f.write_str("a nick has no `:`, and does not begin with `*` or `/`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nickname_is_one_printable_word() {
        for good in ["a", "Bob", "x_1", "[away]", "jörg", "李雷", " spaces around "] {
            let nick = Nick::parse(good.replace("spaces around", "trimmed").as_bytes());
            assert!(nick.is_ok(), "{good}: {nick:?}");
        }
        for (bad, why) in [
            (&b""[..], NoNick::Empty),
            (b" \t", NoNick::Empty),
            (b"two words", NoNick::Unprintable),
            (b"bell\x07", NoNick::Unprintable),
            (b"\xff", NoNick::Unprintable),
            ("no\u{a0}break".as_bytes(), NoNick::Unprintable),
            ("\u{202e}nna".as_bytes(), NoNick::Unprintable),
            (b"*", NoNick::Reserved),
            (b"/who", NoNick::Reserved),
            (b"ann:", NoNick::Reserved),
            (&[b'x'; MAX_NICK_LEN + 1], NoNick::TooLong),
        ] {
            assert_eq!(Nick::parse(bad), Err(why), "{}", bad.escape_ascii());
        }
        assert!(Nick::parse(&[b'x'; MAX_NICK_LEN]).is_ok());
    }

    #[test]
    fn nickname_ignores_case() {
        let folded = |nick: &str| Nick::parse(nick.as_bytes()).unwrap().folded().to_owned();
        assert_eq!(folded("ÄNN"), folded("änn"));
        assert_eq!(Nick::parse(b"Ann").unwrap().to_string(), "Ann");
    }
}
