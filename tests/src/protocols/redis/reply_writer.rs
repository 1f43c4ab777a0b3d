//! Writes replies in RESP2.

use asynchat_core::{Channel, PushError};
use bytes::Bytes;

use super::number::Decimal;
use super::values_reply::ValuesReply;

/// Writes the reply of a command into the output queue.
#[derive(Debug)]
pub(super) struct ReplyWriter<'c>(pub(super) &'c mut Channel);

impl ReplyWriter<'_> {
    /// The smallest value that is sent without a copy. The output queue copies shorter chunks in any case.
    pub(super) const MIN_SHARED_LEN: usize = 1024;

    /// Writes bytes that are already encoded.
    pub(super) fn raw(&mut self, reply: &[u8]) -> Result<(), PushError> {
        self.0.push_slice(reply)
    }

    pub(super) fn ok(&mut self) -> Result<(), PushError> {
        self.raw(b"+OK\r\n")
    }

    pub(super) fn null(&mut self) -> Result<(), PushError> {
        self.raw(b"$-1\r\n")
    }

    /// Writes an error, whose first word is its kind. Each CR and LF in it becomes a space.
    pub(super) fn error(&mut self, message: impl AsRef<[u8]>) -> Result<(), PushError> {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let line = message.as_ref().iter().map(|byte| if is_line_end(byte) { b' ' } else { *byte });
        self.0.push([b'-'].into_iter().chain(line).chain(*b"\r\n").collect::<Bytes>())
    }

    pub(super) fn integer(&mut self, value: i64) -> Result<(), PushError> {
        self.number_line(b':', value)
    }

    /// Writes a length or a count as an integer. It always fits into an `i64`.
    pub(super) fn count(&mut self, count: usize) -> Result<(), PushError> {
        self.integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// Writes the header of an array. The caller writes its `len` elements.
    pub(super) fn array_header(&mut self, len: usize) -> Result<(), PushError> {
        self.length_line(b'*', len)
    }

    pub(super) fn bulk_string(&mut self, value: &[u8]) -> Result<(), PushError> {
        self.length_line(b'$', value.len())?;
        self.raw(value)?;
        self.raw(b"\r\n")
    }

    /// Writes a stored value as a bulk string, or null for `None`. A large value is shared, not copied.
    pub(super) fn stored_value(&mut self, value: Option<&Bytes>) -> Result<(), PushError> {
        let Some(value) = value else { return self.null() };
        if value.len() < Self::MIN_SHARED_LEN {
            return self.bulk_string(value);
        }
        self.length_line(b'$', value.len())?;
        self.0.push(value.clone())?;
        self.raw(b"\r\n")
    }

    /// Writes at most [`ValuesReply::MAX_VALUES`] values as bulk strings, with null for `None`. Long ones are encoded
    /// as the client reads.
    pub(super) fn stored_values(&mut self, values: Vec<Option<Bytes>>) -> Result<(), PushError> {
        let len = values.iter().flatten().map(Bytes::len).fold(0, usize::saturating_add);
        if len <= ValuesReply::MAX_COPIED_LEN {
            return values.iter().try_for_each(|value| self.stored_value(value.as_ref()));
        }
        self.0.push_with_producer(ValuesReply::new(values))
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
