//! The commands on keys, whatever their values are.

use super::commands::{Call, CommandResult, syntax_error};

pub(super) fn del(call: &mut Call<'_>) -> CommandResult {
    let keys = call.keys.lock();
    let removed = call.arguments.as_slice()[1..].iter().filter(|key| keys.remove(key).is_some()).count();
    call.replies.count(removed)
}

/// `EXISTS key...`. A key that is named twice counts twice.
pub(super) fn exists(call: &mut Call<'_>) -> CommandResult {
    let keys = call.keys.lock();
    let found = call.arguments.as_slice()[1..].iter().filter(|key| keys.contains(key)).count();
    call.replies.count(found)
}

/// `TYPE key`. All values are strings.
pub(super) fn type_of(call: &mut Call<'_>) -> CommandResult {
    let is_there = call.keys.lock().contains(&call.arguments.as_slice()[1]);
    call.replies.status(if is_there { "string" } else { "none" })
}

pub(super) fn rename(call: &mut Call<'_>) -> CommandResult {
    let arguments = call.arguments.as_slice();
    if call.keys.lock().rename(&arguments[1], &arguments[2]) { call.replies.ok() } else { no_such_key(call) }
}

pub(super) fn renamenx(call: &mut Call<'_>) -> CommandResult {
    let arguments = call.arguments.as_slice();
    let keys = call.keys.lock();
    if !keys.contains(&arguments[1]) {
        return no_such_key(call);
    }
    let is_free = !keys.contains(&arguments[2]);
    if is_free {
        keys.rename(&arguments[1], &arguments[2]);
    }
    call.replies.flag(is_free)
}

fn no_such_key(call: &mut Call<'_>) -> CommandResult {
    call.replies.error("ERR no such key")
}

pub(super) fn dbsize(call: &mut Call<'_>) -> CommandResult {
    let len = call.keys.lock().len();
    call.replies.count(len)
}

/// `FLUSHALL [SYNC | ASYNC]` and `FLUSHDB`. Both modes are the same here: the entries are removed under the lock and
/// freed after it.
pub(super) fn flushall(call: &mut Call<'_>) -> CommandResult {
    if call.len() > 2 || (call.len() == 2 && !call.argument_is(1, "SYNC") && !call.argument_is(1, "ASYNC")) {
        return syntax_error(call);
    }
    call.keys.clear();
    call.replies.ok()
}
