//! A connection as a `Stream` and a `Sink`, and its half that writes as a `Sink`.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use alloc::boxed::Box;
use alloc::vec::Vec;
use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;

use super::{Connection, WriteHalf};
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::split::{Half, HalfWakers};
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;

/// The state of a connection that is used as a stream and a sink.
#[derive(Debug, Default)]
pub(super) struct StreamState {
    /// The stream and the sink may be polled by two tasks: `StreamExt::split` of the crate `futures` does that. Made by the
    /// first poll that may wait.
    wakers: Option<Box<HalfWakers>>,
    /// The stream has returned a final error.
    failed: bool,
}

/// Returns whether no item of a stream follows. A frame that is too long is skipped.
pub(super) fn is_final<R>(found: &Result<R, Error>) -> bool {
    found.as_ref().is_err_and(|error| !matches!(error, Error::FrameTooLong(_)))
}

/// A stream of the frames that [`next_frame`](Connection::next_frame) returns, copied.
///
/// A frame that is too long is an error, and the stream continues behind it. Any other error is the last item.
impl<T: Transport + Unpin, C: Clock + Unpin> Stream for Connection<T, C> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.stream.failed {
            return Poll::Ready(None);
        }
        let found = match self.inner.find_ready_frame() {
            Some(ready) => ready.map(|()| true),
            None => ready!(self.poll_half(Half::Reader, cx, PollConnection::poll_frame)),
        };
        self.stream.failed = is_final(&found);
        Poll::Ready(found.map(|found| found.then(|| self.inner.frame_owned())).transpose())
    }
}

/// A sink for output. An item is sent as it is: include the delimiter.
///
/// It is ready while less than [`Config::high_water`](crate::chat::Config::high_water) is queued (backpressure). To
/// close it ends the output, as `finish` does (half-close): the stream goes on to the peer's end.
impl<T: Transport + Unpin, C: Clock + Unpin> Sink<Bytes> for Connection<T, C> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if is_ready(&self.inner) {
            return Poll::Ready(Ok(()));
        }
        self.poll_half(Half::Writer, cx, poll_ready)
    }

    fn start_send(mut self: Pin<&mut Self>, item: Bytes) -> Result<(), Error> {
        Ok(self.inner.queue_mut().push(item)?)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_half(Half::Writer, cx, PollConnection::poll_flush)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_half(Half::Writer, cx, PollConnection::poll_finish)
    }
}

/// A sink for output, as a whole [`Connection`] is one.
impl<T: Transport, C: Clock> Sink<Bytes> for WriteHalf<T, C> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if is_ready(&self.shared().lock()) {
            return Poll::Ready(Ok(()));
        }
        self.poll(cx, poll_ready)
    }

    fn start_send(mut self: Pin<&mut Self>, item: Bytes) -> Result<(), Error> {
        Ok(self.push(item)?)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, PollConnection::poll_flush)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll(cx, PollConnection::poll_finish)
    }
}

fn is_full<T: Transport, C: Clock>(connection: &PollConnection<T, C>) -> bool {
    connection.queue().queued() >= connection.config().high_water.max(1)
}

/// Returns whether an item is accepted at once. An error closes the queue too; the flush returns it.
fn is_ready<T: Transport, C: Clock>(connection: &PollConnection<T, C>) -> bool {
    !is_full(connection) && !connection.queue().is_closed()
}

fn poll_ready<T: Transport, C: Clock>(
    connection: &mut PollConnection<T, C>,
    cx: &mut Context<'_>,
    read_buffer: &mut Vec<u8>,
) -> Poll<Result<(), Error>> {
    match connection.poll_flush(cx, read_buffer) {
        Poll::Pending if !is_full(connection) => Poll::Ready(Ok(())),
        flushed => flushed,
    }
}

impl<T: Transport, C: Clock> Connection<T, C> {
    /// Polls for the stream or for the sink, so that the other, which may wait in another task, is woken when it should be.
    fn poll_half<R>(
        &mut self,
        half: Half,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut PollConnection<T, C>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> Poll<R> {
        let wakers = self.stream.wakers.get_or_insert_default();
        wakers.poll(half, cx, &mut self.inner, |connection, cx| {
            with_read_buffer(|read_buffer| poll(connection, cx, read_buffer))
        })
    }
}
