//! `COMMAND` and its subcommands: the server describes its commands.

use super::command::Command;
use super::commands::{Call, CommandResult, syntax_error};
use super::reply_writer::ReplyWriter;
use super::table::{self, COMMANDS};

/// `COMMAND`: a description of each command.
pub(super) fn command(call: &mut Call<'_>) -> CommandResult {
    call.replies.array_header(COMMANDS.len())?;
    COMMANDS.iter().try_for_each(|command| write_info(&mut call.replies, command))
}

pub(super) fn count(call: &mut Call<'_>) -> CommandResult {
    call.replies.count(COMMANDS.len())
}

/// `COMMAND INFO [name...]`.
pub(super) fn info(call: &mut Call<'_>) -> CommandResult {
    let names = &call.arguments.as_slice()[2..];
    if names.is_empty() {
        return command(call);
    }
    call.replies.array_header(names.len())?;
    for name in names {
        match find(name) {
            Some(command) => write_info(&mut call.replies, command)?,
            None => call.replies.null()?,
        }
    }
    Ok(())
}

/// `COMMAND DOCS [name...]`.
pub(super) fn docs(call: &mut Call<'_>) -> CommandResult {
    let names = &call.arguments.as_slice()[2..];
    let found: Vec<_> = match names {
        [] => COMMANDS.iter().collect(),
        names => names.iter().filter_map(|name| find(name)).collect(),
    };
    write_docs(&mut call.replies, &found)
}

/// `COMMAND LIST`.
pub(super) fn list(call: &mut Call<'_>) -> CommandResult {
    if call.len() > 2 {
        return syntax_error(call);
    }
    call.replies.array_header(COMMANDS.len())?;
    COMMANDS.iter().try_for_each(|command| call.replies.bulk_string(command.name.as_bytes()))
}

/// Finds a command, or a subcommand such as `client|id`.
fn find(name: &[u8]) -> Option<&'static Command> {
    let container = name.split(|byte| *byte == b'|').next()?;
    let command = table::find(container)?;
    if container.len() == name.len() {
        return Some(command);
    }
    command.subcommands.iter().find(|subcommand| subcommand.name.as_bytes().eq_ignore_ascii_case(name))
}

/// Writes the ten fields of Redis 7. The last four but the subcommands are empty: categories, tips, key specifications.
fn write_info(replies: &mut ReplyWriter<'_>, command: &Command) -> CommandResult {
    replies.array_header(10)?;
    replies.bulk_string(command.name.as_bytes())?;
    replies.integer(command.arity)?;
    let flags = command.flags.split_terminator(' ');
    replies.set_header(flags.clone().count())?;
    for flag in flags {
        replies.status(flag)?;
    }
    let (first, last, step) = command.keys;
    for number in [first, last, step] {
        replies.integer(number)?;
    }
    replies.set_header(0)?;
    replies.array_header(0)?;
    replies.array_header(0)?;
    replies.array_header(command.subcommands.len())?;
    command.subcommands.iter().try_for_each(|subcommand| write_info(replies, subcommand))
}

fn write_docs(replies: &mut ReplyWriter<'_>, commands: &[&Command]) -> CommandResult {
    replies.map_header(commands.len())?;
    for command in commands {
        replies.bulk_string(command.name.as_bytes())?;
        let fields = [("summary", command.docs.summary), ("since", command.docs.since), ("group", command.docs.group)];
        let has_subcommands = !command.subcommands.is_empty();
        replies.map_header(fields.len() + usize::from(has_subcommands))?;
        for (field, value) in fields {
            replies.bulk_string(field.as_bytes())?;
            replies.bulk_string(value.as_bytes())?;
        }
        if has_subcommands {
            replies.bulk_string(b"subcommands")?;
            write_docs(replies, &command.subcommands.iter().collect::<Vec<_>>())?;
        }
    }
    Ok(())
}
