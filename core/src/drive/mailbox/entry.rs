use alloc::boxed::Box;
use core::any::Any;

use bytes::Bytes;

use crate::chat::Channel;
use crate::error::BoxError;
use crate::output::ProducerQueue;

/// A call of the handler, whose type the mailbox does not know. Its [`Caller`](super::Caller) does.
pub(super) type Call = Box<dyn FnOnce(&mut dyn Any, &mut Channel) -> Result<(), BoxError> + Send>;

/// Something for the connection, in its place in the order of the pushes and calls.
pub(super) enum Entry {
    Chunk(Bytes),
    Call(Call),
}

impl Entry {
    /// Returns whether it can be left out.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Chunk(chunk) if chunk.is_empty())
    }

    /// Returns what it costs in memory. The mailbox cannot see what a call owns beside its value, as a queue cannot see
    /// what a producer owns.
    pub(super) fn cost(&self) -> usize {
        match self {
            Self::Chunk(chunk) => ProducerQueue::chunk_cost(chunk.len()),
            Self::Call(call) => ProducerQueue::boxed_cost(size_of_val(&**call)),
        }
    }
}
