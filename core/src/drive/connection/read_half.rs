use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};
use std::sync::MutexGuard;

use bytes::Bytes;

use super::WriteHalf;
use crate::drive::mailbox::ConnectionHandle;
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::split::{Half, LentCopy, SplitConnection};
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;
use crate::framing::{Event, Terminator};

/// The half of a [`Connection`](crate::drive::Connection) that reads: made by
/// [`into_split`](crate::drive::Connection::into_split), and put together again by [`reunite`](Self::reunite).
///
/// It has every method of a whole connection that reads. A frame or an event is copied out of the shared buffer before
/// it is lent.
///
/// - While it waits for input it sends output too. So what the other half has pushed and not flushed leaves with the next
///   wait.
/// - Output above the high-water mark does not hold back its input: the other half has to flush.
/// - Each half returns the errors of its own side. A reset by the peer is an error of the half that reads, also if the
///   other half was told of it.
/// - Dropping it leaves the other half as it is. Its stream is closed when both are dropped.
///
/// With the feature `futures` it is a `Stream` of frames.
///
/// # Cancel safety
///
/// As for a whole connection: a future that is dropped has lost nothing.
pub struct ReadHalf<T, C> {
    shared: SplitConnection<T, C>,
    lent: LentCopy,
    /// The stream has returned a final error.
    #[cfg(feature = "futures")]
    failed: bool,
}

impl<T: Transport, C: Clock> ReadHalf<T, C> {
    pub(super) fn new(shared: SplitConnection<T, C>) -> Self {
        Self {
            shared,
            lent: LentCopy::default(),
            #[cfg(feature = "futures")]
            failed: false,
        }
    }

    #[doc = shared_doc!(next_event)]
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if let Some(ready) = self.lent.find_ready_event(&mut self.shared.lock()) {
            return ready.map(|()| Some(self.lent.event()));
        }
        poll_fn(|cx| {
            let Self { shared, lent, .. } = self;
            poll_reader(shared, cx, |connection, cx, read_buffer| lent.poll_event(connection, cx, read_buffer))
        })
        .await
        .map(|found| found.then(|| self.lent.event()))
    }

    #[doc = shared_doc!(next_frame)]
    pub async fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        if let Some(ready) = self.lent.find_ready_frame(&mut self.shared.lock()) {
            return ready.map(|()| Some(self.lent.bytes()));
        }
        poll_fn(|cx| {
            let Self { shared, lent, .. } = self;
            poll_reader(shared, cx, |connection, cx, read_buffer| lent.poll_frame(connection, cx, read_buffer))
        })
        .await
        .map(|found| found.then(|| self.lent.bytes()))
    }

    #[doc = shared_doc!(next_frame_owned)]
    pub async fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_frame_owned(cx)).await
    }

    #[doc = shared_doc!(skip_frame)]
    pub async fn skip_frame(&mut self) -> Result<Option<u64>, Error> {
        poll_fn(|cx| poll_reader(&self.shared, cx, PollConnection::poll_skip_frame)).await
    }

    connection_methods!(reader);

    /// Returns the part of a frame that has arrived, if the last call returned no frame, as
    /// [`Connection::partial`](crate::drive::Connection::partial) does. It is copied.
    pub fn partial(&mut self) -> &[u8] {
        self.lent.copy(self.shared.lock().partial());
        self.lent.bytes()
    }

    /// Returns what ends the frame now. A count is the number of bytes that are still missing.
    pub fn terminator(&self) -> Terminator {
        self.shared.lock().frames().terminator().clone()
    }

    #[doc = shared_doc!(handle)]
    pub fn handle(&self) -> ConnectionHandle {
        self.shared.handle()
    }

    /// Ends the connection at once: what is queued is dropped, and the calls of the other half fail with
    /// [`Error::Aborted`]. The stream is closed when that half is dropped too.
    pub fn abort(self) {
        self.shared.abort();
    }

    /// Returns whether both are halves of the same connection.
    pub fn is_half_of(&self, writer: &WriteHalf<T, C>) -> bool {
        self.shared.is_same(writer.shared())
    }

    pub(super) fn poll_frame_owned(&mut self, cx: &Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        if let Some(ready) = self.shared.find_ready_frame_owned() {
            return Poll::Ready(ready.map(Some));
        }
        poll_reader(&self.shared, cx, |connection, cx, read_buffer| {
            connection.poll_frame(cx, read_buffer).map_ok(|found| found.then(|| connection.frame_owned()))
        })
    }

    fn connection(&self) -> MutexGuard<'_, PollConnection<T, C>> {
        self.shared.lock()
    }

    fn connection_mut(&mut self) -> MutexGuard<'_, PollConnection<T, C>> {
        self.shared.lock()
    }
}

fn poll_reader<T: Transport, C: Clock, R>(
    shared: &SplitConnection<T, C>,
    cx: &Context<'_>,
    poll: impl FnOnce(&mut PollConnection<T, C>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
) -> Poll<R> {
    shared.poll(Half::Reader, cx, |connection, cx| with_read_buffer(|read_buffer| poll(connection, cx, read_buffer)))
}

/// A stream of the frames that [`next_frame_owned`](Self::next_frame_owned) returns.
///
/// A frame that is too long is an error, and the stream continues behind it. Any other error is the last item.
#[cfg(feature = "futures")]
impl<T: Transport, C: Clock> futures_core::Stream for ReadHalf<T, C> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: core::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let found = core::task::ready!(self.poll_frame_owned(cx));
        self.failed = super::stream_sink::is_final(&found);
        Poll::Ready(found.transpose())
    }
}

/// Shows lengths and states, and no byte (C20).
impl<T: Transport, C: Clock> fmt::Debug for ReadHalf<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadHalf").field(&self.shared).finish()
    }
}
