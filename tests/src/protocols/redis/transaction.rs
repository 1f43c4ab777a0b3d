//! Transactions: `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH`.

use std::mem;

use super::client::{Transaction, Watching};
use super::commands::{self, Call, CommandResult};

pub(super) fn multi(call: &mut Call<'_>) -> CommandResult {
    if call.client.transaction.is_some() {
        return call.replies.error("ERR MULTI calls can not be nested");
    }
    set(call, Some(Box::default()));
    call.replies.ok()
}

/// Queues the command for `EXEC`. The commands of a transaction may cost together what one command may.
pub(super) fn queue(call: &mut Call<'_>) -> CommandResult {
    let arguments = mem::take(call.arguments);
    let max_cost = call.max_request_len;
    let Some(transaction) = &mut call.client.transaction else { return Ok(()) };
    transaction.cost = transaction.cost.saturating_add(arguments.cost());
    if transaction.cost > max_cost {
        set(call, None);
        call.replies.error(format!("ERR Protocol error: too big transaction: the limit is {max_cost} bytes"))?;
        call.replies.channel.close_when_done();
        return Ok(());
    }
    transaction.commands.push(arguments);
    let queued = transaction.commands.len();
    call.client.registration.record().update(|details| details.queued = Some(queued));
    call.replies.raw(b"+QUEUED\r\n")
}

/// Runs the queued commands, under one lock of the keyspace: no command of another client runs between them.
pub(super) fn exec(call: &mut Call<'_>) -> CommandResult {
    let Some(transaction) = call.client.transaction.take() else {
        return call.replies.error("ERR EXEC without MULTI");
    };
    set(call, None);
    let keys = call.keys.lock();
    if let Some(watching) = &call.client.watching {
        // A key that has expired meanwhile has changed.
        watching.keys.iter().for_each(|key| {
            keys.contains(key);
        });
    }
    let is_changed = call.client.watching.as_ref().is_some_and(|watching| watching.watch.is_dirty());
    call.client.unwatch(&mut call.keys);
    if transaction.is_refused {
        return call.replies.error("EXECABORT Transaction discarded because of previous errors.");
    }
    if is_changed {
        return call.replies.null_array();
    }
    call.replies.array_header(transaction.commands.len())?;
    call.in_exec = true;
    for arguments in transaction.commands {
        *call.arguments = arguments;
        commands::run_queued(call)?;
    }
    Ok(())
}

pub(super) fn discard(call: &mut Call<'_>) -> CommandResult {
    if call.client.transaction.is_none() {
        return call.replies.error("ERR DISCARD without MULTI");
    }
    end(call);
    call.replies.ok()
}

/// Drops the transaction, and watches no key.
pub(super) fn end(call: &mut Call<'_>) {
    set(call, None);
    call.client.unwatch(&mut call.keys);
}

pub(super) fn watch(call: &mut Call<'_>) -> CommandResult {
    if call.client.transaction.is_some() {
        return call.replies.error("ERR WATCH inside MULTI is not allowed");
    }
    let id = call.client.id();
    let Watching { watch, keys: watched } = &mut **call.client.watching.get_or_insert_default();
    // The transaction will fail in any case.
    if !watch.is_dirty() {
        let keys = call.keys.lock();
        for key in &call.arguments.as_slice()[1..] {
            if keys.watch(key, id, watch) {
                watched.push(key.as_slice().into());
            }
        }
    }
    call.replies.ok()
}

pub(super) fn unwatch(call: &mut Call<'_>) -> CommandResult {
    call.client.unwatch(&mut call.keys);
    call.replies.ok()
}

fn set(call: &mut Call<'_>, transaction: Option<Box<Transaction>>) {
    let queued = transaction.as_ref().map(|transaction| transaction.commands.len());
    call.client.transaction = transaction;
    call.client.registration.record().update(|details| details.queued = queued);
}
