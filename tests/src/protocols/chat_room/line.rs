//! What a client has typed: text to be heard, or something it wants of the room.

/// A line from somebody who is in the room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing that could be seen.
    Empty,
    Say(String),
    Who,
    Quit,
    UnknownCommand,
}

impl Line {
    pub(super) fn parse(line: &[u8]) -> Self {
        let text = printable(line);
        match text.trim_end() {
            "" => Self::Empty,
            "/who" => Self::Who,
            "/quit" => Self::Quit,
            command if command.starts_with('/') => Self::UnknownCommand,
            text => Self::Say(text.to_owned()),
        }
    }
}

/// The line without what would do something to the terminals on which it is shown, or look like another line there:
/// control characters, be it of ASCII or beyond, and the separators of Unicode. A tab becomes a space. What is not UTF-8
/// is replaced, since some terminals would take it for control characters.
fn printable(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .chars()
        .map(|char| if char == '\t' { ' ' } else { char })
        .filter(|&char| !char.is_control() && !matches!(char, '\u{2028}' | '\u{2029}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_text_has_no_control_characters() {
        assert_eq!(printable(b"a\x1b[2Jb\0c\x7fd\te\rf"), "a[2Jbcd ef");
        assert_eq!(printable("a\u{9b}2Jb\u{2028}c\u{85}d".as_bytes()), "a2Jbcd");
        assert_eq!(printable(b"a\x9b2J"), "a\u{fffd}2J");
        assert_eq!(printable("grüße, 李雷".as_bytes()), "grüße, 李雷");
    }

    #[test]
    fn line_beginning_with_a_slash_is_a_command() {
        assert_eq!(Line::parse(b" /who is there? "), Line::Say(" /who is there?".to_owned()));
        assert_eq!(Line::parse(b"/who "), Line::Who);
        assert_eq!(Line::parse(b"/quit"), Line::Quit);
        assert_eq!(Line::parse(b"/quitter"), Line::UnknownCommand);
        assert_eq!(Line::parse(b" \x07\t"), Line::Empty);
    }
}
