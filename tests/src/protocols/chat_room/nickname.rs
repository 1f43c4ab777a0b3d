//! Nicknames: which are valid, and which are equal.

use std::fmt;

use unicode_security::skeleton;

use super::lookalike::{Lookalikes, is_allowed_in_name};

/// The most bytes that a nickname may have. It fits 32 ASCII characters, and about ten of any other script.
pub const MAX_NICKNAME_LEN: usize = 32;

/// A valid nickname: letters, digits and ASCII punctuation, without a colon. So no nickname can look like a message, as
/// `ann: yes` would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nickname {
    display: Box<str>,
    /// For the order of the list.
    lowercase: Box<str>,
    /// People would confuse `Ann` and `ann`, and `ann` with a Cyrillic `а`.
    lookalikes: Lookalikes,
}

/// The reason why a nickname is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NicknameError {
    Empty,
    TooLong,
    Unprintable,
    Reserved,
}

impl Nickname {
    pub(super) fn parse(line: &[u8]) -> Result<Self, NicknameError> {
        let line = line.trim_ascii();
        if line.len() > MAX_NICKNAME_LEN {
            return Err(NicknameError::TooLong);
        }
        let nickname = std::str::from_utf8(line).map_err(|_| NicknameError::Unprintable)?;
        if nickname.is_empty() {
            return Err(NicknameError::Empty);
        }
        if !nickname.chars().all(is_allowed_in_name) {
            return Err(NicknameError::Unprintable);
        }
        // Notices of the room begin with a star, commands with a slash; a colon ends the nickname of a message. Other
        // characters look like these.
        let look: String = skeleton(nickname).collect();
        if [nickname, &look].iter().any(|text| text.starts_with(['*', '/']) || text.contains(':')) {
            return Err(NicknameError::Reserved);
        }
        let lookalikes = Lookalikes::of(nickname);
        Ok(Self { display: nickname.into(), lowercase: nickname.to_lowercase().into(), lookalikes })
    }

    /// Returns whether people would confuse the two.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        self.lookalikes.intersects(&other.lookalikes)
    }

    /// Returns the key by which the members are sorted.
    pub(super) fn lowercase(&self) -> &str {
        &self.lowercase
    }
}

impl fmt::Display for Nickname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

impl fmt::Display for NicknameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a nick has at least one character"),
            Self::TooLong => write!(f, "a nick has at most {MAX_NICKNAME_LEN} bytes"),
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
        for good in ["a", "Bob", "x_1", "[away]", "jörg", "李雷", "नेहा", "Ольга", " spaces around "] {
            let nickname = Nickname::parse(good.replace("spaces around", "trimmed").as_bytes());
            assert!(nickname.is_ok(), "{good}: {nickname:?}");
        }
        for (bad, error) in [
            (&b""[..], NicknameError::Empty),
            (b" \t", NicknameError::Empty),
            (b"two words", NicknameError::Unprintable),
            (b"bell\x07", NicknameError::Unprintable),
            (b"\xff", NicknameError::Unprintable),
            ("no\u{a0}break".as_bytes(), NicknameError::Unprintable),
            ("\u{202e}nna".as_bytes(), NicknameError::Unprintable),
            ("\u{3164}".as_bytes(), NicknameError::Unprintable),
            ("ann\u{200d}".as_bytes(), NicknameError::Unprintable),
            ("𝐚nn".as_bytes(), NicknameError::Unprintable),
            ("\u{2217}".as_bytes(), NicknameError::Unprintable),
            (b"*", NicknameError::Reserved),
            (b"/who", NicknameError::Reserved),
            (b"ann:", NicknameError::Reserved),
            (&[b'x'; MAX_NICKNAME_LEN + 1], NicknameError::TooLong),
        ] {
            assert_eq!(Nickname::parse(bad), Err(error), "{}", bad.escape_ascii());
        }
        assert!(Nickname::parse(&[b'x'; MAX_NICKNAME_LEN]).is_ok());
    }

    #[test]
    fn nickname_has_no_lookalike_of_a_colon() {
        for char in ['\u{5c3}', '\u{2d0}', '\u{a789}', '\u{2236}', '\u{ff1a}'] {
            assert!(Nickname::parse(format!("ann{char}").as_bytes()).is_err(), "{}", char.escape_unicode());
        }
    }

    #[test]
    fn nickname_ignores_case() {
        let parse = |nickname: &str| Nickname::parse(nickname.as_bytes()).unwrap();
        assert!(parse("ÄNN").looks_like(&parse("änn")));
        assert!(!parse("ann").looks_like(&parse("anne")));
        assert_eq!(Nickname::parse(b"Ann").unwrap().to_string(), "Ann");
    }
}
