//! The commands about the connection and the server.

use asynchat_core::PushError;

use super::commands::{Call, QUOTED_LEN, names, not_an_integer, quoted, syntax_error, wrong_arity};
use super::number::parse_integer;

type Done = Result<(), PushError>;

/// What is known of the client at the other end.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: i64,
    pub(super) name: Vec<u8>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What redis-benchmark asks before it begins, and what is so: nothing goes to a disk.
const SETTINGS: [(&str, &str); 3] = [("save", ""), ("appendonly", "no"), ("databases", "1")];

const BAD_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

pub(super) fn ping(call: &mut Call<'_>) -> Done {
    match call.arguments.as_slice() {
        [_] => call.replies.raw(b"+PONG\r\n"),
        [_, message] => call.replies.bulk(message),
        _ => wrong_arity(call, "ping"),
    }
}

pub(super) fn echo(call: &mut Call<'_>) -> Done {
    match call.arguments.take_large(1) {
        Some(message) => call.replies.value(Some(&message)),
        None => call.replies.bulk(&call.arguments.as_slice()[1]),
    }
}

pub(super) fn quit(call: &mut Call<'_>) -> Done {
    call.replies.ok()?;
    call.replies.0.close_when_done();
    Ok(())
}

/// There is one database.
pub(super) fn select(call: &mut Call<'_>) -> Done {
    match parse_integer(call.argument(1).unwrap_or_default()).map(i32::try_from) {
        Some(Ok(0)) => call.replies.ok(),
        Some(Ok(_)) => call.replies.error("ERR DB index is out of range"),
        Some(Err(_)) => call.replies.error("ERR value is out of range, value must between -2147483648 and 2147483647"),
        None => not_an_integer(call),
    }
}

/// `HELLO [2 [AUTH user password] [SETNAME name]]`. There is no password, so each is right.
pub(super) fn hello(call: &mut Call<'_>) -> Done {
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
        if call.is(index, "AUTH") && index + 2 < call.len() {
            index += 3;
        } else if call.is(index, "SETNAME") && index + 1 < call.len() {
            name = call.argument(index + 1).map(<[u8]>::to_vec);
            index += 2;
        } else {
            let message = [b"ERR Syntax error in HELLO option '", quoted(option, QUOTED_LEN), b"'"].concat();
            return call.replies.error(message);
        }
    }
    if let Some(name) = name {
        if !is_name(&name) {
            return call.replies.error(BAD_NAME);
        }
        call.client.name = name;
    }
    let replies = &mut call.replies;
    replies.array(14)?;
    for (field, value) in [("server", "asynchat"), ("version", VERSION)] {
        replies.bulk(field.as_bytes())?;
        replies.bulk(value.as_bytes())?;
    }
    replies.bulk(b"proto")?;
    replies.integer(2)?;
    replies.bulk(b"id")?;
    replies.integer(call.client.id)?;
    for (field, value) in [("mode", "standalone"), ("role", "master")] {
        replies.bulk(field.as_bytes())?;
        replies.bulk(value.as_bytes())?;
    }
    replies.bulk(b"modules")?;
    replies.array(0)
}

pub(super) fn client(call: &mut Call<'_>) -> Done {
    let len = call.len();
    if call.is(1, "SETNAME") {
        let Some(name) = call.argument(2).filter(|_| len == 3).map(<[u8]>::to_vec) else {
            return wrong_arity(call, "client|setname");
        };
        if !is_name(&name) {
            return call.replies.error(BAD_NAME);
        }
        call.client.name = name;
        call.replies.ok()
    } else if call.is(1, "GETNAME") {
        match call.client.name.as_slice() {
            _ if len != 2 => wrong_arity(call, "client|getname"),
            [] => call.replies.null(),
            name => call.replies.bulk(name),
        }
    } else if call.is(1, "ID") {
        if len == 2 { call.replies.integer(call.client.id) } else { wrong_arity(call, "client|id") }
    } else if call.is(1, "SETINFO") {
        // Which library it is: for lists of clients, and there are none here.
        if len == 4 { call.replies.ok() } else { wrong_arity(call, "client|setinfo") }
    } else {
        unknown_subcommand(call, "CLIENT")
    }
}

/// `GET` with names, not with patterns, but for `*`. There is nothing to set.
pub(super) fn config(call: &mut Call<'_>) -> Done {
    if !call.is(1, "GET") {
        return unknown_subcommand(call, "CONFIG");
    }
    if call.len() == 2 {
        return wrong_arity(call, "config|get");
    }
    let is_wanted = |name: &str| (2..call.len()).any(|index| call.is(index, name) || call.is(index, "*"));
    let found: Vec<_> = SETTINGS.iter().filter(|(name, _)| is_wanted(name)).collect();
    call.replies.array(2 * found.len())?;
    for (name, value) in found {
        call.replies.bulk(name.as_bytes())?;
        call.replies.bulk(value.as_bytes())?;
    }
    Ok(())
}

/// Nothing is told of the commands but their names: redis-cli then completes without hints.
pub(super) fn command(call: &mut Call<'_>) -> Done {
    if call.len() == 1 || call.is(1, "DOCS") {
        call.replies.array(0)
    } else if call.is(1, "COUNT") {
        if call.len() == 2 { call.replies.count(names().len()) } else { wrong_arity(call, "command|count") }
    } else if call.is(1, "INFO") {
        let asked = call.len() - 2;
        call.replies.array(asked)?;
        (0..asked).try_for_each(|_| call.replies.null())
    } else if call.is(1, "LIST") {
        if call.len() > 2 {
            return syntax_error(call);
        }
        call.replies.array(names().len())?;
        names().try_for_each(|name| call.replies.bulk(name.as_bytes()))
    } else {
        unknown_subcommand(call, "COMMAND")
    }
}

/// All there is, whichever sections are asked for.
pub(super) fn info(call: &mut Call<'_>) -> Done {
    let keys = call.store.lock().len();
    let text = format!(
        "# Server\r\nserver_name:asynchat\r\nasynchat_version:{VERSION}\r\nredis_mode:standalone\r\n\r\n\
         # Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n\
         # Keyspace\r\ndb0:keys={keys},expires=0,avg_ttl=0\r\n"
    );
    call.replies.bulk(text.as_bytes())
}

pub(super) fn reset(call: &mut Call<'_>) -> Done {
    call.client.name.clear();
    call.replies.raw(b"+RESET\r\n")
}

fn unknown_subcommand(call: &mut Call<'_>, command: &str) -> Done {
    let asked = quoted(call.argument(1).unwrap_or_default(), QUOTED_LEN);
    let message = [b"ERR unknown subcommand '", asked, b"'. Try ", command.as_bytes(), b" HELP."].concat();
    call.replies.error(message)
}

/// Names stand in lists, one client to a line.
fn is_name(name: &[u8]) -> bool {
    name.iter().all(u8::is_ascii_graphic)
}
