//! The commands on values that are numbers.

use super::commands::{Call, CommandResult, not_an_integer};
use super::keyspace::Expiry;
use super::number::{Decimal, parse_integer};
use super::value::Value;

pub(super) fn incr(call: &mut Call<'_>) -> CommandResult {
    add(call, 1)
}

pub(super) fn decr(call: &mut Call<'_>) -> CommandResult {
    add(call, -1)
}

pub(super) fn incrby(call: &mut Call<'_>) -> CommandResult {
    match parse_integer(&call.arguments.as_slice()[2]) {
        Some(difference) => add(call, difference),
        None => not_an_integer(call),
    }
}

pub(super) fn decrby(call: &mut Call<'_>) -> CommandResult {
    let Some(difference) = parse_integer(&call.arguments.as_slice()[2]) else { return not_an_integer(call) };
    match difference.checked_neg() {
        Some(difference) => add(call, difference),
        None => call.replies.error("ERR decrement would overflow"),
    }
}

fn add(call: &mut Call<'_>, difference: i64) -> CommandResult {
    let key = &call.arguments.as_slice()[1];
    let keys = call.keys.lock();
    let Some(value) = keys.get(key).map_or(Some(0), |value| parse_integer(value.as_slice())) else {
        return not_an_integer(call);
    };
    let Some(value) = value.checked_add(difference) else {
        return call.replies.error("ERR increment or decrement would overflow");
    };
    keys.set(key, Value::copy_from(Decimal::new(value).as_bytes()), Expiry::Keep);
    call.replies.integer(value)
}
