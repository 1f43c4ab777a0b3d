use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};
use std::sync::MutexGuard;

use crate::drive::mailbox::ConnectionHandle;
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::split::{Half, SplitConnection};
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;

/// The half of a [`Connection`](crate::drive::Connection) that writes: made by
/// [`into_split`](crate::drive::Connection::into_split).
///
/// It has every method of a whole connection that writes.
///
/// - [`push`](Self::push) only queues: [`flush`](Self::flush) sends. Data that is not flushed leaves with the next wait of
///   the half that reads.
/// - Nobody holds back a caller that pushes without flushing: see [`queued`](Self::queued).
/// - While it flushes it reads too, up to [`Config::high_water`](crate::chat::Config::high_water), if the other half does
///   not: two peers that both send before they read do not deadlock.
///
/// With the feature `futures` it is a `Sink` for output.
///
/// # Dropping it
///
/// Dropping it ends the output, as [`finish`](Self::finish) does: a peer that reads to the end is not kept waiting.
/// The queue is sent as far as the transport takes it at once, and the rest while the other half waits for input. If that
/// is dropped too, the rest is lost: flush before. While its thread panics, the connection is aborted instead.
///
/// # Cancel safety
///
/// As for a whole connection: a future that is dropped has lost nothing.
pub struct WriteHalf<T: Transport, C: Clock> {
    shared: SplitConnection<T, C>,
    finishes: bool,
}

impl<T: Transport, C: Clock> WriteHalf<T, C> {
    pub(super) fn new(shared: SplitConnection<T, C>) -> Self {
        Self { shared, finishes: true }
    }

    #[doc = shared_doc!(flush)]
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx, PollConnection::poll_flush)).await
    }

    #[doc = shared_doc!(finish)]
    pub async fn finish(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx, PollConnection::poll_finish)).await
    }

    /// Closes both halves gracefully, as [`Connection::close`](crate::drive::Connection::close) does: input that arrives
    /// meanwhile is dropped, and the half that reads finds the end of the stream. To end the output alone, call
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    pub async fn close(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll(cx, PollConnection::poll_close)).await
    }

    connection_methods!(writer);

    #[doc = shared_doc!(handle)]
    pub fn handle(&self) -> ConnectionHandle {
        self.shared.handle()
    }

    /// Ends the connection at once: what is queued is dropped, and the calls of the other half fail with
    /// [`Error::Aborted`]. The stream is closed when that half is dropped too.
    pub fn abort(self) {
        self.shared.abort();
    }

    pub(super) fn shared(&self) -> &SplitConnection<T, C> {
        &self.shared
    }

    /// Takes its share of the connection, without ending the output.
    pub(super) fn into_shared(mut self) -> SplitConnection<T, C> {
        self.finishes = false;
        self.shared.clone()
    }

    pub(super) fn poll<R>(
        &mut self,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut PollConnection<T, C>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> Poll<R> {
        self.shared
            .poll(Half::Writer, cx, |connection, cx| with_read_buffer(|read_buffer| poll(connection, cx, read_buffer)))
    }

    fn connection(&self) -> MutexGuard<'_, PollConnection<T, C>> {
        self.shared.lock()
    }

    fn connection_mut(&mut self) -> MutexGuard<'_, PollConnection<T, C>> {
        self.shared.lock()
    }
}

impl<T: Transport, C: Clock> Drop for WriteHalf<T, C> {
    fn drop(&mut self) {
        if self.finishes {
            self.shared.finish_on_drop();
        }
    }
}

/// Shows lengths and states, and no byte (C20).
impl<T: Transport, C: Clock> fmt::Debug for WriteHalf<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriteHalf").field(&self.shared).finish()
    }
}
