//! The commands on strings, except those that set when a key expires.

use super::commands::{Call, CommandResult, not_an_integer, wrong_arity};
use super::keyspace::Expiry;
use super::number::parse_integer;
use super::value::Value;
use super::values_reply::ValuesReply;

pub(super) fn get(call: &mut Call<'_>) -> CommandResult {
    let value = call.keys.lock().get(&call.arguments.as_slice()[1]);
    call.replies.stored_value(value)
}

pub(super) fn getset(call: &mut Call<'_>) -> CommandResult {
    let value = call.arguments.take(2);
    let key = &call.arguments.as_slice()[1];
    let keys = call.keys.lock();
    call.replies.stored_value(keys.get(key))?;
    keys.set(key, value, Expiry::Never);
    Ok(())
}

pub(super) fn getdel(call: &mut Call<'_>) -> CommandResult {
    let value = call.keys.lock().remove(&call.arguments.as_slice()[1]);
    call.replies.stored_value(value.as_ref())
}

/// `GETRANGE key start end`. A negative index counts from the end.
pub(super) fn getrange(call: &mut Call<'_>) -> CommandResult {
    let [_, key, start, end] = call.arguments.as_slice() else { return wrong_arity(call, "getrange") };
    let (Some(start), Some(end)) = (parse_integer(start), parse_integer(end)) else { return not_an_integer(call) };
    let Some(value) = call.keys.lock().get(key) else { return call.replies.bulk_string(b"") };
    let value = value.to_bytes();
    if start < 0 && end < 0 && start > end {
        return call.replies.bulk_string(b"");
    }
    // A value has at most 512 MiB.
    let len = value.len() as i64;
    let from_start = |index: i64| if index < 0 { index.saturating_add(len).max(0) } else { index };
    let (start, end) = (from_start(start), from_start(end).saturating_add(1).min(len));
    let part = if start < end { value.slice(start as usize..end as usize) } else { value.slice(..0) };
    call.replies.stored_value(Some(&Value::from(part)))
}

pub(super) fn strlen(call: &mut Call<'_>) -> CommandResult {
    let len = call.keys.lock().get(&call.arguments.as_slice()[1]).map_or(0, Value::len);
    call.replies.count(len)
}

pub(super) fn append(call: &mut Call<'_>) -> CommandResult {
    let [_, key, more] = call.arguments.as_slice() else { return wrong_arity(call, "append") };
    let keys = call.keys.lock();
    let len = keys.get(key).map_or(0, Value::len);
    if len.saturating_add(more.len()) > call.max_bulk_len {
        return call.replies.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }
    let len = keys.update(key, |value| value.append(more));
    call.replies.count(len)
}

pub(super) fn mget(call: &mut Call<'_>) -> CommandResult {
    let requested = &call.arguments.as_slice()[1..];
    call.replies.array_header(requested.len())?;
    let keys = call.keys.lock();
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
    set_all(call);
    call.replies.ok()
}

pub(super) fn msetnx(call: &mut Call<'_>) -> CommandResult {
    if call.len().is_multiple_of(2) {
        return wrong_arity(call, "msetnx");
    }
    let keys = call.keys.lock();
    let is_free = call.arguments.as_slice().iter().skip(1).step_by(2).all(|key| !keys.contains(key));
    if is_free {
        set_all(call);
    }
    call.replies.flag(is_free)
}

fn set_all(call: &mut Call<'_>) {
    let keys = call.keys.lock();
    for index in (1..call.arguments.as_slice().len()).step_by(2) {
        let value = call.arguments.take(index + 1);
        keys.set(&call.arguments.as_slice()[index], value, Expiry::Never);
    }
}
