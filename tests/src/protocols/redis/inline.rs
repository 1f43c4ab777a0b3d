//! Inline commands: a line of words, as a person types it.

use super::arguments::Arguments;

/// A quote is not closed, or no space follows a closing quote.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnbalancedQuotes;

/// Splits a line into arguments, with the rules of `sdssplitargs` in Redis.
///
/// Spaces separate words. Within `'…'` only `\'` is an escape; within `"…"` the escapes are `\n`, `\r`, `\t`, `\b`,
/// `\a` and `\xHH`. A quote may begin inside a word; its end is the end of the word.
pub(super) fn split_words(line: &[u8], arguments: &mut Arguments) -> Result<(), UnbalancedQuotes> {
    let mut rest = skip_spaces(line);
    while !rest.is_empty() {
        rest = skip_spaces(take_word(rest, arguments.push_empty())?);
    }
    Ok(())
}

/// Appends the first word of the line to `word`, and returns the rest of the line.
fn take_word<'l>(mut rest: &'l [u8], word: &mut Vec<u8>) -> Result<&'l [u8], UnbalancedQuotes> {
    loop {
        match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t', ..] => return Ok(rest),
            [b'"', quoted @ ..] => return after_quote(take_double_quoted(quoted, word)?),
            [b'\'', quoted @ ..] => return after_quote(take_single_quoted(quoted, word)?),
            plain => {
                let ends = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b'"' | b'\'');
                let (plain, after) = plain.split_at(plain.iter().position(ends).unwrap_or(plain.len()));
                word.extend_from_slice(plain);
                rest = after;
            }
        }
    }
}

fn take_double_quoted<'l>(mut rest: &'l [u8], word: &mut Vec<u8>) -> Result<&'l [u8], UnbalancedQuotes> {
    loop {
        let (byte, after) = match rest {
            [] => return Err(UnbalancedQuotes),
            [b'"', after @ ..] => return Ok(after),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (nibble(*high) << 4 | nibble(*low), after)
            }
            [b'\\', escaped, after @ ..] => (unescape(*escaped), after),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

fn take_single_quoted<'l>(mut rest: &'l [u8], word: &mut Vec<u8>) -> Result<&'l [u8], UnbalancedQuotes> {
    loop {
        let (byte, after) = match rest {
            [] => return Err(UnbalancedQuotes),
            [b'\'', after @ ..] => return Ok(after),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

fn after_quote(rest: &[u8]) -> Result<&[u8], UnbalancedQuotes> {
    match rest.first() {
        Some(byte) if !is_space(*byte) => Err(UnbalancedQuotes),
        _ => Ok(rest),
    }
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

fn skip_spaces(line: &[u8]) -> &[u8] {
    &line[line.iter().position(|byte| !is_space(*byte)).unwrap_or(line.len())..]
}

/// The bytes for which C's `isspace` is true.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Vec<String>, UnbalancedQuotes> {
        let mut arguments = Arguments::default();
        split_words(line.as_bytes(), &mut arguments)?;
        Ok(arguments.as_slice().iter().map(|word| word.escape_ascii().to_string()).collect())
    }

    #[test]
    fn inline_words_split_at_spaces_outside_quotes() {
        for (line, expected) in [
            ("", &[][..]),
            (" \t ", &[]),
            ("PING", &["PING"]),
            ("  SET\tkey  value ", &["SET", "key", "value"]),
            (r#"a "b c" 'd e'"#, &["a", "b c", "d e"]),
            (r#""" ''"#, &["", ""]),
            (r#"a"b c" d'e'"#, &["ab c", "de"]),
            (r#""\x41\x4a\n\q\"\\""#, &[r#"AJ\nq\"\\"#]),
            (r#""\xg1\x4""#, &["xg1x4"]),
            (r"'a\'b\n'", &[r"a\'b\\n"]),
            ("a\u{b}b", &[r"a\x0bb"]),
            ("a \u{b}b", &["a", "b"]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn inline_quote_inside_a_word_is_unbalanced() {
        for line in ["\"", "'", "a \"b", "a 'b", r#""a"b"#, "'a'b", r#""a""b""#, r#""a\"#, r#""\""#, r"'\'"] {
            assert_eq!(words(line), Err(UnbalancedQuotes), "{line}");
        }
    }
}
