//! Replies, in RESP2.

use asynchat_core::{Channel, PushError};
use bytes::Bytes;

use super::number::Decimal;

/// Where a command puts its reply.
#[derive(Debug)]
pub(super) struct Replies<'c>(pub(super) &'c mut Channel);

impl Replies<'_> {
    /// From which length on a value is sent from where it is stored. What is shorter would be copied in any case.
    const SHARED_FROM: usize = 1024;

    /// A whole reply, as it goes out.
    pub(super) fn raw(&mut self, reply: &[u8]) -> Result<(), PushError> {
        self.0.push_slice(reply)
    }

    pub(super) fn ok(&mut self) -> Result<(), PushError> {
        self.raw(b"+OK\r\n")
    }

    pub(super) fn null(&mut self) -> Result<(), PushError> {
        self.raw(b"$-1\r\n")
    }

    /// An error, whose first word is its kind. Line ends in it become spaces.
    pub(super) fn error(&mut self, message: impl AsRef<[u8]>) -> Result<(), PushError> {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let line = message.as_ref().iter().map(|byte| if is_line_end(byte) { b' ' } else { *byte });
        self.0.push([b'-'].into_iter().chain(line).chain(*b"\r\n").collect::<Bytes>())
    }

    pub(super) fn integer(&mut self, value: i64) -> Result<(), PushError> {
        self.number(b':', value)
    }

    /// A length or a number of things: there are never more than an `i64` holds.
    pub(super) fn count(&mut self, count: usize) -> Result<(), PushError> {
        self.integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The beginning of an array of so many replies.
    pub(super) fn array(&mut self, len: usize) -> Result<(), PushError> {
        self.length(b'*', len)
    }

    pub(super) fn bulk(&mut self, value: &[u8]) -> Result<(), PushError> {
        self.length(b'$', value.len())?;
        self.raw(value)?;
        self.raw(b"\r\n")
    }

    /// The same of a value that is stored: a large one is not copied.
    pub(super) fn value(&mut self, value: Option<&Bytes>) -> Result<(), PushError> {
        let Some(value) = value else { return self.null() };
        if value.len() < Self::SHARED_FROM {
            return self.bulk(value);
        }
        self.length(b'$', value.len())?;
        self.0.push(value.clone())?;
        self.raw(b"\r\n")
    }

    fn length(&mut self, kind: u8, len: usize) -> Result<(), PushError> {
        self.number(kind, i64::try_from(len).unwrap_or(i64::MAX))
    }

    fn number(&mut self, kind: u8, value: i64) -> Result<(), PushError> {
        let line = Decimal::new(value);
        let mut text = [kind; Decimal::LONGEST + 3];
        let end = 1 + line.as_bytes().len();
        text[1..end].copy_from_slice(line.as_bytes());
        text[end..end + 2].copy_from_slice(b"\r\n");
        self.raw(&text[..end + 2])
    }
}
