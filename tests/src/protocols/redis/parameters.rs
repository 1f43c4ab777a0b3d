//! `CONFIG` and its subcommands.

use super::commands::{Call, CommandResult, QUOTED_LEN, quotable_prefix, syntax_error};
use super::glob;

/// Returns the parameters, with their values: those that clients and benchmarks read before they begin. They say that
/// nothing is persisted, and state the limits.
fn parameters(call: &Call<'_>) -> [(&'static str, String); 8] {
    [
        ("appendonly", "no".to_owned()),
        ("databases", "1".to_owned()),
        ("maxclients", call.store.clients().max_clients().to_string()),
        ("maxmemory", "0".to_owned()),
        ("notify-keyspace-events", String::new()),
        ("proto-max-bulk-len", call.max_bulk_len.to_string()),
        ("save", String::new()),
        ("timeout", "0".to_owned()),
    ]
}

/// `CONFIG GET pattern...`.
pub(super) fn get(call: &mut Call<'_>) -> CommandResult {
    let patterns: Vec<_> = call.arguments.as_slice()[2..].iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
    let mut found = Vec::from(parameters(call));
    found.retain(|(name, _)| patterns.iter().any(|pattern| glob::matches(pattern, name.as_bytes())));
    call.replies.map_header(found.len())?;
    for (name, value) in found {
        call.replies.bulk_string(name.as_bytes())?;
        call.replies.bulk_string(value.as_bytes())?;
    }
    Ok(())
}

/// `CONFIG SET name value...`. No parameter can be set.
pub(super) fn set(call: &mut Call<'_>) -> CommandResult {
    if !call.len().is_multiple_of(2) {
        return syntax_error(call);
    }
    let name = call.argument(2).unwrap_or_default().to_vec();
    let quoted = quotable_prefix(&name, QUOTED_LEN);
    let known = parameters(call).iter().any(|(known, _)| known.as_bytes().eq_ignore_ascii_case(&name));
    let message = if known {
        [b"ERR CONFIG SET failed (possibly related to argument '", quoted, b"') - can't set immutable config"].concat()
    } else {
        [b"ERR Unknown option or number of arguments for CONFIG SET - '", quoted, b"'"].concat()
    };
    call.replies.error(message)
}

/// `CONFIG RESETSTAT`. There are no statistics.
pub(super) fn resetstat(call: &mut Call<'_>) -> CommandResult {
    call.replies.ok()
}
