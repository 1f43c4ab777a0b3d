//! The description of a command.

use super::commands::{Call, CommandResult};

/// A command, or a subcommand such as `CLIENT ID`.
#[derive(Debug)]
pub(super) struct Command {
    /// The name in lower case, as it appears in errors: `get`, `client|id`.
    pub(super) name: &'static str,
    /// The number of arguments, including the name; negative for at least so many.
    pub(super) arity: i64,
    /// The words that `COMMAND INFO` shows, separated by spaces.
    pub(super) flags: &'static str,
    /// The first argument that is a key, the last one, and the step between them, as `COMMAND INFO` shows them.
    pub(super) keys: (i64, i64, i64),
    pub(super) context: Context,
    pub(super) subcommands: &'static [Self],
    pub(super) docs: Docs,
    pub(super) run: fn(&mut Call<'_>) -> CommandResult,
}

/// The part of a command that `COMMAND DOCS` shows.
#[derive(Debug)]
pub(super) struct Docs {
    pub(super) group: &'static str,
    /// The version of Redis that first had the command.
    pub(super) since: &'static str,
    pub(super) summary: &'static str,
}

/// Where a command differs from most others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Queued within `MULTI`, and refused to a subscriber in RESP2.
    Any,
    /// Runs at once within `MULTI`.
    Transaction,
    /// A subscriber may send it in RESP2 too.
    Subscriber,
}

impl Command {
    /// Returns whether the command takes so many arguments, including its name.
    pub(super) fn accepts(&self, len: usize) -> bool {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        if self.arity >= 0 { len == self.arity } else { len >= -self.arity }
    }

    /// Returns the name behind the `|`.
    pub(super) fn subcommand_name(&self) -> &'static str {
        self.name.split_once('|').map_or(self.name, |(_, name)| name)
    }
}
