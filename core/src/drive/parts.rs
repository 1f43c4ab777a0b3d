use alloc::boxed::Box;
use core::fmt;

use bytes::Bytes;

use crate::output::ProducerQueue;

/// What a connection in pull style was made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// Input that was read and not returned, the beginning of a frame included.
    pub unread: Bytes,
    /// Output that was not sent.
    pub unsent: ProducerQueue,
}

impl<S> Parts<S> {
    pub(crate) fn new(stream: S, unread: Bytes, unsent: ProducerQueue) -> Self {
        Self { stream, unread, unsent }
    }

    /// The same with another stream, made from this one: as an adapter unwraps it.
    pub fn map_stream<U>(self, change: impl FnOnce(S) -> U) -> Parts<U> {
        Parts { stream: change(self.stream), unread: self.unread, unsent: self.unsent }
    }
}

/// A stream cannot be taken back without losing what has been read from it or has not been written to it.
pub struct IntoInnerError<C> {
    /// Boxed, since errors are moved about and this is large.
    connection: Box<C>,
    unread: usize,
    unsent: usize,
}

impl<C> IntoInnerError<C> {
    /// For adapters: the connection, and how much of its input and output is in the way.
    pub fn new(connection: C, unread: usize, unsent: usize) -> Self {
        Self { connection: Box::new(connection), unread, unsent }
    }

    /// How many bytes have been read and not been returned.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// How many bytes have not been sent, as the connection's `queued` counts them.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// The connection, unchanged.
    pub fn into_connection(self) -> C {
        *self.connection
    }
}

impl<C> fmt::Debug for IntoInnerError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoInnerError")
            .field("unread", &self.unread)
            .field("unsent", &self.unsent)
            .finish_non_exhaustive()
    }
}

impl<C> fmt::Display for IntoInnerError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the stream cannot be taken back: {} bytes of input are unread, {} of output unsent",
            self.unread, self.unsent
        )
    }
}

impl<C> core::error::Error for IntoInnerError<C> {}
