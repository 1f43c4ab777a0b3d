//! `SET` and its options.

use std::time::{Duration, Instant};

use super::commands::{Call, CommandResult, not_an_integer, syntax_error};
use super::number::parse_integer;
use super::store::Expiry;

const MILLISECONDS_PER_SECOND: u64 = 1000;

/// The condition under which the key is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    IfMissing,
    IfExists,
}

/// The options after the value.
struct SetOptions {
    condition: Condition,
    /// True if to reply with the previous value instead of `OK`.
    get: bool,
    expiry: Expiry,
}

/// The reason why the options are invalid.
enum OptionError {
    Syntax,
    NotAnInteger,
    InvalidTime,
}

pub(super) fn set(call: &mut Call<'_>) -> CommandResult {
    let options = match parse(call) {
        Ok(options) => options,
        Err(OptionError::Syntax) => return syntax_error(call),
        Err(OptionError::NotAnInteger) => return not_an_integer(call),
        Err(OptionError::InvalidTime) => return call.replies.error("ERR invalid expire time in 'set' command"),
    };
    let value = call.arguments.take(2);
    let mut keys = call.store.lock();
    let key = &call.arguments.as_slice()[1];
    if options.get {
        call.replies.stored_value(keys.get(key))?;
    }
    let is_met = match options.condition {
        Condition::Always => true,
        Condition::IfMissing => keys.get(key).is_none(),
        Condition::IfExists => keys.get(key).is_some(),
    };
    if is_met {
        keys.set(key, value, options.expiry);
    }
    drop(keys);
    match (options.get, is_met) {
        (true, _) => Ok(()),
        (false, true) => call.replies.ok(),
        (false, false) => call.replies.null(),
    }
}

fn parse(call: &Call<'_>) -> Result<SetOptions, OptionError> {
    let mut options = SetOptions { condition: Condition::Always, get: false, expiry: Expiry::Never };
    let mut time = None;
    let mut index = 3;
    while index < call.len() {
        let is = |word| call.argument_is(index, word);
        let has_expiry = time.is_some() || options.expiry == Expiry::Keep;
        if is("NX") && options.condition != Condition::IfExists {
            options.condition = Condition::IfMissing;
        } else if is("XX") && options.condition != Condition::IfMissing {
            options.condition = Condition::IfExists;
        } else if is("GET") {
            options.get = true;
        } else if is("KEEPTTL") && time.is_none() {
            options.expiry = Expiry::Keep;
        } else if (is("EX") || is("PX")) && !has_expiry && index + 1 < call.len() {
            time = Some((index + 1, if is("EX") { MILLISECONDS_PER_SECOND } else { 1 }));
            index += 1;
        } else {
            return Err(OptionError::Syntax);
        }
        index += 1;
    }
    if let Some((index, unit)) = time {
        options.expiry = Expiry::At(parse_time(call, index, unit)?);
    }
    Ok(options)
}

fn parse_time(call: &Call<'_>, index: usize, unit: u64) -> Result<Instant, OptionError> {
    let time = parse_integer(call.argument(index).unwrap_or_default()).ok_or(OptionError::NotAnInteger)?;
    let milliseconds = u64::try_from(time).ok().filter(|time| *time > 0).and_then(|time| time.checked_mul(unit));
    milliseconds
        // Redis stores expiry times as signed milliseconds.
        .filter(|milliseconds| i64::try_from(*milliseconds).is_ok())
        .and_then(|milliseconds| call.store.lock().now().checked_add(Duration::from_millis(milliseconds)))
        .ok_or(OptionError::InvalidTime)
}
