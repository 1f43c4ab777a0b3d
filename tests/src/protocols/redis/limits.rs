//! The limits of a connection that suit Redis.

use asynchat_core::{Config, MemoryBudget};

const MIB: usize = 1024 * 1024;

/// The most that the replies cost which a client has not read, before its commands wait: 64 MiB, and one reply.
///
/// Redis has no such limit, so clients write a pipeline as a whole before they read the replies. One of 12 MB, with as
/// many bytes of replies, costs a fifth of this. A client that writes more, with a socket that blocks, waits for itself,
/// and [`MinRate`](asynchat_core::MinRate) ends its connection.
const MAX_UNREAD_REPLIES: usize = 64 * MIB;

/// The most that the unread replies of all clients cost together: 256 MiB. A client that holds much waits first.
const MAX_UNREAD_REPLIES_TOGETHER: usize = 256 * MIB;

/// The most that the messages cost which a subscriber has not read: 32 MiB, the hard limit of Redis
/// (`client-output-buffer-limit pubsub 32mb 8mb 60`). Above it the subscriber is dropped. The subscribers share the bytes
/// of a message; each counts them.
const MAX_UNREAD_MESSAGES: usize = 32 * MIB;

/// Returns a configuration that suits Redis, for all connections of a server.
///
/// | limit | value | in Redis |
/// |---|---|---|
/// | [`Config::high_water`] | 64 MiB of replies that a client has not read; then its commands wait | none |
/// | [`Config::memory_budget`] | 256 MiB of replies for all clients together; then those that hold the most wait | `maxmemory-clients`, off by default |
/// | [`Config::mailbox_capacity`] | 32 MiB of messages that a subscriber has not read; then it is dropped | the same |
/// | [`Config::idle_timeout`] | none: connection pools expect to be left alone; keepalive finds peers that have vanished | `timeout 0` |
///
/// All else is as by default. So a client has to send a command that it has begun, and to take replies, at 240 bytes a
/// second, after a grace period of 30 seconds.
pub fn config() -> Config {
    Config::default()
        .with_high_water(MAX_UNREAD_REPLIES)
        .with_memory_budget(MemoryBudget::new(MAX_UNREAD_REPLIES_TOGETHER))
        .with_mailbox_capacity(MAX_UNREAD_MESSAGES)
        .with_idle_timeout(None)
}
