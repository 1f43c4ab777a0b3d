//! What the fuzzer calls, and a test with it: any bytes at all get proper replies.

use std::sync::LazyLock;
use std::time::Instant;

use crate::protocols::in_memory::{Transcript, drive_in_memory};

use super::handler::RedisHandler;
use super::number::parse_integer;
use super::store::Store;

/// How much output is looked at: a stored value can be asked for often.
const ENOUGH: usize = 1 << 18;

static STANDING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Sends the data to the handler, whole and in pieces whose lengths are the data's own bytes. The replies have to be
/// the same, and proper ones.
///
/// # Panics
///
/// If they are not.
pub fn redis(data: &[u8]) {
    let whole = answer([data]);
    let mut rest = data;
    let pieces = std::iter::from_fn(|| {
        let &length = rest.first()?;
        let (piece, after) = rest.split_at(rest.len().min(usize::from(length) + 1));
        rest = after;
        Some(piece)
    });
    let cut = answer(pieces);
    assert_eq!(whole.output.escape_ascii().to_string(), cut.output.escape_ascii().to_string());
    assert_eq!(whole.outcome, cut.outcome);
    match whole.outcome {
        Some(outcome) => {
            assert_eq!(outcome, Ok(()), "Redis has a reply to everything");
            assert!(count_replies(&whole.output).is_some(), "{}", whole.output.escape_ascii());
        }
        None => assert_eq!(whole.output.len(), ENOUGH),
    }
}

fn answer<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Transcript {
    // Keys must not end sooner in one of the conversations because it takes longer.
    let store = Store::with_clock(|| *STANDING);
    drive_in_memory(RedisHandler::new(&store), pieces, ENOUGH)
}

/// How many replies these bytes are, if they are replies.
pub fn count_replies(mut output: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !output.is_empty() {
        output = after_reply(output)?;
        count += 1;
    }
    Some(count)
}

/// What follows the first reply.
fn after_reply(output: &[u8]) -> Option<&[u8]> {
    let mut missing = 1_usize;
    let mut rest = output;
    while missing > 0 {
        missing -= 1;
        let (&kind, line) = rest.split_first()?;
        let end = line.windows(2).position(|window| window == b"\r\n")?;
        let (line, after) = (&line[..end], &line[end + 2..]);
        rest = match kind {
            b'+' | b'-' if !line.contains(&b'\n') && !line.contains(&b'\r') => after,
            b':' => parse_integer(line).map(|_| after)?,
            b'*' => {
                missing = missing.checked_add(usize::try_from(parse_integer(line)?).ok()?)?;
                after
            }
            b'$' if line == b"-1" => after,
            b'$' => after.get(usize::try_from(parse_integer(line)?).ok()?..)?.strip_prefix(b"\r\n")?,
            _ => return None,
        };
    }
    Some(rest)
}
