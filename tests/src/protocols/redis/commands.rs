//! A call of a command: which one it is, whether it may run now, and the errors that are decided before it runs.

use asynchat_core::PushError;

use super::arguments::Arguments;
use super::client::Client;
use super::command::{Command, Context};
use super::reply_writer::ReplyWriter;
use super::store::{Keys, Store};
use super::{table, transaction};

/// The result of a command. An error means that the connection is closing; Redis errors are replies.
pub(super) type CommandResult = Result<(), PushError>;

/// One call of a command: its arguments and the state that it works on.
#[derive(Debug)]
pub(super) struct Call<'c> {
    pub(super) arguments: &'c mut Arguments,
    pub(super) client: &'c mut Client,
    pub(super) store: &'c Store,
    pub(super) keys: Keys<'c>,
    pub(super) max_bulk_len: usize,
    /// The most that the commands of a transaction may cost.
    pub(super) max_request_len: usize,
    pub(super) replies: ReplyWriter<'c>,
    /// It is part of a transaction that is being executed.
    pub(super) in_exec: bool,
}

impl Call<'_> {
    /// Returns an argument, or `None` if there are fewer. Index 0 is the name of the command.
    pub(super) fn argument(&self, index: usize) -> Option<&[u8]> {
        self.arguments.as_slice().get(index).map(Vec::as_slice)
    }

    /// Returns the number of arguments, including the name.
    pub(super) fn len(&self) -> usize {
        self.arguments.as_slice().len()
    }

    /// Returns whether the argument is this word. The comparison ignores ASCII case.
    pub(super) fn argument_is(&self, index: usize, word: &str) -> bool {
        self.argument(index).is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Runs the command that the first arguments name, or queues it for `EXEC`.
pub(super) fn run(call: &mut Call<'_>) -> CommandResult {
    let Some(command) = table::find(call.arguments.as_slice().first().map_or(&[], |name| name)) else {
        if looks_like_http(call.arguments) {
            call.replies.channel.close_when_done();
            return Ok(());
        }
        return refuse(call, unknown);
    };
    let command = match command.subcommands {
        [] => command,
        _ if call.len() == 1 => {
            // `COMMAND` alone is a command of its own.
            if command.accepts(1) { command } else { return refuse(call, |call| wrong_arity(call, command.name)) }
        }
        subcommands => match subcommands.iter().find(|sub| call.argument_is(1, sub.subcommand_name())) {
            Some(subcommand) => subcommand,
            None => return refuse(call, |call| unknown_subcommand(call, command.name)),
        },
    };
    if !command.accepts(call.len()) {
        return refuse_command(call, command, &wrong_arity_message(command.name));
    }
    if call.client.is_bound_to_messages() && command.context != Context::Subscriber {
        return refuse_command(call, command, &bound_to_messages_message(command.name));
    }
    if call.client.transaction.is_some() && command.context != Context::Transaction && !is_immediate(command) {
        return transaction::queue(call);
    }
    (command.run)(call)
}

/// Returns whether the command runs at once within `MULTI`, though it has nothing to do with transactions.
fn is_immediate(command: &Command) -> bool {
    matches!(command.name, "quit" | "reset")
}

/// Replies with an error before a command has run. Within `MULTI` the transaction cannot be executed any more.
fn refuse(call: &mut Call<'_>, reply: impl FnOnce(&mut Call<'_>) -> CommandResult) -> CommandResult {
    if let Some(transaction) = &mut call.client.transaction {
        transaction.is_refused = true;
    }
    reply(call)
}

/// Refuses a command that exists. `EXEC` drops the transaction.
#[cold]
fn refuse_command(call: &mut Call<'_>, command: &Command, message: &str) -> CommandResult {
    if command.name == "exec" {
        transaction::end(call);
        return call.replies.error(format!("EXECABORT Transaction discarded because of: {message}"));
    }
    refuse(call, |call| call.replies.error(format!("ERR {message}")))
}

/// Runs a command of a transaction. It was checked when it was queued.
pub(super) fn run_queued(call: &mut Call<'_>) -> CommandResult {
    let Some(command) = table::find(&call.arguments.as_slice()[0]) else { return unknown(call) };
    let subcommand = command.subcommands.iter().find(|sub| call.argument_is(1, sub.subcommand_name()));
    (subcommand.unwrap_or(command).run)(call)
}

fn bound_to_messages_message(name: &str) -> String {
    format!(
        "Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
    )
}

fn wrong_arity_message(name: &str) -> String {
    format!("wrong number of arguments for '{name}' command")
}

#[cold]
pub(super) fn wrong_arity(call: &mut Call<'_>, name: &str) -> CommandResult {
    call.replies.error(format!("ERR {}", wrong_arity_message(name)))
}

#[cold]
pub(super) fn syntax_error(call: &mut Call<'_>) -> CommandResult {
    call.replies.error("ERR syntax error")
}

#[cold]
pub(super) fn not_an_integer(call: &mut Call<'_>) -> CommandResult {
    call.replies.error("ERR value is not an integer or out of range")
}

/// Returns the part of an argument that Redis quotes in an error: at most `max_len` bytes, up to the first NUL, since
/// Redis formats it as a C string.
pub(super) fn quotable_prefix(argument: &[u8], max_len: usize) -> &[u8] {
    let end = argument.iter().take(max_len).position(|byte| *byte == 0);
    &argument[..end.unwrap_or(argument.len().min(max_len))]
}

/// The most bytes that an error quotes of a command name, and of all its arguments together.
pub(super) const QUOTED_LEN: usize = 128;

fn unknown(call: &mut Call<'_>) -> CommandResult {
    let (name, arguments) = call.arguments.as_slice().split_first().map_or((&[][..], &[][..]), |(n, a)| (&n[..], a));
    let mut quoted_arguments = Vec::new();
    for argument in arguments {
        if quoted_arguments.len() >= QUOTED_LEN {
            break;
        }
        let argument = quotable_prefix(argument, QUOTED_LEN - quoted_arguments.len());
        quoted_arguments.extend_from_slice(&[b"'", argument, b"' "].concat());
    }
    let name = quotable_prefix(name, QUOTED_LEN);
    call.replies.error([b"ERR unknown command '", name, b"', with args beginning with: ", &quoted_arguments].concat())
}

fn unknown_subcommand(call: &mut Call<'_>, command: &str) -> CommandResult {
    let asked = quotable_prefix(call.argument(1).unwrap_or_default(), QUOTED_LEN);
    let command = command.to_ascii_uppercase();
    let message = [b"ERR unknown subcommand '", asked, b"'. Try ", command.as_bytes(), b" HELP."].concat();
    call.replies.error(message)
}

/// Returns whether the client sends HTTP. A web page can make a browser send a request to this port with a command
/// hidden in it (cross-protocol scripting). Redis closes such connections too: it recognizes `POST` and `Host:`.
fn looks_like_http(arguments: &Arguments) -> bool {
    let name = arguments.as_slice().first();
    name.is_some_and(|name| name.eq_ignore_ascii_case(b"POST") || name.eq_ignore_ascii_case(b"HOST:"))
}
