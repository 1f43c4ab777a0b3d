//! Nicknames: which are valid, and which are equal.

use std::fmt;

/// The most bytes that a nickname may have. It fits 32 ASCII characters, and about ten of any other script.
pub const MAX_NICKNAME_LEN: usize = 32;

/// A valid nickname: letters, digits and ASCII punctuation, without a colon. So no nickname can look like a message, as
/// `ann: yes` would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nickname {
    display: Box<str>,
    /// The key for comparison: people would confuse `Ann` and `ann`, so they are the same nickname.
    lowercase: Box<str>,
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
        // This excludes all spaces, control characters and the characters that change the direction of text.
        if !nickname.chars().all(|char| char.is_alphanumeric() || char.is_ascii_punctuation()) {
            return Err(NicknameError::Unprintable);
        }
        // Notices of the room begin with a star, commands with a slash; a colon ends the nickname of a message.
        if nickname.starts_with(['*', '/']) || nickname.contains(':') {
            return Err(NicknameError::Reserved);
        }
        Ok(Self { display: nickname.into(), lowercase: nickname.to_lowercase().into() })
    }

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
        for good in ["a", "Bob", "x_1", "[away]", "jörg", "李雷", " spaces around "] {
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
    fn nickname_ignores_case() {
        let lowercase = |nickname: &str| Nickname::parse(nickname.as_bytes()).unwrap().lowercase().to_owned();
        assert_eq!(lowercase("ÄNN"), lowercase("änn"));
        assert_eq!(Nickname::parse(b"Ann").unwrap().to_string(), "Ann");
    }
}
