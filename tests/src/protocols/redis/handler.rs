//! The conversation: requests, in turn.

use asynchat_core::{BoxError, Channel, Handler, PushError};

use super::arguments::Arguments;
use super::commands::{self, Call};
use super::connection::Client;
use super::inline::split_words;
use super::number::parse_integer;
use super::replies::Replies;
use super::store::Store;

/// How long a line may be, its LF not counted: Redis' `PROTO_INLINE_MAX_SIZE`.
pub const MAX_LINE_LEN: usize = 64 * 1024;

/// How long an argument may be, and a value: 512 MiB, Redis' `proto-max-bulk-len` by default.
pub const MAX_BULK_LEN: usize = 512 * 1024 * 1024;

/// How many arguments a request may have, the command's name included: as many as with Redis before 7, which set no limit
/// any more. Each takes memory, be it empty.
pub const MAX_ARGUMENTS: usize = 1024 * 1024;

/// What follows an argument, and is not looked at, as Redis does not.
const CRLF_LEN: u64 = 2;

/// A Redis server's end of one connection. The [module's page](crate::protocols::redis) says what it serves.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Chat, Config, Input};
/// use asynchat_tests::protocols::redis::{RedisHandler, Store};
/// use bytes::Buf;
///
/// let now = std::time::Duration::ZERO;
/// let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
/// chat.handle_input(now, &mut Input::new(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhel"))?;
/// assert!(!chat.wants_write());
/// chat.handle_input(now, &mut Input::new(b"lo\r\nGET k\r\n"))?;
/// let mut staged = chat.poll_transmit();
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "+OK\r\n$5\r\nhello\r\n");
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct RedisHandler {
    store: Store,
    client: Client,
    max_bulk_len: usize,
    reading: Reading,
    /// What has come of a line.
    line: Vec<u8>,
    arguments: Arguments,
    /// How many arguments have not begun.
    missing: usize,
}

/// What the present frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// The first line of a request.
    Request,
    /// The line that says how long the next argument is.
    Length,
    /// An argument, of which so many bytes are still to come, and its CRLF.
    Argument { missing: usize },
}

impl RedisHandler {
    /// How much room for a line is kept between requests: lengths and commands fit, what was pasted is given back.
    const KEPT_LINE: usize = 64;

    /// A handler for a new connection, with these keys.
    pub fn new(store: &Store) -> Self {
        Self {
            client: Client { id: store.next_client(), name: Vec::new() },
            store: store.clone(),
            max_bulk_len: MAX_BULK_LEN,
            reading: Reading::Request,
            line: Vec::new(),
            arguments: Arguments::default(),
            missing: 0,
        }
    }

    /// The same with another limit than [`MAX_BULK_LEN`].
    #[must_use]
    pub fn with_max_bulk_len(self, max_bulk_len: usize) -> Self {
        Self { max_bulk_len, ..self }
    }

    /// How many bytes it has allocated for what has come of a request: what F6 bounds.
    pub fn memory(&self) -> usize {
        self.line.capacity() + self.arguments.memory()
    }

    fn request_line(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        let [b'*', count @ ..] = self.line.as_slice() else { return self.inline_request(channel) };
        let count = count.strip_suffix(b"\r").and_then(parse_integer);
        let Some(count) = count.filter(|count| *count <= MAX_ARGUMENTS as i64) else {
            return refuse("invalid multibulk length", channel);
        };
        // None, or fewer, is no request and gets no reply.
        self.missing = usize::try_from(count).unwrap_or(0);
        if self.missing > 0 {
            self.reading = Reading::Length;
            channel.expect_frame();
        }
        Ok(())
    }

    fn inline_request(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        if split_words(&self.line, &mut self.arguments).is_err() {
            return refuse("unbalanced quotes in request", channel);
        }
        if self.arguments.as_slice().is_empty() { Ok(()) } else { self.run(channel) }
    }

    fn length_line(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        let length = match self.line.as_slice() {
            [b'$', length @ ..] => length.strip_suffix(b"\r").and_then(parse_integer),
            other => {
                let got = other.first().copied().unwrap_or(b'\n');
                return refuse([b"expected '$', got '", &[got][..], b"'"].concat(), channel);
            }
        };
        let length = length.and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|length| *length <= self.max_bulk_len) else {
            return refuse("invalid bulk length", channel);
        };
        self.arguments.begin();
        self.missing -= 1;
        self.reading = Reading::Argument { missing: length };
        channel.set_terminator(length as u64 + CRLF_LEN);
        channel.expect_frame();
        Ok(())
    }

    fn argument_is_complete(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        channel.set_terminator(b"\n");
        if self.missing == 0 {
            self.reading = Reading::Request;
            return self.run(channel);
        }
        self.reading = Reading::Length;
        channel.expect_frame();
        Ok(())
    }

    fn run(&mut self, channel: &mut Channel) -> Result<(), PushError> {
        if is_http(&self.arguments) {
            channel.close_when_done();
            return Ok(());
        }
        let result = commands::run(&mut Call {
            arguments: &mut self.arguments,
            client: &mut self.client,
            store: &self.store,
            max_bulk_len: self.max_bulk_len,
            replies: Replies(channel),
        });
        self.arguments.clear();
        result
    }
}

impl Handler for RedisHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_max_frame_len(MAX_LINE_LEN);
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        if let Reading::Argument { missing } = &mut self.reading {
            let (argument, _) = data.split_at(data.len().min(*missing));
            *missing -= argument.len();
            self.arguments.last_mut().extend_from_slice(argument);
        } else {
            self.line.extend_from_slice(data);
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        match self.reading {
            Reading::Argument { .. } => return Ok(self.argument_is_complete(channel)?),
            Reading::Request => self.request_line(channel)?,
            Reading::Length => self.length_line(channel)?,
        }
        self.line.clear();
        self.line.shrink_to(Self::KEPT_LINE);
        Ok(())
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let what = match self.reading {
            Reading::Length => "too big bulk count string",
            _ if self.line.starts_with(b"*") => "too big mbulk count string",
            _ => "too big inline request",
        };
        Ok(refuse(what, channel)?)
    }
}

/// Says what was wrong, and closes: what follows can be no request.
fn refuse(what: impl AsRef<[u8]>, channel: &mut Channel) -> Result<(), PushError> {
    Replies(channel).error([b"ERR Protocol error: ", what.as_ref()].concat())?;
    channel.close_when_done();
    Ok(())
}

/// A web page can have a browser send requests here, in which a command may be hidden. Redis drops such connections, by the
/// first words that they cannot do without.
fn is_http(arguments: &Arguments) -> bool {
    let name = arguments.as_slice().first();
    name.is_some_and(|name| name.eq_ignore_ascii_case(b"POST") || name.eq_ignore_ascii_case(b"HOST:"))
}
