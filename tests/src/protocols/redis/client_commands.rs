//! `CLIENT` and its subcommands.

use super::clients::ClientDetails;
use super::commands::{Call, CommandResult, syntax_error};
use super::number::parse_integer;

pub(super) const INVALID_CLIENT_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

pub(super) fn setname(call: &mut Call<'_>) -> CommandResult {
    let name = call.argument(2).unwrap_or_default().to_vec();
    if !is_valid_client_name(&name) {
        return call.replies.error(INVALID_CLIENT_NAME);
    }
    call.client.registration.record().update(|details| details.name = name);
    call.replies.ok()
}

pub(super) fn getname(call: &mut Call<'_>) -> CommandResult {
    let ClientDetails { name, .. } = call.client.registration.record().details();
    if name.is_empty() { call.replies.null() } else { call.replies.bulk_string(&name) }
}

pub(super) fn id(call: &mut Call<'_>) -> CommandResult {
    call.replies.integer(call.client.id())
}

/// `CLIENT SETINFO LIB-NAME name | LIB-VER version`, of Redis 7.2: clients send it when they connect.
pub(super) fn setinfo(call: &mut Call<'_>) -> CommandResult {
    let value = call.argument(3).unwrap_or_default().to_vec();
    let (field, set): (_, fn(&mut ClientDetails, Vec<u8>)) = if call.argument_is(2, "LIB-NAME") {
        ("lib-name", |details, value| details.library_name = value)
    } else if call.argument_is(2, "LIB-VER") {
        ("lib-ver", |details, value| details.library_version = value)
    } else {
        let option = String::from_utf8_lossy(call.argument(2).unwrap_or_default()).into_owned();
        return call.replies.error(format!("ERR Unrecognized option '{option}'"));
    };
    if !is_valid_client_name(&value) {
        return call.replies.error(format!("ERR {field} cannot contain spaces, newlines or special characters."));
    }
    call.client.registration.record().update(|details| set(details, value));
    call.replies.ok()
}

pub(super) fn info(call: &mut Call<'_>) -> CommandResult {
    let line = call.client.registration.record().line(call.store.now());
    call.replies.text(&String::from_utf8_lossy(&line))
}

/// Returns whether to list the client of this id.
type Filter = Box<dyn Fn(i64, &ClientDetails) -> bool>;

/// `CLIENT LIST [TYPE type | ID id...]`.
pub(super) fn list(call: &mut Call<'_>) -> CommandResult {
    let mut wanted: Filter = Box::new(|_, _| true);
    if call.argument_is(2, "TYPE") && call.len() == 4 {
        let is_subscriber = |details: &ClientDetails| details.channels + details.patterns > 0;
        wanted = match call.argument(3).unwrap_or_default().to_ascii_lowercase().as_slice() {
            b"normal" => Box::new(move |_, details| !is_subscriber(details)),
            b"pubsub" => Box::new(move |_, details| is_subscriber(details)),
            b"master" | b"replica" | b"slave" => Box::new(|_, _| false),
            other => {
                return call.replies.error([b"ERR Unknown client type '", other, b"'"].concat());
            }
        };
    } else if call.argument_is(2, "ID") && call.len() > 3 {
        let ids: Option<Vec<_>> = call.arguments.as_slice()[3..].iter().map(|id| parse_integer(id)).collect();
        let Some(ids) = ids else { return call.replies.error("ERR Invalid client ID") };
        wanted = Box::new(move |id, _| ids.contains(&id));
    } else if call.len() > 2 {
        return syntax_error(call);
    }
    let mut text = Vec::new();
    for record in call.store.clients().list() {
        if wanted(record.id, &record.details()) {
            text.extend_from_slice(&record.line(call.store.now()));
        }
    }
    call.replies.text(&String::from_utf8_lossy(&text))
}

/// Returns whether the name fits into `CLIENT LIST`, where each client is one line.
pub(super) fn is_valid_client_name(name: &[u8]) -> bool {
    name.iter().all(u8::is_ascii_graphic)
}
