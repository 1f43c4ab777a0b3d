//! Text that looks like other text: the tables of Unicode.

use unicode_security::general_security_profile::IdentifierType;
use unicode_security::{GeneralSecurityProfile, skeleton};

/// Two keys of a name. Two names that share one look alike: at least to people who do not mind case.
///
/// Each is the skeleton of [UTS #39](https://www.unicode.org/reports/tr39/#Confusable_Detection): characters that look
/// alike have the same, such as the `a` of Latin and that of Cyrillic. There are two, since case changes the look: `I`
/// looks like `l`, and `i` does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lookalikes {
    of_lowercase: Box<str>,
    lowercase: Box<str>,
}

impl Lookalikes {
    pub(super) fn of(name: &str) -> Self {
        let in_lowercase = name.to_lowercase();
        let in_skeleton: String = skeleton(name).collect();
        // The lowercase of a skeleton may have a skeleton of its own.
        let lowercase: String = skeleton(&in_skeleton.to_lowercase()).collect();
        Self { of_lowercase: skeleton(&in_lowercase).collect(), lowercase: lowercase.into() }
    }

    pub(super) fn intersects(&self, other: &Self) -> bool {
        self.of_lowercase == other.of_lowercase || self.lowercase == other.lowercase
    }
}

/// Returns whether a character may be in a name: ASCII that is printed, and what UTS #39 allows in an identifier. This
/// excludes spaces, fillers (U+3164 is a letter, and empty), controls of the direction of text, and scripts that are not
/// in use.
pub(super) fn is_allowed_in_name(char: char) -> bool {
    if char.is_ascii() { char.is_ascii_graphic() } else { char.identifier_allowed() && char.is_alphanumeric() }
}

/// Returns whether a character shows nothing of its own: it changes the direction of text, or fills space. Such text may
/// look like other text, or like none.
///
/// The joiners and the variation selectors stay, since scripts and emoji need them.
pub(super) fn is_invisible(char: char) -> bool {
    let is_needed = matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    !is_needed && char.identifier_type() == Some(IdentifierType::Default_Ignorable)
}

/// Returns whether the text shows anything.
pub(super) fn is_visible(text: &str) -> bool {
    // The braille pattern without a dot is no space.
    let is_blank = |char: char| char.is_whitespace() || char == '\u{2800}';
    let is_mark = |char: char| matches!(char, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    text.chars().any(|char| !is_blank(char) && !is_mark(char) && !is_invisible(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lookalikes_are_found_across_scripts_and_case() {
        for (one, other, alike) in [
            ("ann", "ANN", true),
            ("ann", "аnn", true), // Cyrillic а
            ("bob", "bоb", true), // Cyrillic о
            ("Ian", "lan", true), // I and l
            ("ian", "IAN", true),
            ("paypal", "раураl", true),
            ("modern", "rnodern", true),
            ("l1", "II", true),
            ("0scar", "Oscar", true),
            ("ÄNN", "änn", true),
            ("ann", "anne", false),
            ("ian", "lan", false),
            ("李雷", "李霄", false),
        ] {
            assert_eq!(Lookalikes::of(one).intersects(&Lookalikes::of(other)), alike, "{one} {other}");
        }
    }

    #[test]
    fn invisible_characters_are_known() {
        for char in "\u{ad}\u{61c}\u{115f}\u{1160}\u{200b}\u{200e}\u{200f}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{3164}\u{feff}\u{ffa0}\u{e0041}".chars() {
            assert!(is_invisible(char), "{}", char.escape_unicode());
            assert!(!is_allowed_in_name(char), "{}", char.escape_unicode());
        }
        assert!(!"aß李🙂\u{200d}\u{fe0f} ".chars().any(is_invisible));
        assert!(!is_visible(" \u{2800}\u{3164}\u{200d}\u{a0}"));
        assert!(is_visible("\u{2800}."));
    }
}
