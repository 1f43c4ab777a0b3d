//! The body of the fuzz target, shared with a test: any bytes get well-formed replies.

use std::sync::LazyLock;
use std::time::Instant;

use crate::protocols::in_memory::drive_whole_and_cut;

use super::handler::RedisHandler;
use super::number::parse_integer;
use super::store::Store;

/// The most output that one run reads. A short input can request a stored value many times.
const OUTPUT_LIMIT: usize = 1 << 18;

static FROZEN_NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Sends the data to the handler twice: whole, and in chunks whose lengths come from the data's own bytes.
///
/// # Panics
///
/// Panics if the two outputs differ, or if they are no sequence of well-formed replies.
pub fn redis(data: &[u8]) {
    // Each run has a new store. Its clock stands still, so that no key expires in one run and not in the other.
    let new_handler = || RedisHandler::new(&Store::with_clock(|| *FROZEN_NOW));
    let whole = drive_whole_and_cut(new_handler, data, OUTPUT_LIMIT);
    match whole.outcome {
        Some(outcome) => {
            assert_eq!(outcome, Ok(()), "every input gets a reply, never an error");
            assert!(count_replies(&whole.output).is_some(), "{}", whole.output.escape_ascii());
        }
        None => assert_eq!(whole.output.len(), OUTPUT_LIMIT),
    }
}

/// Returns the number of replies in the output, or `None` if it is no sequence of well-formed replies.
pub fn count_replies(mut output: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !output.is_empty() {
        output = skip_reply(output)?;
        count += 1;
    }
    Some(count)
}

/// Returns the bytes after the first reply.
fn skip_reply(output: &[u8]) -> Option<&[u8]> {
    let mut remaining = 1_usize;
    let mut rest = output;
    while remaining > 0 {
        remaining -= 1;
        let (&kind, line) = rest.split_first()?;
        let end = line.windows(2).position(|window| window == b"\r\n")?;
        let (line, after) = (&line[..end], &line[end + 2..]);
        rest = match kind {
            b'+' | b'-' if !line.contains(&b'\n') && !line.contains(&b'\r') => after,
            b':' => parse_integer(line).map(|_| after)?,
            b'_' if line.is_empty() => after,
            b'$' | b'*' if line == b"-1" => after,
            b'*' | b'~' | b'>' | b'%' => {
                let elements = usize::try_from(parse_integer(line)?).ok()?;
                remaining = remaining.checked_add(elements.checked_mul(if kind == b'%' { 2 } else { 1 })?)?;
                after
            }
            b'$' | b'=' => after.get(usize::try_from(parse_integer(line)?).ok()?..)?.strip_prefix(b"\r\n")?,
            _ => return None,
        };
    }
    Some(rest)
}
