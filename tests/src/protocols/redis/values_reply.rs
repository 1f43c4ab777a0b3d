//! A reply of many values, encoded as the client reads it.

use std::mem;
use std::task::{Context, Poll};

use asynchat_core::{BoxError, Producer};
use bytes::Bytes;

use super::number::Decimal;
use super::reply_writer::{Protocol, ReplyWriter};
use super::value_list::ValueList;

/// A producer of bulk strings. It refers to the values where they are stored, so that a reply of any length costs 32
/// bytes a value.
#[derive(Debug)]
pub(super) struct ValuesReply {
    values: ValueList,
    protocol: Protocol,
    /// A large value whose length line has been produced. It is the next chunk.
    large: Option<Bytes>,
    /// The CRLF after a large value has not been produced.
    owes_line_end: bool,
}

impl ValuesReply {
    /// The most values of one producer. The output queue counts a producer as 1 KiB, and a reference takes 32 bytes: a
    /// reply of more values is several producers, and so counts for what it costs.
    pub(super) const MAX_VALUES: usize = ValueList::MAX_LEN;

    /// The most bytes of the values of one producer that are copied at once: no more than references to them cost.
    pub(super) const MAX_COPIED_LEN: usize = 1024;

    /// The length at which a chunk of small values ends.
    const CHUNK_LEN: usize = 16 * 1024;

    pub(super) fn new(values: ValueList, protocol: Protocol) -> Self {
        Self { values, protocol, large: None, owes_line_end: false }
    }
}

impl Producer for ValuesReply {
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        if let Some(value) = self.large.take() {
            return Poll::Ready(Ok(Some(value)));
        }
        let mut chunk = Vec::new();
        if mem::take(&mut self.owes_line_end) {
            chunk.extend_from_slice(b"\r\n");
        }
        while chunk.len() < Self::CHUNK_LEN {
            let Some(value) = self.values.next() else { break };
            let Some(value) = value else {
                chunk.extend_from_slice(self.protocol.null());
                continue;
            };
            chunk.push(b'$');
            chunk.extend_from_slice(Decimal::new(i64::try_from(value.len()).unwrap_or(i64::MAX)).as_bytes());
            chunk.extend_from_slice(b"\r\n");
            if value.len() >= ReplyWriter::MIN_SHARED_LEN {
                self.large = Some(value.to_bytes());
                self.owes_line_end = true;
                break;
            }
            chunk.extend_from_slice(value.as_slice());
            chunk.extend_from_slice(b"\r\n");
        }
        Poll::Ready(Ok((!chunk.is_empty()).then(|| chunk.into())))
    }
}
