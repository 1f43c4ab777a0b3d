//! The commands on keys, except `SET`.

use bytes::Bytes;

use super::commands::{Call, CommandResult, not_an_integer, syntax_error, wrong_arity};
use super::number::{Decimal, parse_integer};
use super::store::Expiry;
use super::values_reply::ValuesReply;

pub(super) fn get(call: &mut Call<'_>) -> CommandResult {
    let mut keys = call.store.lock();
    call.replies.stored_value(keys.get(&call.arguments.as_slice()[1]))
}

pub(super) fn mget(call: &mut Call<'_>) -> CommandResult {
    let requested = &call.arguments.as_slice()[1..];
    call.replies.array_header(requested.len())?;
    let mut keys = call.store.lock();
    if requested.len() <= ValuesReply::MAX_VALUES {
        return requested.iter().try_for_each(|key| call.replies.stored_value(keys.get(key)));
    }
    // A key may be named any number of times, so the reply can be a thousand times as long as the request.
    requested.chunks(ValuesReply::MAX_VALUES).try_for_each(|group| {
        let values = group.iter().map(|key| keys.get(key).cloned()).collect();
        call.replies.stored_values(values)
    })
}

pub(super) fn mset(call: &mut Call<'_>) -> CommandResult {
    if call.len().is_multiple_of(2) {
        return wrong_arity(call, "mset");
    }
    let mut keys = call.store.lock();
    for index in (1..call.arguments.as_slice().len()).step_by(2) {
        let value = call.arguments.take(index + 1);
        keys.set(&call.arguments.as_slice()[index], value, Expiry::Never);
    }
    drop(keys);
    call.replies.ok()
}

pub(super) fn del(call: &mut Call<'_>) -> CommandResult {
    let mut keys = call.store.lock();
    let removed = call.arguments.as_slice()[1..].iter().filter(|key| keys.remove(key)).count();
    drop(keys);
    call.replies.count(removed)
}

/// `EXISTS key...`. A key that is named twice counts twice.
pub(super) fn exists(call: &mut Call<'_>) -> CommandResult {
    let mut keys = call.store.lock();
    let found = call.arguments.as_slice()[1..].iter().filter(|key| keys.get(key).is_some()).count();
    drop(keys);
    call.replies.count(found)
}

pub(super) fn incr(call: &mut Call<'_>) -> CommandResult {
    let mut keys = call.store.lock();
    let key = &call.arguments.as_slice()[1];
    let Some(value) = keys.get(key).map_or(Some(0), |value| parse_integer(value)) else {
        drop(keys);
        return not_an_integer(call);
    };
    let Some(value) = value.checked_add(1) else {
        drop(keys);
        return call.replies.error("ERR increment or decrement would overflow");
    };
    keys.set(key, Bytes::copy_from_slice(Decimal::new(value).as_bytes()), Expiry::Keep);
    drop(keys);
    call.replies.integer(value)
}

pub(super) fn append(call: &mut Call<'_>) -> CommandResult {
    let arguments = call.arguments.as_slice();
    match call.store.lock().append(&arguments[1], &arguments[2], call.max_bulk_len) {
        Some(len) => call.replies.count(len),
        None => call.replies.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
    }
}

pub(super) fn dbsize(call: &mut Call<'_>) -> CommandResult {
    let len = call.store.lock().len();
    call.replies.count(len)
}

/// `FLUSHALL [SYNC | ASYNC]`. Both modes are the same here: the entries are removed under the lock and freed after it.
pub(super) fn flushall(call: &mut Call<'_>) -> CommandResult {
    if call.len() > 2 || (call.len() == 2 && !call.argument_is(1, "SYNC") && !call.argument_is(1, "ASYNC")) {
        return syntax_error(call);
    }
    let entries = call.store.lock().take_entries();
    drop(entries);
    call.replies.ok()
}
