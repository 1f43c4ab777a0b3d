//! Patterns as `KEYS`, `SCAN`, `PSUBSCRIBE` and `CONFIG GET` have them.

/// Returns whether the pattern matches the whole text, with the rules of Redis.
///
/// `*` matches any bytes, `?` one byte, `[a-c^]` one of a set, `[^a]` one that is not in it; `\` takes the next byte as
/// it is.
///
/// # Complexity
///
/// At most the product of both lengths: after a mismatch only the last `*` takes one more byte, since an earlier one
/// could match no more than that one can. A search that tries each `*` anew takes exponential time (CVE-2022-36021).
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if pattern == b"*" {
        return true;
    }
    // As in Redis, no other pattern matches an empty text.
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut pattern, mut text) = (pattern, text);
    // The pattern behind the last star, and the text that it was tried on last.
    let mut retry = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            retry = Some((rest, text));
            pattern = rest;
            continue;
        }
        match (pattern, text) {
            ([], []) => return true,
            ([_, ..], [byte, after @ ..]) => {
                if let Some(rest) = match_byte(pattern, *byte) {
                    (pattern, text) = (rest, after);
                    continue;
                }
            }
            ([], [_, ..]) | ([_, ..], []) => {}
        }
        // A mismatch. If the text has ended, no longer match of the star can help.
        match (retry, text) {
            (Some((rest, [_, after @ ..])), [_, ..]) => {
                retry = Some((rest, after));
                (pattern, text) = (rest, after);
            }
            _ => return false,
        }
    }
}

/// Matches one byte with the first element of the pattern, which is no star. Returns the rest of the pattern.
fn match_byte(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [b'?', rest @ ..] => Some(rest),
        [b'[', set @ ..] => match_set(set, byte),
        [b'\\', escaped, rest @ ..] => (*escaped == byte).then_some(rest),
        [plain, rest @ ..] => (*plain == byte).then_some(rest),
        [] => None,
    }
}

/// Matches one byte with a set, from behind its `[`. A set that is not closed ends with the pattern.
fn match_set(set: &[u8], byte: u8) -> Option<&[u8]> {
    let (negated, mut set) = match set {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    loop {
        match set {
            [b'\\', escaped, rest @ ..] => {
                found |= *escaped == byte;
                set = rest;
            }
            [b']', rest @ ..] => return (found != negated).then_some(rest),
            [] => return (found != negated).then_some(set),
            [first, b'-', last, rest @ ..] => {
                found |= (*first.min(last)..=*first.max(last)).contains(&byte);
                set = rest;
            }
            [plain, rest @ ..] => {
                found |= *plain == byte;
                set = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glob_matches_as_in_redis() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("**", "", false),
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*b", "aab", true),
            ("a*b*c", "axbxbxc", true),
            ("a*b*c", "axbxbx", false),
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h[ae]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[^a-c]x", "bx", false),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"[\]]", "]", true),
            ("[ab", "a", true),
            ("[ab", "c", false),
            (r"a\", r"a\", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn glob_with_many_stars_takes_quadratic_time() {
        let pattern = "a*".repeat(1000) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(10_000).as_bytes()));
    }
}
