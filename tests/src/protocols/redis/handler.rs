//! The handler: reads a command, runs it, and reads the next.

use asynchat_core::drive::Peer;
use asynchat_core::{BoxError, Channel, Error, Handler, PushError, Timeout};

use super::arguments::Arguments;
use super::client::Client;
use super::commands::{self, Call};
use super::inline::split_words;
use super::number::parse_integer;
use super::reply_writer::{Protocol, ReplyWriter};
use super::store::Store;

/// The most bytes that a line may have, without its LF: `PROTO_INLINE_MAX_SIZE` of Redis.
pub const MAX_LINE_LEN: usize = 64 * 1024;

/// The most bytes that a bulk string or a value may have: 512 MiB, the default `proto-max-bulk-len` of Redis.
pub const MAX_BULK_LEN: usize = 512 * 1024 * 1024;

/// The most arguments that a command may have, including its name. Redis before version 7 has the same limit; later
/// versions have none. Even an empty argument uses memory.
pub const MAX_ARGUMENTS: usize = 1024 * 1024;

/// The most that the arguments of a command may cost together, in bytes: 513 MiB, for one bulk string of
/// [`MAX_BULK_LEN`] and a short command. Each argument costs 64 bytes more than its length.
///
/// It bounds what one client can make the server hold in a request that it never completes. Redis has a limit of 1 GiB
/// for that, `client-query-buffer-limit`; it closes without a reply.
pub const MAX_REQUEST_LEN: usize = MAX_BULK_LEN + 1024 * 1024;

/// The CRLF after a bulk string. Like Redis, this server does not check the two bytes.
const CRLF_LEN: u64 = 2;

/// Serves Redis on one connection. The [module page](crate::protocols::redis) lists the commands.
///
/// # Examples
///
/// ```
/// use std::task::{Context, Waker};
///
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_tests::protocols::redis::{RedisHandler, Store};
/// use bytes::Buf;
///
/// let now = std::time::Duration::ZERO;
/// let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
/// chat.handle_input(now, &mut Input::new(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhel"))?;
/// assert!(!chat.wants_write());
/// chat.handle_input(now, &mut Input::new(b"lo\r\nGET k\r\n"))?;
/// let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "+OK\r\n$5\r\nhello\r\n");
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct RedisHandler {
    store: Store,
    client: Client,
    max_bulk_len: usize,
    max_request_len: usize,
    state: ReadState,
    /// The part of the current line that has arrived.
    line: Vec<u8>,
    arguments: Arguments,
    /// The number of arguments whose length line has not arrived.
    remaining_arguments: usize,
    /// The cost of the arguments of the current command, by their announced lengths.
    request_cost: usize,
}

/// The kind of the frame that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadState {
    /// The first line of a command: an array header or an inline command.
    FirstLine,
    /// The length line of a bulk string.
    BulkLength,
    /// A bulk string, of which `remaining` bytes have not arrived, and its CRLF.
    BulkString { remaining: usize },
}

impl RedisHandler {
    /// The capacity of the line buffer that is kept. It fits length lines and short commands; more is freed.
    const KEPT_LINE_CAPACITY: usize = 64;

    /// Creates a handler for a new connection to the store. Without a [peer](Self::with_peer) it is for one that is driven
    /// in memory.
    pub fn new(store: &Store) -> Self {
        Self {
            client: Client::new(store),
            store: store.clone(),
            max_bulk_len: MAX_BULK_LEN,
            max_request_len: MAX_REQUEST_LEN,
            state: ReadState::FirstLine,
            line: Vec::new(),
            arguments: Arguments::default(),
            remaining_arguments: 0,
            request_cost: 0,
        }
    }

    /// Sets the peer of the connection. Messages that other clients publish come through its mailbox, and `CLIENT LIST`
    /// shows its address. Without a peer, a client receives the messages alone that it publishes itself.
    #[must_use]
    pub fn with_peer(mut self, peer: Peer<Self>) -> Self {
        self.client.set_peer(peer);
        self
    }

    /// Sets the most bytes that a bulk string or a value may have. The default is [`MAX_BULK_LEN`].
    #[must_use]
    pub fn with_max_bulk_len(self, max_bulk_len: usize) -> Self {
        Self { max_bulk_len, ..self }
    }

    /// Sets the most that the arguments of a command may cost together, in bytes. The default is [`MAX_REQUEST_LEN`].
    ///
    /// A command above the limit gets an error, and the connection closes.
    #[must_use]
    pub fn with_max_request_len(self, max_request_len: usize) -> Self {
        Self { max_request_len, ..self }
    }

    /// Returns the number of bytes that are allocated for the command that is being read. Clause F6 bounds it.
    pub fn memory_usage(&self) -> usize {
        self.line.capacity() + self.arguments.memory_usage()
    }

    fn handle_first_line(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        let [b'*', count @ ..] = self.line.as_slice() else { return self.handle_inline_command(channel) };
        let count = count.strip_suffix(b"\r").and_then(parse_integer);
        let Some(count) = count.filter(|count| *count <= MAX_ARGUMENTS as i64) else {
            return protocol_error("invalid multibulk length", channel);
        };
        // An array of length 0 or less is no command and gets no reply. The frames of a command share one grace period:
        // a million arguments, each within a grace period of its own, would take years.
        self.remaining_arguments = usize::try_from(count).unwrap_or(0);
        self.request_cost = 0;
        if self.remaining_arguments > 0 {
            self.state = ReadState::BulkLength;
            channel.continue_request();
        }
        Ok(())
    }

    fn handle_inline_command(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        if split_words(&self.line, &mut self.arguments).is_err() {
            return protocol_error("unbalanced quotes in request", channel);
        }
        if self.arguments.as_slice().is_empty() { Ok(()) } else { self.run_command(channel) }
    }

    fn handle_bulk_length(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        let length = match self.line.as_slice() {
            [b'$', length @ ..] => length.strip_suffix(b"\r").and_then(parse_integer),
            other => {
                let got = other.first().copied().unwrap_or(b'\n');
                return protocol_error([b"expected '$', got '", &[got][..], b"'"].concat(), channel);
            }
        };
        let length = length.and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|length| *length <= self.max_bulk_len) else {
            return protocol_error("invalid bulk length", channel);
        };
        self.request_cost = self.request_cost.saturating_add(length).saturating_add(Arguments::COST);
        if self.request_cost > self.max_request_len {
            return protocol_error(format!("too big request: the limit is {} bytes", self.max_request_len), channel);
        }
        self.arguments.push_empty();
        self.remaining_arguments -= 1;
        self.state = ReadState::BulkString { remaining: length };
        channel.set_terminator(length as u64 + CRLF_LEN);
        channel.continue_request();
        Ok(())
    }

    fn handle_bulk_string(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        channel.set_terminator(b"\n");
        if self.remaining_arguments == 0 {
            self.state = ReadState::FirstLine;
            return self.run_command(channel);
        }
        self.state = ReadState::BulkLength;
        channel.continue_request();
        Ok(())
    }

    fn run_command(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        let protocol = self.client.protocol;
        let result = commands::run(&mut Call {
            arguments: &mut self.arguments,
            client: &mut self.client,
            store: &self.store,
            keys: self.store.keys(),
            max_bulk_len: self.max_bulk_len,
            max_request_len: self.max_request_len,
            replies: ReplyWriter { protocol, channel },
            in_exec: false,
        });
        self.arguments.clear();
        result
    }
}

impl Handler for RedisHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_LINE_LEN);
        channel.set_terminator(b"\n");
        if self.client.registration.is_refused() {
            channel.push("-ERR max number of clients reached\r\n")?;
            channel.close_when_done();
        }
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        if let ReadState::BulkString { remaining } = &mut self.state {
            let (argument, _) = data.split_at(data.len().min(*remaining));
            *remaining -= argument.len();
            self.arguments.extend_last(argument, *remaining);
        } else {
            self.line.extend_from_slice(data);
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.state {
            ReadState::BulkString { .. } => return Ok(self.handle_bulk_string(channel)?),
            ReadState::FirstLine => self.handle_first_line(channel)?,
            ReadState::BulkLength => self.handle_bulk_length(channel)?,
        }
        self.line.clear();
        if self.line.capacity() > Self::KEPT_LINE_CAPACITY {
            self.line.shrink_to(Self::KEPT_LINE_CAPACITY);
        }
        Ok(())
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let reason = match self.state {
            ReadState::BulkLength => "too big bulk count string",
            _ if self.line.starts_with(b"*") => "too big mbulk count string",
            _ => "too big inline request",
        };
        Ok(protocol_error(reason, channel)?)
    }

    /// Lets a subscriber be silent: it waits for messages. As in Redis, whose `timeout` does not apply to it.
    fn handle_timeout(&mut self, timeout: Timeout, _: &mut Channel) -> Result<(), BoxError> {
        match timeout {
            Timeout::Idle if self.client.subscription_count() > 0 => Ok(()),
            Timeout::Idle => Err(Error::Idle.into()),
            _ => Err(Error::SentTooSlowly.into()),
        }
    }
}

/// Replies with a protocol error and closes, because the start of the next command is unknown.
fn protocol_error(reason: impl AsRef<[u8]>, channel: &mut Channel) -> Result<(), PushError> {
    ReplyWriter { channel, protocol: Protocol::default() }
        .error([b"ERR Protocol error: ", reason.as_ref()].concat())?;
    channel.close_when_done();
    Ok(())
}
