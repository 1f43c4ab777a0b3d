//! The commands that list keys.

use super::commands::{Call, CommandResult, not_an_integer, syntax_error};
use super::glob;
use super::number::parse_integer;
use super::reply_writer::append_bulk_string;

/// `KEYS pattern`. The reply is a copy of all keys that match.
pub(super) fn keys(call: &mut Call<'_>) -> CommandResult {
    let pattern = &call.arguments.as_slice()[1];
    let (count, found) = encode(call.keys.lock().keys().filter(|key| glob::matches(pattern, key)));
    call.replies.array_header(count)?;
    call.replies.channel.push(found)
}

/// The options of `SCAN`.
struct ScanOptions<'c> {
    pattern: &'c [u8],
    count: usize,
    /// The type that is asked for is not string, the only one.
    is_other_type: bool,
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`. A call looks at `count` keys, 10 by default.
pub(super) fn scan(call: &mut Call<'_>) -> CommandResult {
    let Some(cursor) = parse_cursor(&call.arguments.as_slice()[1]) else {
        return call.replies.error("ERR invalid cursor");
    };
    let mut options = ScanOptions { pattern: b"*", count: 10, is_other_type: false };
    let mut index = 2;
    while index < call.len() {
        let Some(value) = call.arguments.as_slice().get(index + 1) else { return syntax_error(call) };
        if call.argument_is(index, "COUNT") {
            let Some(count) = parse_integer(value) else { return not_an_integer(call) };
            if count < 1 {
                return syntax_error(call);
            }
            options.count = usize::try_from(count).unwrap_or(usize::MAX);
        } else if call.argument_is(index, "MATCH") {
            options.pattern = value;
        } else if call.argument_is(index, "TYPE") {
            options.is_other_type = !value.eq_ignore_ascii_case(b"string");
        } else {
            return syntax_error(call);
        }
        index += 2;
    }
    let (keys, next) = call.keys.lock().scan(cursor, options.count);
    let (count, found) = encode(keys.filter(|key| !options.is_other_type && glob::matches(options.pattern, key)));
    call.replies.array_header(2)?;
    call.replies.bulk_string(next.to_string().as_bytes())?;
    call.replies.array_header(count)?;
    call.replies.channel.push(found)
}

/// Parses a cursor as C's `strtoul` does, which Redis calls: with a sign, but no space and nothing behind it. An empty one
/// is 0.
fn parse_cursor(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value: u64 = str::from_utf8(digits).ok()?.parse().ok()?;
    Some(if is_negative { value.wrapping_neg() } else { value })
}

/// Returns the number of keys, and the keys as bulk strings.
fn encode<'k>(keys: impl Iterator<Item = &'k [u8]>) -> (usize, Vec<u8>) {
    let mut encoded = Vec::new();
    let count = keys.map(|key| append_bulk_string(&mut encoded, key)).count();
    (count, encoded)
}
