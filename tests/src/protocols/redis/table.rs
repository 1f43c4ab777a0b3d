//! The table of commands, and the search in it.

use super::command::{Command, Context, Docs};
use super::commands::{Call, CommandResult};
use super::{
    client_commands, command_commands, connection, counters, expiry, info, keys, parameters, pubsub, scan, set,
    strings, transaction,
};

type Run = fn(&mut Call<'_>) -> CommandResult;

/// A row of a group of commands: its name, arity, flags, keys, code, the first version that had it, a summary.
type Row = (&'static str, i64, &'static str, (i64, i64, i64), Run, &'static str, &'static str);

const NO_KEY: (i64, i64, i64) = (0, 0, 0);
const ONE_KEY: (i64, i64, i64) = (1, 1, 1);
const ALL_KEYS: (i64, i64, i64) = (1, -1, 1);

const fn command(group: &'static str, context: Context, row: Row) -> Command {
    let (name, arity, flags, keys, run, since, summary) = row;
    Command { name, arity, flags, keys, context, subcommands: &[], docs: Docs { group, since, summary }, run }
}

const fn string(row: Row) -> Command {
    command("string", Context::Any, row)
}

const fn generic(row: Row) -> Command {
    command("generic", Context::Any, row)
}

const fn server(row: Row) -> Command {
    command("server", Context::Any, row)
}

const fn connection(row: Row) -> Command {
    command("connection", Context::Any, row)
}

const fn transactions(row: Row) -> Command {
    command("transactions", Context::Transaction, row)
}

const fn subscribers(row: Row) -> Command {
    command("pubsub", Context::Subscriber, row)
}

const fn for_subscribers_too(command: Command) -> Command {
    Command { context: Context::Subscriber, ..command }
}

const fn container(command: Command, subcommands: &'static [Command]) -> Command {
    Command { subcommands, ..command }
}

const READ: &str = "readonly fast";
const WRITE: &str = "write fast";
const GROW: &str = "write denyoom fast";
const GROW_SLOW: &str = "write denyoom";
const ALWAYS: &str = "loading stale";
const ALWAYS_FAST: &str = "loading stale fast";
const SESSION: &str = "noscript loading stale";
const SESSION_FAST: &str = "noscript loading stale fast no_auth allow_busy";
const ADMIN: &str = "admin noscript loading stale";
const MULTI: &str = "noscript loading stale fast allow_busy";
const SUBSCRIBE: &str = "pubsub noscript loading stale";
const PUBSUB: &str = "pubsub loading stale";

/// All commands.
#[rustfmt::skip]
pub(super) static COMMANDS: &[Command] = &[
    string(("append", 3, GROW, ONE_KEY, strings::append, "2.0.0", "Appends to a value, or creates it.")),
    string(("decr", 2, GROW, ONE_KEY, counters::decr, "1.0.0", "Decrements a number by one.")),
    string(("decrby", 3, GROW, ONE_KEY, counters::decrby, "1.0.0", "Decrements a number.")),
    string(("get", 2, READ, ONE_KEY, strings::get, "1.0.0", "Returns a value.")),
    string(("getdel", 2, WRITE, ONE_KEY, strings::getdel, "6.2.0", "Returns a value and removes it.")),
    string(("getex", -2, WRITE, ONE_KEY, set::getex, "6.2.0", "Returns a value and sets when it expires.")),
    string(("getrange", 4, "readonly", ONE_KEY, strings::getrange, "2.4.0", "Returns a part of a value.")),
    string(("getset", 3, GROW, ONE_KEY, strings::getset, "1.0.0", "Sets a value and returns the previous one.")),
    string(("incr", 2, GROW, ONE_KEY, counters::incr, "1.0.0", "Increments a number by one.")),
    string(("incrby", 3, GROW, ONE_KEY, counters::incrby, "1.0.0", "Increments a number.")),
    string(("mget", -2, READ, ALL_KEYS, strings::mget, "1.0.0", "Returns several values.")),
    string(("mset", -3, GROW_SLOW, (1, -1, 2), strings::mset, "1.0.1", "Sets several values.")),
    string(("msetnx", -3, GROW_SLOW, (1, -1, 2), strings::msetnx, "1.0.1", "Sets several values if none of the keys exists.")),
    string(("psetex", 4, GROW_SLOW, ONE_KEY, set::psetex, "2.6.0", "Sets a value that expires in so many milliseconds.")),
    string(("set", -3, GROW_SLOW, ONE_KEY, set::set, "1.0.0", "Sets a value.")),
    string(("setex", 4, GROW_SLOW, ONE_KEY, set::setex, "2.0.0", "Sets a value that expires in so many seconds.")),
    string(("setnx", 3, GROW, ONE_KEY, set::setnx, "1.0.0", "Sets a value if the key does not exist.")),
    string(("strlen", 2, READ, ONE_KEY, strings::strlen, "2.2.0", "Returns the length of a value.")),
    string(("substr", 4, "readonly", ONE_KEY, strings::getrange, "1.0.0", "Returns a part of a value: GETRANGE.")),
    generic(("del", -2, "write", ALL_KEYS, keys::del, "1.0.0", "Removes keys.")),
    generic(("exists", -2, READ, ALL_KEYS, keys::exists, "1.0.0", "Counts the keys that exist.")),
    generic(("expire", -3, WRITE, ONE_KEY, expiry::expire, "1.0.0", "Sets in how many seconds a key expires.")),
    generic(("expireat", -3, WRITE, ONE_KEY, expiry::expireat, "1.2.0", "Sets the second at which a key expires.")),
    generic(("expiretime", 2, READ, ONE_KEY, expiry::expiretime, "7.0.0", "Returns the second at which a key expires.")),
    generic(("keys", 2, "readonly", NO_KEY, scan::keys, "1.0.0", "Returns the keys that match a pattern.")),
    generic(("persist", 2, WRITE, ONE_KEY, expiry::persist, "2.2.0", "Makes a key that expires stay.")),
    generic(("pexpire", -3, WRITE, ONE_KEY, expiry::pexpire, "2.6.0", "Sets in how many milliseconds a key expires.")),
    generic(("pexpireat", -3, WRITE, ONE_KEY, expiry::pexpireat, "2.6.0", "Sets the millisecond at which a key expires.")),
    generic(("pexpiretime", 2, READ, ONE_KEY, expiry::pexpiretime, "7.0.0", "Returns the millisecond at which a key expires.")),
    generic(("pttl", 2, READ, ONE_KEY, expiry::pttl, "2.6.0", "Returns in how many milliseconds a key expires.")),
    generic(("rename", 3, "write", (1, 2, 1), keys::rename, "1.0.0", "Renames a key.")),
    generic(("renamenx", 3, WRITE, (1, 2, 1), keys::renamenx, "1.0.0", "Renames a key if the new name is free.")),
    generic(("scan", -2, "readonly", NO_KEY, scan::scan, "2.8.0", "Returns the keys, some in each call.")),
    generic(("touch", -2, READ, ALL_KEYS, keys::exists, "3.2.1", "Counts the keys that exist.")),
    generic(("ttl", 2, READ, ONE_KEY, expiry::ttl, "1.0.0", "Returns in how many seconds a key expires.")),
    generic(("type", 2, READ, ONE_KEY, keys::type_of, "1.0.0", "Returns the type of a value.")),
    generic(("unlink", -2, WRITE, ALL_KEYS, keys::del, "4.0.0", "Removes keys.")),
    server(("dbsize", 1, READ, NO_KEY, keys::dbsize, "1.0.0", "Returns the number of keys.")),
    server(("flushall", -1, "write", NO_KEY, keys::flushall, "1.0.0", "Removes all keys.")),
    server(("flushdb", -1, "write", NO_KEY, keys::flushall, "1.0.0", "Removes all keys.")),
    server(("info", -1, ALWAYS, NO_KEY, info::info, "1.0.0", "Returns information about the server.")),
    container(
        server(("command", -1, ALWAYS, NO_KEY, command_commands::command, "2.8.13", "Returns information about all commands.")),
        &[
            server(("command|count", 2, ALWAYS, NO_KEY, command_commands::count, "2.8.13", "Returns the number of commands.")),
            server(("command|docs", -2, ALWAYS, NO_KEY, command_commands::docs, "7.0.0", "Returns what commands are for.")),
            server(("command|info", -2, ALWAYS, NO_KEY, command_commands::info, "2.8.13", "Returns information about commands.")),
            server(("command|list", -2, ALWAYS, NO_KEY, command_commands::list, "7.0.0", "Returns the names of the commands.")),
        ],
    ),
    container(
        server(("config", -2, "", NO_KEY, connection::container, "2.0.0", "A container for commands on parameters.")),
        &[
            server(("config|get", -3, ADMIN, NO_KEY, parameters::get, "2.0.0", "Returns parameters.")),
            server(("config|resetstat", 2, ADMIN, NO_KEY, parameters::resetstat, "2.0.0", "Does nothing: there are no statistics.")),
            server(("config|set", -4, ADMIN, NO_KEY, parameters::set, "2.0.0", "Fails: no parameter can be set.")),
        ],
    ),
    container(
        connection(("client", -2, "", NO_KEY, connection::container, "2.4.0", "A container for commands on clients.")),
        &[
            connection(("client|getname", 2, SESSION, NO_KEY, client_commands::getname, "2.6.9", "Returns the name of the client.")),
            connection(("client|id", 2, SESSION, NO_KEY, client_commands::id, "5.0.0", "Returns the number of the client.")),
            connection(("client|info", 2, SESSION, NO_KEY, client_commands::info, "6.2.0", "Describes the client.")),
            connection(("client|list", -2, ADMIN, NO_KEY, client_commands::list, "2.4.0", "Describes all clients.")),
            connection(("client|setinfo", 4, SESSION, NO_KEY, client_commands::setinfo, "7.2.0", "Notes the library of the client.")),
            connection(("client|setname", 3, SESSION, NO_KEY, client_commands::setname, "2.6.9", "Names the client.")),
        ],
    ),
    connection(("echo", 2, ALWAYS_FAST, NO_KEY, connection::echo, "1.0.0", "Returns the message.")),
    connection(("hello", -1, SESSION_FAST, NO_KEY, connection::hello, "6.0.0", "Chooses the version of the protocol.")),
    for_subscribers_too(connection(("ping", -1, "fast", NO_KEY, connection::ping, "1.0.0", "Returns PONG, or the message."))),
    for_subscribers_too(connection(("quit", -1, SESSION_FAST, NO_KEY, connection::quit, "1.0.0", "Closes the connection."))),
    for_subscribers_too(connection(("reset", 1, SESSION_FAST, NO_KEY, connection::reset, "6.2.0", "Makes the connection as new."))),
    connection(("select", 2, ALWAYS_FAST, NO_KEY, connection::select, "1.0.0", "Chooses the database: 0 is the only one.")),
    transactions(("discard", 1, MULTI, NO_KEY, transaction::discard, "2.0.0", "Drops a transaction.")),
    transactions(("exec", 1, "noscript loading stale skip_slowlog", NO_KEY, transaction::exec, "1.2.0", "Runs a transaction.")),
    transactions(("multi", 1, MULTI, NO_KEY, transaction::multi, "1.2.0", "Begins a transaction.")),
    command("transactions", Context::Any, ("unwatch", 1, MULTI, NO_KEY, transaction::unwatch, "2.2.0", "Stops watching all keys.")),
    transactions(("watch", -2, MULTI, ALL_KEYS, transaction::watch, "2.2.0", "Watches keys until the next transaction.")),
    subscribers(("psubscribe", -2, SUBSCRIBE, NO_KEY, pubsub::psubscribe, "2.0.0", "Subscribes to channels that match a pattern.")),
    command("pubsub", Context::Any, ("publish", 3, "pubsub loading stale fast", NO_KEY, pubsub::publish, "2.0.0", "Sends a message to a channel.")),
    container(
        command("pubsub", Context::Any, ("pubsub", -2, "", NO_KEY, connection::container, "2.8.0", "A container for commands on channels.")),
        &[
            command("pubsub", Context::Any, ("pubsub|channels", -2, PUBSUB, NO_KEY, pubsub::channels, "2.8.0", "Returns the channels that have subscribers.")),
            command("pubsub", Context::Any, ("pubsub|numpat", 2, PUBSUB, NO_KEY, pubsub::numpat, "2.8.0", "Returns the number of patterns.")),
            command("pubsub", Context::Any, ("pubsub|numsub", -2, PUBSUB, NO_KEY, pubsub::numsub, "2.8.0", "Returns the number of subscribers of channels.")),
        ],
    ),
    subscribers(("punsubscribe", -1, SUBSCRIBE, NO_KEY, pubsub::punsubscribe, "2.0.0", "Ends subscriptions to patterns.")),
    subscribers(("subscribe", -2, SUBSCRIBE, NO_KEY, pubsub::subscribe, "2.0.0", "Subscribes to channels.")),
    subscribers(("unsubscribe", -1, SUBSCRIBE, NO_KEY, pubsub::unsubscribe, "2.0.0", "Ends subscriptions to channels.")),
];

/// Returns the command of this name. The comparison ignores ASCII case.
///
/// # Complexity
///
/// Constant: one look into a table of hashes without collisions, which the compiler makes.
#[inline]
pub(super) fn find(name: &[u8]) -> Option<&'static Command> {
    let command = COMMANDS.get(usize::from(HASHES.places[HASHES.hash(name)]))?;
    // Shorter than `eq_ignore_ascii_case`, which is made for long text.
    let is_it = command.name.len() == name.len()
        && command.name.bytes().zip(name).all(|(expected, byte)| byte.to_ascii_lowercase() == expected);
    is_it.then_some(command)
}

/// A hash function under which no two commands collide, and the table of their places.
struct Hashes {
    factor: u32,
    places: [u8; Self::SLOTS],
}

impl Hashes {
    const BITS: u32 = 10;
    const SLOTS: usize = 1 << Self::BITS;
    const NO_COMMAND: u8 = u8::MAX;

    /// Hashes the two bytes at each end of the name, and its length. They tell all commands apart.
    #[inline]
    const fn hash(&self, name: &[u8]) -> usize {
        let len = name.len();
        if len < 2 {
            return 0;
        }
        // Setting this bit makes a letter small. What it makes of other bytes, the comparison of the names finds out.
        let ends = u32::from_le_bytes([name[0], name[1], name[len - 2], name[len - 1]]) | 0x2020_2020;
        ((ends ^ len as u32).wrapping_mul(self.factor) >> (u32::BITS - Self::BITS)) as usize
    }

    /// Tries factors until no two commands collide.
    const fn new() -> Self {
        // The first digits of pi, as good as any to begin with.
        let mut hashes = Self { factor: 0x3141_5927, places: [Self::NO_COMMAND; Self::SLOTS] };
        while !hashes.fill() {
            // A step of a linear congruential generator (Numerical Recipes). An even factor would lose a bit.
            hashes.factor = hashes.factor.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) | 1;
        }
        hashes
    }

    const fn fill(&mut self) -> bool {
        self.places = [Self::NO_COMMAND; Self::SLOTS];
        let mut index = 0;
        while index < COMMANDS.len() {
            let slot = self.hash(COMMANDS[index].name.as_bytes());
            if self.places[slot] != Self::NO_COMMAND {
                return false;
            }
            self.places[slot] = index as u8;
            index += 1;
        }
        true
    }
}

static HASHES: Hashes = Hashes::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_finds_each_command_and_no_other() {
        for command in COMMANDS {
            for name in [command.name.to_owned(), command.name.to_ascii_uppercase()] {
                assert_eq!(find(name.as_bytes()).unwrap().name, command.name);
            }
            assert!(find(format!("{}x", command.name).as_bytes()).is_none());
        }
        for name in [&b""[..], b"foo", b"gett", b"ge", b"\0get", b"get\0", &[b'a'; 100]] {
            assert!(find(name).is_none(), "{}", name.escape_ascii());
        }
    }
}
