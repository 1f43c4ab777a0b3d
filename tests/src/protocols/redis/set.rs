//! The commands that set a value together with its deadline.

use super::clock::Milliseconds;
use super::commands::{Call, CommandResult, not_an_integer, syntax_error};
use super::expiry::{Unit, invalid_time, parse_deadline};
use super::keyspace::Expiry;

/// The condition under which the key is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Always,
    IfMissing,
    IfExists,
}

/// The options of `SET` after the value, and of `GETEX`.
#[derive(Debug)]
struct Options {
    condition: Condition,
    /// True if to reply with the previous value instead of `OK`.
    get: bool,
    keep_ttl: bool,
    persist: bool,
    /// The argument with the time, and how to read it.
    time: Option<(usize, Unit)>,
}

pub(super) fn set(call: &mut Call<'_>) -> CommandResult {
    if call.len() == 3 {
        // The path of most requests.
        let value = call.arguments.take(2);
        call.keys.lock().set(&call.arguments.as_slice()[1], value, Expiry::Never);
        return call.replies.ok();
    }
    let Some(options) = parse(call, 3) else { return syntax_error(call) };
    let expiry = match (options.time, options.keep_ttl) {
        (Some((index, unit)), _) => match parse_time(call, index, unit) {
            Ok(at) => Expiry::At(at),
            Err(error) => return error.reply(call, "set"),
        },
        (None, true) => Expiry::Keep,
        (None, false) => Expiry::Never,
    };
    let value = call.arguments.take(2);
    let keys = call.keys.lock();
    let key = &call.arguments.as_slice()[1];
    if options.get {
        call.replies.stored_value(keys.get(key))?;
    }
    let is_met = match options.condition {
        Condition::Always => true,
        Condition::IfMissing => !keys.contains(key),
        Condition::IfExists => keys.contains(key),
    };
    if is_met {
        keys.set(key, value, expiry);
    }
    match (options.get, is_met) {
        (true, _) => Ok(()),
        (false, true) => call.replies.ok(),
        (false, false) => call.replies.null(),
    }
}

pub(super) fn setnx(call: &mut Call<'_>) -> CommandResult {
    let value = call.arguments.take(2);
    let key = &call.arguments.as_slice()[1];
    let keys = call.keys.lock();
    let is_free = !keys.contains(key);
    if is_free {
        keys.set(key, value, Expiry::Never);
    }
    call.replies.flag(is_free)
}

pub(super) fn setex(call: &mut Call<'_>) -> CommandResult {
    set_with_time(call, Unit::Seconds, "setex")
}

pub(super) fn psetex(call: &mut Call<'_>) -> CommandResult {
    set_with_time(call, Unit::Milliseconds, "psetex")
}

/// `SETEX key time value`.
fn set_with_time(call: &mut Call<'_>, unit: Unit, name: &str) -> CommandResult {
    let at = match parse_time(call, 2, unit) {
        Ok(at) => at,
        Err(error) => return error.reply(call, name),
    };
    let value = call.arguments.take(3);
    call.keys.lock().set(&call.arguments.as_slice()[1], value, Expiry::At(at));
    call.replies.ok()
}

/// `GETEX key [EX seconds | PX milliseconds | EXAT time | PXAT time | PERSIST]`.
pub(super) fn getex(call: &mut Call<'_>) -> CommandResult {
    let options =
        parse(call, 2).filter(|options| options.condition == Condition::Always && !options.get && !options.keep_ttl);
    let Some(options) = options else { return syntax_error(call) };
    if !call.keys.lock().contains(&call.arguments.as_slice()[1]) {
        return call.replies.null();
    }
    let at = match options.time.map(|(index, unit)| parse_time(call, index, unit)) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(error)) => return error.reply(call, "getex"),
    };
    let key = &call.arguments.as_slice()[1];
    let keys = call.keys.lock();
    call.replies.stored_value(keys.get(key))?;
    if at.is_some() || (options.persist && keys.deadline(key).flatten().is_some()) {
        keys.set_deadline(key, at);
    }
    Ok(())
}

/// Parses the options from an index on. `None` is a syntax error.
fn parse(call: &Call<'_>, start: usize) -> Option<Options> {
    let mut options = Options { condition: Condition::Always, get: false, keep_ttl: false, persist: false, time: None };
    let mut index = start;
    while index < call.len() {
        let is = |word| call.argument_is(index, word);
        let unit = [
            ("EX", Unit::Seconds),
            ("PX", Unit::Milliseconds),
            ("EXAT", Unit::AtSecond),
            ("PXAT", Unit::AtMillisecond),
        ]
        .into_iter()
        .find_map(|(word, unit)| is(word).then_some(unit));
        if is("NX") && options.condition != Condition::IfExists {
            options.condition = Condition::IfMissing;
        } else if is("XX") && options.condition != Condition::IfMissing {
            options.condition = Condition::IfExists;
        } else if is("GET") {
            options.get = true;
        } else if is("KEEPTTL") && options.time.is_none() && !options.persist {
            options.keep_ttl = true;
        } else if is("PERSIST") && start == 2 && options.time.is_none() {
            options.persist = true;
        } else if let Some(unit) = unit {
            // The same unit may come again; the last time counts.
            let is_another = options.time.is_some_and(|(_, before)| before != unit);
            if is_another || options.keep_ttl || options.persist || index + 1 == call.len() {
                return None;
            }
            index += 1;
            options.time = Some((index, unit));
        } else {
            return None;
        }
        index += 1;
    }
    Some(options)
}

/// The reason why a time is invalid.
enum TimeError {
    NotAnInteger,
    OutOfRange,
}

impl TimeError {
    fn reply(&self, call: &mut Call<'_>, name: &str) -> CommandResult {
        match self {
            Self::NotAnInteger => not_an_integer(call),
            Self::OutOfRange => invalid_time(call, name),
        }
    }
}

/// Parses a time above 0.
fn parse_time(call: &mut Call<'_>, index: usize, unit: Unit) -> Result<Milliseconds, TimeError> {
    let time = super::number::parse_integer(call.argument(index).unwrap_or_default()).ok_or(TimeError::NotAnInteger)?;
    if time <= 0 {
        return Err(TimeError::OutOfRange);
    }
    parse_deadline(time, unit, call.keys.lock()).ok_or(TimeError::OutOfRange)
}
