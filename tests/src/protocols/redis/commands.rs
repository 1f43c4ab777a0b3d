//! The table of commands, and the errors that are decided before a command runs.

use asynchat_core::PushError;

use super::arguments::Arguments;
use super::connection::{self, Client};
use super::keys;
use super::reply_writer::ReplyWriter;
use super::set;
use super::store::Store;

/// The result of a command. An error means that the connection is closing; Redis errors are replies.
pub(super) type CommandResult = Result<(), PushError>;

/// One call of a command: its arguments and the state that it works on.
#[derive(Debug)]
pub(super) struct Call<'c> {
    pub(super) arguments: &'c mut Arguments,
    pub(super) client: &'c mut Client,
    pub(super) store: &'c Store,
    pub(super) max_bulk_len: usize,
    pub(super) replies: ReplyWriter<'c>,
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

/// Runs the command that the first argument names.
pub(super) fn run(call: &mut Call<'_>) -> CommandResult {
    let name = call.argument(0).unwrap_or_default();
    let Some(command) = COMMANDS.iter().find(|command| command.name.as_bytes().eq_ignore_ascii_case(name)) else {
        return unknown(call);
    };
    if !command.arity.accepts(call.len()) {
        return wrong_arity(call, command.name);
    }
    (command.run)(call)
}

pub(super) fn wrong_arity(call: &mut Call<'_>, name: &str) -> CommandResult {
    call.replies.error(format!("ERR wrong number of arguments for '{name}' command"))
}

pub(super) fn syntax_error(call: &mut Call<'_>) -> CommandResult {
    call.replies.error("ERR syntax error")
}

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

struct Command {
    /// The name in lower case, as it appears in errors.
    name: &'static str,
    arity: Arity,
    run: fn(&mut Call<'_>) -> CommandResult,
}

/// The number of arguments that a command takes, including its name.
enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

impl Arity {
    fn accepts(&self, len: usize) -> bool {
        match *self {
            Self::Exactly(expected) => len == expected,
            Self::AtLeast(expected) => len >= expected,
        }
    }
}

use Arity::{AtLeast, Exactly};

pub(super) fn command_names() -> impl ExactSizeIterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

const fn command(name: &'static str, arity: Arity, run: fn(&mut Call<'_>) -> CommandResult) -> Command {
    Command { name, arity, run }
}

/// Searched in this order, so the most frequent commands come first.
static COMMANDS: [Command; 20] = [
    command("get", Exactly(2), keys::get),
    command("set", AtLeast(3), set::set),
    command("ping", AtLeast(1), connection::ping),
    command("incr", Exactly(2), keys::incr),
    command("del", AtLeast(2), keys::del),
    command("exists", AtLeast(2), keys::exists),
    command("mget", AtLeast(2), keys::mget),
    command("mset", AtLeast(3), keys::mset),
    command("append", Exactly(3), keys::append),
    command("echo", Exactly(2), connection::echo),
    command("dbsize", Exactly(1), keys::dbsize),
    command("flushall", AtLeast(1), keys::flushall),
    command("select", Exactly(2), connection::select),
    command("quit", AtLeast(1), connection::quit),
    command("hello", AtLeast(1), connection::hello),
    command("client", AtLeast(2), connection::client),
    command("config", AtLeast(2), connection::config),
    command("command", AtLeast(1), connection::command),
    command("info", AtLeast(1), connection::info),
    command("reset", Exactly(1), connection::reset),
];
