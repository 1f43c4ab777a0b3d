//! `SET`, and what can be asked of it.

use std::time::{Duration, Instant};

use asynchat_core::PushError;

use super::commands::{Call, not_an_integer, syntax_error};
use super::number::parse_integer;
use super::store::Ends;

const SECOND: u64 = 1000;

/// When to set the key at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    Always,
    IfNew,
    IfThere,
}

/// What stood behind the value.
struct Options {
    only: Only,
    /// Answer with the value before, rather than with `OK`.
    get: bool,
    ends: Ends,
}

/// Why the options are refused.
enum Refused {
    Syntax,
    NotAnInteger,
    InvalidTime,
}

pub(super) fn set(call: &mut Call<'_>) -> Result<(), PushError> {
    let options = match parse(call) {
        Ok(options) => options,
        Err(Refused::Syntax) => return syntax_error(call),
        Err(Refused::NotAnInteger) => return not_an_integer(call),
        Err(Refused::InvalidTime) => return call.replies.error("ERR invalid expire time in 'set' command"),
    };
    let value = call.arguments.take(2);
    let mut keys = call.store.lock();
    let key = &call.arguments.as_slice()[1];
    if options.get {
        call.replies.value(keys.get(key))?;
    }
    let wanted = match options.only {
        Only::Always => true,
        Only::IfNew => keys.get(key).is_none(),
        Only::IfThere => keys.get(key).is_some(),
    };
    if wanted {
        keys.set(key, value, options.ends);
    }
    drop(keys);
    match (options.get, wanted) {
        (true, _) => Ok(()),
        (false, true) => call.replies.ok(),
        (false, false) => call.replies.null(),
    }
}

fn parse(call: &Call<'_>) -> Result<Options, Refused> {
    let mut options = Options { only: Only::Always, get: false, ends: Ends::Never };
    let mut time = None;
    let mut index = 3;
    while index < call.len() {
        let is = |word| call.is(index, word);
        let has_end = time.is_some() || options.ends == Ends::AsBefore;
        if is("NX") && options.only != Only::IfThere {
            options.only = Only::IfNew;
        } else if is("XX") && options.only != Only::IfNew {
            options.only = Only::IfThere;
        } else if is("GET") {
            options.get = true;
        } else if is("KEEPTTL") && time.is_none() {
            options.ends = Ends::AsBefore;
        } else if (is("EX") || is("PX")) && !has_end && index + 1 < call.len() {
            time = Some((index + 1, if is("EX") { SECOND } else { 1 }));
            index += 1;
        } else {
            return Err(Refused::Syntax);
        }
        index += 1;
    }
    if let Some((index, unit)) = time {
        options.ends = Ends::At(parse_time(call, index, unit)?);
    }
    Ok(options)
}

fn parse_time(call: &Call<'_>, index: usize, unit: u64) -> Result<Instant, Refused> {
    let time = parse_integer(call.argument(index).unwrap_or_default()).ok_or(Refused::NotAnInteger)?;
    let milliseconds = u64::try_from(time).ok().filter(|time| *time > 0).and_then(|time| time.checked_mul(unit));
    milliseconds
        // Redis has dates, as signed milliseconds.
        .filter(|milliseconds| i64::try_from(*milliseconds).is_ok())
        .and_then(|milliseconds| call.store.lock().now().checked_add(Duration::from_millis(milliseconds)))
        .ok_or(Refused::InvalidTime)
}
