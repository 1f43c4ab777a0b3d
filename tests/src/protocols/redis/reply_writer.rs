//! Writes replies in RESP2 or RESP3.

use asynchat_core::{Channel, PushError};
use bytes::Bytes;

use super::number::Decimal;
use super::value::Value;
use super::value_list::ValueList;
use super::values_reply::ValuesReply;

/// The version of the protocol that a client has asked for with `HELLO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Protocol {
    /// The default.
    #[default]
    Resp2,
    /// With types of their own for null, maps, sets, and messages that are no reply (push).
    Resp3,
}

impl Protocol {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Resp2 => 2,
            Self::Resp3 => 3,
        }
    }

    /// Returns the null of this protocol, for a missing string.
    pub(super) fn null(self) -> &'static [u8] {
        match self {
            Self::Resp2 => b"$-1\r\n",
            Self::Resp3 => b"_\r\n",
        }
    }

    /// Returns the type of a message that is no reply: push, or array in RESP2.
    pub(super) fn push_type(self) -> u8 {
        match self {
            Self::Resp2 => b'*',
            Self::Resp3 => b'>',
        }
    }
}

/// Writes the reply of a command into the output queue.
#[derive(Debug)]
pub(super) struct ReplyWriter<'c> {
    pub(super) channel: &'c mut Channel,
    pub(super) protocol: Protocol,
}

impl ReplyWriter<'_> {
    /// The smallest value that is sent without a copy. The output queue copies shorter chunks in any case.
    pub(super) const MIN_SHARED_LEN: usize = 1024;

    /// The longest string that is put together with its length before it is queued: a slice costs the queue more than
    /// these copies do.
    const MAX_JOINED_LEN: usize = 96;

    /// Writes bytes that are already encoded.
    pub(super) fn raw(&mut self, reply: &[u8]) -> Result<(), PushError> {
        self.channel.push_slice(reply)
    }

    pub(super) fn ok(&mut self) -> Result<(), PushError> {
        self.raw(b"+OK\r\n")
    }

    pub(super) fn null(&mut self) -> Result<(), PushError> {
        self.raw(self.protocol.null())
    }

    /// Writes null in place of an array.
    pub(super) fn null_array(&mut self) -> Result<(), PushError> {
        match self.protocol {
            Protocol::Resp2 => self.raw(b"*-1\r\n"),
            Protocol::Resp3 => self.null(),
        }
    }

    /// Writes a word without CR or LF.
    pub(super) fn status(&mut self, word: &str) -> Result<(), PushError> {
        self.raw(format!("+{word}\r\n").as_bytes())
    }

    /// Writes an error, whose first word is its kind. Each CR and LF in it becomes a space.
    pub(super) fn error(&mut self, message: impl AsRef<[u8]>) -> Result<(), PushError> {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let line = message.as_ref().iter().map(|byte| if is_line_end(byte) { b' ' } else { *byte });
        self.channel.push([b'-'].into_iter().chain(line).chain(*b"\r\n").collect::<Bytes>())
    }

    pub(super) fn integer(&mut self, value: i64) -> Result<(), PushError> {
        self.number_line(b':', value)
    }

    /// Writes 1 or 0: the commands on strings have no booleans in RESP3.
    pub(super) fn flag(&mut self, flag: bool) -> Result<(), PushError> {
        self.integer(flag.into())
    }

    /// Writes a length or a count as an integer. It always fits into an `i64`.
    pub(super) fn count(&mut self, count: usize) -> Result<(), PushError> {
        self.integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Writes the header of an array. The caller writes its `len` elements.
    pub(super) fn array_header(&mut self, len: usize) -> Result<(), PushError> {
        self.length_line(b'*', len)
    }

    /// Writes the header of a map of `len` pairs: in RESP2 an array of twice as many elements.
    pub(super) fn map_header(&mut self, len: usize) -> Result<(), PushError> {
        match self.protocol {
            Protocol::Resp2 => self.length_line(b'*', 2 * len),
            Protocol::Resp3 => self.length_line(b'%', len),
        }
    }

    /// Writes the header of a set: in RESP2 an array.
    pub(super) fn set_header(&mut self, len: usize) -> Result<(), PushError> {
        match self.protocol {
            Protocol::Resp2 => self.length_line(b'*', len),
            Protocol::Resp3 => self.length_line(b'~', len),
        }
    }

    #[inline]
    pub(super) fn bulk_string(&mut self, value: &[u8]) -> Result<(), PushError> {
        if value.len() > Self::MAX_JOINED_LEN {
            self.length_line(b'$', value.len())?;
            self.raw(value)?;
            return self.raw(b"\r\n");
        }
        let mut reply = [b'$'; Self::MAX_JOINED_LEN + 8];
        let digits = Decimal::new(value.len() as i64);
        let digits = digits.as_bytes();
        let start = 1 + digits.len() + 2;
        let end = start + value.len();
        reply[1..start - 2].copy_from_slice(digits);
        reply[start - 2..start].copy_from_slice(b"\r\n");
        reply[start..end].copy_from_slice(value);
        reply[end..end + 2].copy_from_slice(b"\r\n");
        self.raw(&reply[..end + 2])
    }

    /// Writes text for people: in RESP3 a verbatim string.
    pub(super) fn text(&mut self, text: &str) -> Result<(), PushError> {
        match self.protocol {
            Protocol::Resp2 => self.bulk_string(text.as_bytes()),
            Protocol::Resp3 => self.raw(format!("={}\r\ntxt:{text}\r\n", text.len() + 4).as_bytes()),
        }
    }

    /// Writes a stored value as a bulk string, or null for `None`. A large value is shared, not copied.
    #[inline]
    pub(super) fn stored_value(&mut self, value: Option<&Value>) -> Result<(), PushError> {
        let Some(value) = value else { return self.null() };
        if value.len() < Self::MIN_SHARED_LEN {
            self.bulk_string(value.as_slice())
        } else {
            self.shared(value.to_bytes())
        }
    }

    /// Writes a large bulk string without a copy.
    pub(super) fn shared(&mut self, value: Bytes) -> Result<(), PushError> {
        self.length_line(b'$', value.len())?;
        self.channel.push(value)?;
        self.raw(b"\r\n")
    }

    /// Writes values as bulk strings, with null for a missing one. Long ones are encoded as the client reads.
    pub(super) fn stored_values(&mut self, mut values: ValueList) -> Result<(), PushError> {
        if values.size() <= ValuesReply::MAX_COPIED_LEN {
            return values.try_for_each(|value| self.stored_value(value.as_ref()));
        }
        self.channel.push_with_producer(ValuesReply::new(values, self.protocol))
    }

    fn length_line(&mut self, kind: u8, len: usize) -> Result<(), PushError> {
        self.number_line(kind, i64::try_from(len).unwrap_or(i64::MAX))
    }

    fn number_line(&mut self, kind: u8, value: i64) -> Result<(), PushError> {
        let digits = Decimal::new(value);
        let mut line = [kind; Decimal::MAX_LEN + 3];
        let end = 1 + digits.as_bytes().len();
        line[1..end].copy_from_slice(digits.as_bytes());
        line[end..end + 2].copy_from_slice(b"\r\n");
        self.raw(&line[..end + 2])
    }
}

/// Appends a bulk string to a message that is put together before it is pushed.
pub(super) fn append_bulk_string(message: &mut Vec<u8>, value: &[u8]) {
    message.push(b'$');
    message.extend_from_slice(Decimal::new(i64::try_from(value.len()).unwrap_or(i64::MAX)).as_bytes());
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(value);
    message.extend_from_slice(b"\r\n");
}
