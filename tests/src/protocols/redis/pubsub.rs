//! Messages: `SUBSCRIBE`, `PUBLISH` and their kin.

use bytes::Bytes;

use super::commands::{Call, CommandResult};
use super::glob;
use super::number::Decimal;
use super::reply_writer::append_bulk_string;
use super::subscribers::Kind;

pub(super) fn subscribe(call: &mut Call<'_>) -> CommandResult {
    subscribe_to(call, Kind::Channel)
}

pub(super) fn psubscribe(call: &mut Call<'_>) -> CommandResult {
    subscribe_to(call, Kind::Pattern)
}

fn subscribe_to(call: &mut Call<'_>, kind: Kind) -> CommandResult {
    let word = match kind {
        Kind::Channel => "subscribe",
        Kind::Pattern => "psubscribe",
    };
    for name in &call.arguments.as_slice()[1..] {
        let count = call.client.subscribe(kind, name);
        let mut confirmation = Vec::new();
        append_confirmation(&mut confirmation, call.replies.protocol.push_type(), word, count, |message| {
            append_bulk_string(message, name);
        });
        call.replies.raw(&confirmation)?;
    }
    Ok(())
}

pub(super) fn unsubscribe(call: &mut Call<'_>) -> CommandResult {
    unsubscribe_from(call, Kind::Channel)
}

pub(super) fn punsubscribe(call: &mut Call<'_>) -> CommandResult {
    unsubscribe_from(call, Kind::Pattern)
}

/// Without names, ends all subscriptions of a kind.
fn unsubscribe_from(call: &mut Call<'_>, kind: Kind) -> CommandResult {
    let word = match kind {
        Kind::Channel => "unsubscribe",
        Kind::Pattern => "punsubscribe",
    };
    let had_messages = call.client.subscription_count() > 0;
    let protocol = call.replies.protocol;
    let names = match call.arguments.as_slice() {
        [_] => call.client.subscriptions(kind),
        [_, names @ ..] => names.iter().map(|name| Bytes::copy_from_slice(name)).collect(),
        [] => Vec::new(),
    };
    let mut confirmations = Vec::new();
    for name in &names {
        let count = call.client.unsubscribe(kind, name);
        append_confirmation(&mut confirmations, protocol.push_type(), word, count, |message| {
            append_bulk_string(message, name);
        });
    }
    if names.is_empty() {
        let count = call.client.subscription_count();
        append_confirmation(&mut confirmations, protocol.push_type(), word, count, |message| {
            message.extend_from_slice(protocol.null());
        });
    }
    reply_behind_messages(call, had_messages, confirmations)
}

/// Replies behind the messages that wait in the mailbox of the connection. So the client receives no message after it was
/// told that it has unsubscribed: in RESP2 it would take it for a reply.
///
/// The next command waits meanwhile. Within `EXEC` the place of the reply is among the others, so it does not wait.
pub(super) fn reply_behind_messages(call: &mut Call<'_>, had_messages: bool, reply: Vec<u8>) -> CommandResult {
    let caller = call.client.caller().filter(|_| had_messages && !call.in_exec);
    let Some(caller) = caller else { return call.replies.raw(&reply) };
    let called = caller.call(|_, channel| {
        channel.push(reply)?;
        channel.resume();
        Ok(())
    });
    match called {
        Ok(()) => call.replies.channel.pause(),
        // The mailbox is full of messages: the client does not read. Or the connection ends.
        Err(_) => caller.handle().abort(),
    }
    Ok(())
}

fn append_confirmation(
    message: &mut Vec<u8>,
    push_type: u8,
    word: &str,
    count: usize,
    append_name: impl FnOnce(&mut Vec<u8>),
) {
    message.push(push_type);
    message.extend_from_slice(b"3\r\n");
    append_bulk_string(message, word.as_bytes());
    append_name(message);
    message.push(b':');
    message.extend_from_slice(Decimal::new(count as i64).as_bytes());
    message.extend_from_slice(b"\r\n");
}

/// `PUBLISH channel message`. The reply is the number of receivers.
pub(super) fn publish(call: &mut Call<'_>) -> CommandResult {
    let [_, channel, message] = call.arguments.as_slice() else { return Ok(()) };
    let mut result = Ok(());
    let receivers = call.store.subscribers().publish(channel, message, call.client.id(), |own| {
        if result.is_ok() {
            result = call.replies.raw(own);
        }
    });
    result?;
    call.replies.count(receivers)
}

/// `PUBSUB CHANNELS [pattern]`.
pub(super) fn channels(call: &mut Call<'_>) -> CommandResult {
    if call.len() > 3 {
        return too_many_arguments(call);
    }
    let pattern = call.argument(2).unwrap_or(b"*").to_vec();
    let subscribers = call.store.subscribers();
    let found: Vec<_> = subscribers.channels().filter(|channel| glob::matches(&pattern, channel)).cloned().collect();
    drop(subscribers);
    call.replies.array_header(found.len())?;
    found.iter().try_for_each(|channel| call.replies.bulk_string(channel))
}

pub(super) fn numpat(call: &mut Call<'_>) -> CommandResult {
    let count = call.store.subscribers().pattern_count();
    call.replies.count(count)
}

/// `PUBSUB NUMSUB [channel...]`.
pub(super) fn numsub(call: &mut Call<'_>) -> CommandResult {
    let subscribers = call.store.subscribers();
    let channels = &call.arguments.as_slice()[2..];
    call.replies.array_header(2 * channels.len())?;
    for channel in channels {
        call.replies.bulk_string(channel)?;
        call.replies.count(subscribers.count(channel))?;
    }
    Ok(())
}

fn too_many_arguments(call: &mut Call<'_>) -> CommandResult {
    let subcommand = call.argument(1).unwrap_or_default();
    let message = [
        b"ERR unknown subcommand or wrong number of arguments for '",
        super::commands::quotable_prefix(subcommand, super::commands::QUOTED_LEN),
        b"'. Try PUBSUB HELP.",
    ]
    .concat();
    call.replies.error(message)
}
