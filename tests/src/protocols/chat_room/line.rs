//! Parses a line of a member: a message or a command.

use super::lookalike::{is_invisible, is_visible};

/// A line from a member of the room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// No visible character.
    Empty,
    Message(String),
    Help,
    Who,
    Quit,
    UnknownCommand,
}

impl Line {
    pub(super) fn parse(line: &[u8]) -> Self {
        let text = printable(line);
        match text.trim_end() {
            text if !is_visible(text) => Self::Empty,
            "/help" => Self::Help,
            "/who" => Self::Who,
            "/quit" => Self::Quit,
            command if command.starts_with('/') => Self::UnknownCommand,
            text => Self::Message(text.to_owned()),
        }
    }
}

/// Returns the line without characters that would control the other members' terminals or look like a new line there:
/// ASCII and Unicode control characters, and the Unicode line and paragraph separators; and without those that show
/// nothing, or change the direction of the text around them: `ann: hello` could then be read as another member's. A tab
/// becomes a space. Invalid UTF-8 becomes U+FFFD, because some terminals take such bytes for control characters.
fn printable(line: &[u8]) -> String {
    String::from_utf8_lossy(line)
        .chars()
        .map(|char| if char == '\t' { ' ' } else { char })
        .filter(|&char| !char.is_control() && !matches!(char, '\u{2028}' | '\u{2029}') && !is_invisible(char))
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
        for text in ["grüße, 李雷", "می‌خواهم", "👩‍🚀 ❤️", "שלום", "नमस्ते"] {
            assert_eq!(printable(text.as_bytes()), text);
        }
    }

    #[test]
    fn line_text_keeps_its_direction_and_shows_something() {
        assert_eq!(printable("\u{202e}olleh :bob\u{202c} \u{2066}x\u{2069}".as_bytes()), "olleh :bob x");
        for empty in ["\u{3164}", "\u{200b}\u{feff}", "\u{2800}\u{a0}", "\u{200d}\u{fe0f}"] {
            assert_eq!(Line::parse(empty.as_bytes()), Line::Empty, "{}", empty.escape_unicode());
        }
    }

    #[test]
    fn line_beginning_with_a_slash_is_a_command() {
        assert_eq!(Line::parse(b" /who is there? "), Line::Message(" /who is there?".to_owned()));
        assert_eq!(Line::parse(b"/who "), Line::Who);
        assert_eq!(Line::parse(b"/help"), Line::Help);
        assert_eq!(Line::parse(b"/quit"), Line::Quit);
        assert_eq!(Line::parse(b"/quitter"), Line::UnknownCommand);
        assert_eq!(Line::parse(b" \x07\t"), Line::Empty);
    }
}
