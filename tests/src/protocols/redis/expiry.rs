//! The commands on when a key expires.

use super::clock::Milliseconds;
use super::commands::{Call, CommandResult, not_an_integer};
use super::keyspace::Keyspace;
use super::number::parse_integer;

/// The unit and the origin of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    /// Since 1970.
    AtSecond,
    /// Since 1970.
    AtMillisecond,
}

const MILLISECONDS_PER_SECOND: Milliseconds = 1000;

/// Returns the deadline, or `None` if it is out of range.
pub(super) fn parse_deadline(time: i64, unit: Unit, keys: &mut Keyspace) -> Option<Milliseconds> {
    let time = match unit {
        Unit::Seconds | Unit::AtSecond => time.checked_mul(MILLISECONDS_PER_SECOND)?,
        Unit::Milliseconds | Unit::AtMillisecond => time,
    };
    match unit {
        Unit::Seconds | Unit::Milliseconds => time.checked_add(keys.now()),
        Unit::AtSecond | Unit::AtMillisecond => Some(time),
    }
}

pub(super) fn invalid_time(call: &mut Call<'_>, name: &str) -> CommandResult {
    call.replies.error(format!("ERR invalid expire time in '{name}' command"))
}

pub(super) fn ttl(call: &mut Call<'_>) -> CommandResult {
    // Rounded as in Redis.
    reply_deadline(call, |at, now| (at - now + MILLISECONDS_PER_SECOND / 2) / MILLISECONDS_PER_SECOND)
}

pub(super) fn pttl(call: &mut Call<'_>) -> CommandResult {
    reply_deadline(call, |at, now| at - now)
}

pub(super) fn expiretime(call: &mut Call<'_>) -> CommandResult {
    reply_deadline(call, |at, _| at.saturating_add(MILLISECONDS_PER_SECOND / 2) / MILLISECONDS_PER_SECOND)
}

pub(super) fn pexpiretime(call: &mut Call<'_>) -> CommandResult {
    reply_deadline(call, |at, _| at)
}

/// Replies with a time, -1 for a key that does not expire, or -2 for a missing key.
fn reply_deadline(call: &mut Call<'_>, time: fn(Milliseconds, Milliseconds) -> i64) -> CommandResult {
    let keys = call.keys.lock();
    let reply = match keys.deadline(&call.arguments.as_slice()[1]) {
        None => -2,
        Some(None) => -1,
        Some(Some(at)) => time(at, keys.now()),
    };
    call.replies.integer(reply)
}

pub(super) fn persist(call: &mut Call<'_>) -> CommandResult {
    let key = &call.arguments.as_slice()[1];
    let keys = call.keys.lock();
    let expires = keys.deadline(key).flatten().is_some();
    if expires {
        keys.set_deadline(key, None);
    }
    call.replies.flag(expires)
}

pub(super) fn expire(call: &mut Call<'_>) -> CommandResult {
    set_deadline(call, Unit::Seconds, "expire")
}

pub(super) fn pexpire(call: &mut Call<'_>) -> CommandResult {
    set_deadline(call, Unit::Milliseconds, "pexpire")
}

pub(super) fn expireat(call: &mut Call<'_>) -> CommandResult {
    set_deadline(call, Unit::AtSecond, "expireat")
}

pub(super) fn pexpireat(call: &mut Call<'_>) -> CommandResult {
    set_deadline(call, Unit::AtMillisecond, "pexpireat")
}

/// The conditions under which a deadline is set.
#[derive(Debug, Default)]
struct Conditions {
    /// Only if the key does not expire.
    nx: bool,
    /// Only if the key expires.
    xx: bool,
    /// Only if it expires later than before.
    gt: bool,
    /// Only if it expires earlier than before.
    lt: bool,
}

impl Conditions {
    /// Parses the arguments behind the time. Returns the text of an error.
    fn parse(arguments: &[Vec<u8>]) -> Result<Self, Vec<u8>> {
        let mut conditions = Self::default();
        for argument in arguments {
            let condition = match argument.to_ascii_lowercase().as_slice() {
                b"nx" => &mut conditions.nx,
                b"xx" => &mut conditions.xx,
                b"gt" => &mut conditions.gt,
                b"lt" => &mut conditions.lt,
                // Redis formats it as a C string.
                _ => {
                    return Err(
                        [b"ERR Unsupported option ", super::commands::quotable_prefix(argument, usize::MAX)].concat()
                    );
                }
            };
            *condition = true;
        }
        let Self { nx, xx, gt, lt } = conditions;
        if nx && (xx || gt || lt) {
            return Err(b"ERR NX and XX, GT or LT options at the same time are not compatible".to_vec());
        }
        if gt && lt {
            return Err(b"ERR GT and LT options at the same time are not compatible".to_vec());
        }
        Ok(conditions)
    }

    fn hold(&self, current: Option<Milliseconds>, new: Milliseconds) -> bool {
        let Self { nx, xx, gt, lt } = *self;
        !(nx && current.is_some()
            || xx && current.is_none()
            || gt && current.is_none_or(|current| new <= current)
            || lt && current.is_some_and(|current| new >= current))
    }
}

/// `EXPIRE key time [NX | XX | GT | LT]`. A time that has passed removes the key.
fn set_deadline(call: &mut Call<'_>, unit: Unit, name: &str) -> CommandResult {
    let conditions = match Conditions::parse(&call.arguments.as_slice()[3..]) {
        Ok(conditions) => conditions,
        Err(error) => return call.replies.error(error),
    };
    let Some(time) = parse_integer(&call.arguments.as_slice()[2]) else { return not_an_integer(call) };
    let keys = call.keys.lock();
    let Some(at) = parse_deadline(time, unit, keys) else { return invalid_time(call, name) };
    let key = &call.arguments.as_slice()[1];
    let is_set = keys.deadline(key).is_some_and(|current| conditions.hold(current, at));
    if is_set {
        keys.set_deadline(key, Some(at));
    }
    call.replies.flag(is_set)
}
