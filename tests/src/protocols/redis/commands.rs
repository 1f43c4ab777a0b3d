//! Which commands there are, and what is refused before any of them runs.

use asynchat_core::PushError;

use super::arguments::Arguments;
use super::connection::{self, Client};
use super::keys;
use super::replies::Replies;
use super::set;
use super::store::Store;

/// One command on its way: what it was given, and what it works on.
#[derive(Debug)]
pub(super) struct Call<'c> {
    pub(super) arguments: &'c mut Arguments,
    pub(super) client: &'c mut Client,
    pub(super) store: &'c Store,
    pub(super) max_bulk_len: usize,
    pub(super) replies: Replies<'c>,
}

impl Call<'_> {
    /// An argument, if it was given; the command's name is the first.
    pub(super) fn argument(&self, index: usize) -> Option<&[u8]> {
        self.arguments.as_slice().get(index).map(Vec::as_slice)
    }

    /// How many arguments there are, the name included.
    pub(super) fn len(&self) -> usize {
        self.arguments.as_slice().len()
    }

    /// Whether the argument is this word, in any case; the word is in upper case.
    pub(super) fn is(&self, index: usize, word: &str) -> bool {
        self.argument(index).is_some_and(|argument| argument.eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Runs the request. There is at least one argument.
pub(super) fn run(call: &mut Call<'_>) -> Result<(), PushError> {
    let name = call.argument(0).unwrap_or_default();
    let Some(command) = COMMANDS.iter().find(|command| command.name.as_bytes().eq_ignore_ascii_case(name)) else {
        return unknown(call);
    };
    if !command.arity.admits(call.len()) {
        return wrong_arity(call, command.name);
    }
    (command.run)(call)
}

pub(super) fn wrong_arity(call: &mut Call<'_>, name: &str) -> Result<(), PushError> {
    call.replies.error(format!("ERR wrong number of arguments for '{name}' command"))
}

pub(super) fn syntax_error(call: &mut Call<'_>) -> Result<(), PushError> {
    call.replies.error("ERR syntax error")
}

pub(super) fn not_an_integer(call: &mut Call<'_>) -> Result<(), PushError> {
    call.replies.error("ERR value is not an integer or out of range")
}

/// As much of an argument as Redis quotes: up to a NUL, as C has it.
pub(super) fn quoted(argument: &[u8], most: usize) -> &[u8] {
    let end = argument.iter().take(most).position(|byte| *byte == 0);
    &argument[..end.unwrap_or(argument.len().min(most))]
}

/// How many bytes of a name are quoted in an error, and of all its arguments together.
pub(super) const QUOTED_LEN: usize = 128;

fn unknown(call: &mut Call<'_>) -> Result<(), PushError> {
    let (name, arguments) = call.arguments.as_slice().split_first().map_or((&[][..], &[][..]), |(n, a)| (&n[..], a));
    let mut shown = Vec::new();
    for argument in arguments {
        if shown.len() >= QUOTED_LEN {
            break;
        }
        let argument = quoted(argument, QUOTED_LEN - shown.len());
        shown.extend_from_slice(&[b"'", argument, b"' "].concat());
    }
    let name = quoted(name, QUOTED_LEN);
    call.replies.error([b"ERR unknown command '", name, b"', with args beginning with: ", &shown].concat())
}

struct Command {
    /// In lower case, as errors have it.
    name: &'static str,
    arity: Arity,
    run: fn(&mut Call<'_>) -> Result<(), PushError>,
}

/// How many arguments a command takes, its name included.
enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

impl Arity {
    fn admits(&self, len: usize) -> bool {
        match *self {
            Self::Exactly(wanted) => len == wanted,
            Self::AtLeast(wanted) => len >= wanted,
        }
    }
}

use Arity::{AtLeast, Exactly};

pub(super) fn names() -> impl ExactSizeIterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name)
}

const fn command(name: &'static str, arity: Arity, run: fn(&mut Call<'_>) -> Result<(), PushError>) -> Command {
    Command { name, arity, run }
}

/// The most frequent first: they are looked for in this order.
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
