//! The commands on the connection.

use super::client_commands::{INVALID_CLIENT_NAME, is_valid_client_name};
use super::commands::{Call, CommandResult, QUOTED_LEN, not_an_integer, quotable_prefix, wrong_arity};
use super::number::parse_integer;
use super::pubsub::reply_behind_messages;
use super::reply_writer::Protocol;
use super::transaction;

/// The version of Redis whose replies these are: `tests/clients/redis.sh` compares them. Clients ask for it to find out
/// what a server can do.
pub(super) const REDIS_VERSION: &str = "7.0.15";

/// The code of a command that only has subcommands. It never runs, since it takes at least one argument, which names one.
pub(super) fn container(call: &mut Call<'_>) -> CommandResult {
    let name = String::from_utf8_lossy(call.argument(0).unwrap_or_default()).to_ascii_lowercase();
    wrong_arity(call, &name)
}

pub(super) fn ping(call: &mut Call<'_>) -> CommandResult {
    if call.len() > 2 {
        return wrong_arity(call, "ping");
    }
    if call.client.is_bound_to_messages() {
        // A reply that no client takes for a message.
        call.replies.raw(b"*2\r\n$4\r\npong\r\n")?;
        return call.replies.bulk_string(call.arguments.as_slice().get(1).map_or(&[], |message| message));
    }
    match call.arguments.as_slice().get(1) {
        None => call.replies.raw(b"+PONG\r\n"),
        Some(message) => call.replies.bulk_string(message),
    }
}

pub(super) fn echo(call: &mut Call<'_>) -> CommandResult {
    match call.arguments.take_large(1) {
        Some(message) => call.replies.shared(message),
        None => call.replies.bulk_string(&call.arguments.as_slice()[1]),
    }
}

pub(super) fn quit(call: &mut Call<'_>) -> CommandResult {
    call.replies.ok()?;
    call.replies.channel.close_when_done();
    Ok(())
}

/// `SELECT index`. Database 0 is the only one.
pub(super) fn select(call: &mut Call<'_>) -> CommandResult {
    match parse_integer(call.argument(1).unwrap_or_default()).map(i32::try_from) {
        Some(Ok(0)) => call.replies.ok(),
        Some(Ok(_)) => call.replies.error("ERR DB index is out of range"),
        Some(Err(_)) => call.replies.error("ERR value is out of range, value must between -2147483648 and 2147483647"),
        None => not_an_integer(call),
    }
}

/// `HELLO [2 | 3 [AUTH user password] [SETNAME name]]`. The server has no password, so it accepts every one.
pub(super) fn hello(call: &mut Call<'_>) -> CommandResult {
    let protocol = match call.argument(1).map(parse_integer) {
        None => call.replies.protocol,
        Some(Some(2)) => Protocol::Resp2,
        Some(Some(3)) => Protocol::Resp3,
        Some(Some(_)) => return call.replies.error("NOPROTO unsupported protocol version"),
        Some(None) => return call.replies.error("ERR Protocol version is not an integer or out of range"),
    };
    let mut index = 2;
    while let Some(option) = call.argument(index) {
        if call.argument_is(index, "AUTH") && index + 2 < call.len() {
            index += 3;
        } else if call.argument_is(index, "SETNAME") && index + 1 < call.len() {
            let name = call.argument(index + 1).unwrap_or_default().to_vec();
            if !is_valid_client_name(&name) {
                return call.replies.error(INVALID_CLIENT_NAME);
            }
            // As in Redis, it stays if a later option is wrong.
            call.client.registration.record().update(|details| details.name = name);
            index += 2;
        } else {
            let message = [b"ERR Syntax error in HELLO option '", quotable_prefix(option, QUOTED_LEN), b"'"].concat();
            return call.replies.error(message);
        }
    }
    call.client.set_protocol(protocol);
    call.replies.protocol = protocol;
    let id = call.client.id();
    let replies = &mut call.replies;
    replies.map_header(7)?;
    for (field, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        replies.bulk_string(field.as_bytes())?;
        replies.bulk_string(value.as_bytes())?;
    }
    replies.bulk_string(b"proto")?;
    replies.integer(protocol.number())?;
    replies.bulk_string(b"id")?;
    replies.integer(id)?;
    for (field, value) in [("mode", "standalone"), ("role", "master")] {
        replies.bulk_string(field.as_bytes())?;
        replies.bulk_string(value.as_bytes())?;
    }
    replies.bulk_string(b"modules")?;
    replies.array_header(0)
}

/// `RESET`. The connection is as new.
pub(super) fn reset(call: &mut Call<'_>) -> CommandResult {
    let had_messages = call.client.subscription_count() > 0;
    transaction::end(call);
    call.client.unsubscribe_all();
    call.client.set_protocol(Protocol::default());
    call.replies.protocol = Protocol::default();
    call.client.registration.record().update(|details| details.name.clear());
    reply_behind_messages(call, had_messages, b"+RESET\r\n".to_vec())
}
