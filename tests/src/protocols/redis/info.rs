//! `INFO`.

use super::commands::{Call, CommandResult};
use super::connection::REDIS_VERSION;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns the lines of a section.
type Fields = fn(&mut Call<'_>) -> String;

/// The sections, in their order.
const SECTIONS: [(&str, Fields); 5] = [
    ("Server", server),
    ("Clients", clients),
    ("Persistence", persistence),
    ("Replication", replication),
    ("Keyspace", keyspace),
];

/// `INFO [section...]`. Without sections all are returned. The fields are those of Redis whose values are known here, and
/// that clients ask for before they begin.
pub(super) fn info(call: &mut Call<'_>) -> CommandResult {
    let is_wanted = |call: &Call<'_>, section: &str| {
        let words = [section, "default", "all", "everything"];
        call.len() == 1 || (1..call.len()).any(|index| words.iter().any(|word| call.argument_is(index, word)))
    };
    let mut text = String::new();
    for (name, fields) in SECTIONS {
        if is_wanted(call, name) {
            let separator = if text.is_empty() { "" } else { "\r\n" };
            text += &format!("{separator}# {name}\r\n{}", fields(call));
        }
    }
    call.replies.text(&text)
}

fn server(call: &mut Call<'_>) -> String {
    let uptime = call.store.uptime() / 1000;
    format!(
        "redis_version:{REDIS_VERSION}\r\nredis_mode:standalone\r\nserver_name:asynchat\r\nasynchat_version:{VERSION}\r\n\
         process_id:{}\r\nuptime_in_seconds:{uptime}\r\nuptime_in_days:{}\r\n",
        std::process::id(),
        uptime / (24 * 60 * 60)
    )
}

fn clients(call: &mut Call<'_>) -> String {
    let clients = call.store.clients();
    format!("connected_clients:{}\r\nmaxclients:{}\r\n", clients.len(), clients.max_clients())
}

fn persistence(_: &mut Call<'_>) -> String {
    "loading:0\r\n".to_owned()
}

fn replication(_: &mut Call<'_>) -> String {
    "role:master\r\nconnected_slaves:0\r\n".to_owned()
}

fn keyspace(call: &mut Call<'_>) -> String {
    let keys = call.keys.lock();
    match keys.len() {
        0 => String::new(),
        len => format!("db0:keys={len},expires={},avg_ttl=0\r\n", keys.len_with_deadline()),
    }
}
