//! The commands on the connection and on the server.

use super::commands::{
    Call, CommandResult, QUOTED_LEN, command_names, not_an_integer, quotable_prefix, syntax_error, wrong_arity,
};
use super::number::parse_integer;

/// The state of one client.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: i64,
    pub(super) name: Vec<u8>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The parameters that redis-benchmark reads before it begins. Their values say that nothing is persisted.
const PARAMETERS: [(&str, &str); 3] = [("save", ""), ("appendonly", "no"), ("databases", "1")];

const INVALID_CLIENT_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

pub(super) fn ping(call: &mut Call<'_>) -> CommandResult {
    match call.arguments.as_slice() {
        [_] => call.replies.raw(b"+PONG\r\n"),
        [_, message] => call.replies.bulk_string(message),
        _ => wrong_arity(call, "ping"),
    }
}

pub(super) fn echo(call: &mut Call<'_>) -> CommandResult {
    match call.arguments.take_large(1) {
        Some(message) => call.replies.stored_value(Some(&message)),
        None => call.replies.bulk_string(&call.arguments.as_slice()[1]),
    }
}

pub(super) fn quit(call: &mut Call<'_>) -> CommandResult {
    call.replies.ok()?;
    call.replies.0.close_when_done();
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

/// `HELLO [2 [AUTH user password] [SETNAME name]]`. The server has no password, so it accepts every one.
pub(super) fn hello(call: &mut Call<'_>) -> CommandResult {
    if let Some(version) = call.argument(1) {
        match parse_integer(version) {
            Some(2) => {}
            Some(_) => return call.replies.error("NOPROTO unsupported protocol version"),
            None => return call.replies.error("ERR Protocol version is not an integer or out of range"),
        }
    }
    let mut index = 2;
    let mut name = None;
    while let Some(option) = call.argument(index) {
        if call.argument_is(index, "AUTH") && index + 2 < call.len() {
            index += 3;
        } else if call.argument_is(index, "SETNAME") && index + 1 < call.len() {
            name = call.argument(index + 1).map(<[u8]>::to_vec);
            index += 2;
        } else {
            let message = [b"ERR Syntax error in HELLO option '", quotable_prefix(option, QUOTED_LEN), b"'"].concat();
            return call.replies.error(message);
        }
    }
    if let Some(name) = name {
        if !is_valid_client_name(&name) {
            return call.replies.error(INVALID_CLIENT_NAME);
        }
        call.client.name = name;
    }
    let replies = &mut call.replies;
    replies.array_header(14)?;
    for (field, value) in [("server", "asynchat"), ("version", VERSION)] {
        replies.bulk_string(field.as_bytes())?;
        replies.bulk_string(value.as_bytes())?;
    }
    replies.bulk_string(b"proto")?;
    replies.integer(2)?;
    replies.bulk_string(b"id")?;
    replies.integer(call.client.id)?;
    for (field, value) in [("mode", "standalone"), ("role", "master")] {
        replies.bulk_string(field.as_bytes())?;
        replies.bulk_string(value.as_bytes())?;
    }
    replies.bulk_string(b"modules")?;
    replies.array_header(0)
}

pub(super) fn client(call: &mut Call<'_>) -> CommandResult {
    let len = call.len();
    if call.argument_is(1, "SETNAME") {
        let Some(name) = call.argument(2).filter(|_| len == 3).map(<[u8]>::to_vec) else {
            return wrong_arity(call, "client|setname");
        };
        if !is_valid_client_name(&name) {
            return call.replies.error(INVALID_CLIENT_NAME);
        }
        call.client.name = name;
        call.replies.ok()
    } else if call.argument_is(1, "GETNAME") {
        match call.client.name.as_slice() {
            _ if len != 2 => wrong_arity(call, "client|getname"),
            [] => call.replies.null(),
            name => call.replies.bulk_string(name),
        }
    } else if call.argument_is(1, "ID") {
        if len == 2 { call.replies.integer(call.client.id) } else { wrong_arity(call, "client|id") }
    } else if call.argument_is(1, "SETINFO") {
        // Clients report their library here. Redis shows it in CLIENT LIST, which this server does not have.
        if len == 4 { call.replies.ok() } else { wrong_arity(call, "client|setinfo") }
    } else {
        unknown_subcommand(call, "CLIENT")
    }
}

/// `CONFIG GET name...`. The only pattern is `*`. No parameter can be set.
pub(super) fn config(call: &mut Call<'_>) -> CommandResult {
    if !call.argument_is(1, "GET") {
        return unknown_subcommand(call, "CONFIG");
    }
    if call.len() == 2 {
        return wrong_arity(call, "config|get");
    }
    let is_wanted =
        |name: &str| (2..call.len()).any(|index| call.argument_is(index, name) || call.argument_is(index, "*"));
    let found: Vec<_> = PARAMETERS.iter().filter(|(name, _)| is_wanted(name)).collect();
    call.replies.array_header(2 * found.len())?;
    for (name, value) in found {
        call.replies.bulk_string(name.as_bytes())?;
        call.replies.bulk_string(value.as_bytes())?;
    }
    Ok(())
}

/// `COMMAND`. It reports names only, so redis-cli completes names but shows no hints.
pub(super) fn command(call: &mut Call<'_>) -> CommandResult {
    if call.len() == 1 || call.argument_is(1, "DOCS") {
        call.replies.array_header(0)
    } else if call.argument_is(1, "COUNT") {
        if call.len() == 2 { call.replies.count(command_names().len()) } else { wrong_arity(call, "command|count") }
    } else if call.argument_is(1, "INFO") {
        let asked = call.len() - 2;
        call.replies.array_header(asked)?;
        (0..asked).try_for_each(|_| call.replies.null())
    } else if call.argument_is(1, "LIST") {
        if call.len() > 2 {
            return syntax_error(call);
        }
        call.replies.array_header(command_names().len())?;
        command_names().try_for_each(|name| call.replies.bulk_string(name.as_bytes()))
    } else {
        unknown_subcommand(call, "COMMAND")
    }
}

/// `INFO`. It returns all sections, whichever are requested.
pub(super) fn info(call: &mut Call<'_>) -> CommandResult {
    let keys = call.store.lock().len();
    let text = format!(
        "# Server\r\nserver_name:asynchat\r\nasynchat_version:{VERSION}\r\nredis_mode:standalone\r\n\r\n\
         # Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n\
         # Keyspace\r\ndb0:keys={keys},expires=0,avg_ttl=0\r\n"
    );
    call.replies.bulk_string(text.as_bytes())
}

pub(super) fn reset(call: &mut Call<'_>) -> CommandResult {
    call.client.name.clear();
    call.replies.raw(b"+RESET\r\n")
}

fn unknown_subcommand(call: &mut Call<'_>, command: &str) -> CommandResult {
    let asked = quotable_prefix(call.argument(1).unwrap_or_default(), QUOTED_LEN);
    let message = [b"ERR unknown subcommand '", asked, b"'. Try ", command.as_bytes(), b" HELP."].concat();
    call.replies.error(message)
}

/// Returns whether the name fits into `CLIENT LIST`, where each client is one line.
fn is_valid_client_name(name: &[u8]) -> bool {
    name.iter().all(u8::is_ascii_graphic)
}
