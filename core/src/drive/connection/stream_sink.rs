use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;

use super::Connection;
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;

/// The state of a connection that is used as a stream and a sink.
#[derive(Debug, Default)]
pub(super) struct Halves {
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The stream has returned a final error.
    failed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Reader,
    Writer,
}

/// A stream of the frames that [`next_frame`](Connection::next_frame) returns, copied.
///
/// A frame that is too long is an error, and the stream continues behind it. Any other error is the last item.
impl<T: Transport + Unpin, C: Clock + Unpin> Stream for Connection<T, C> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.halves.failed {
            return Poll::Ready(None);
        }
        let found = ready!(self.poll_half(Half::Reader, cx, PollConnection::poll_frame));
        self.halves.failed = found.as_ref().is_err_and(|error| !matches!(error, Error::FrameTooLong(_)));
        Poll::Ready(match found {
            Ok(true) => Some(Ok(Bytes::copy_from_slice(self.inner.frame()))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

/// A sink for output. An item is sent as it is: include the delimiter.
///
/// It is ready while less than [`Config::high_water`](crate::chat::Config::high_water) is queued (backpressure).
impl<T: Transport + Unpin, C: Clock + Unpin> Sink<Bytes> for Connection<T, C> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let is_full = |inner: &PollConnection<T, C>| inner.queue().queued() >= inner.config().high_water.max(1);
        // An error closes the queue too; the flush returns it.
        if !is_full(&self.inner) && !self.inner.queue().is_closed() {
            return Poll::Ready(Ok(()));
        }
        match self.as_mut().poll_flush(cx) {
            Poll::Pending if !is_full(&self.inner) => Poll::Ready(Ok(())),
            flushed => flushed,
        }
    }

    fn start_send(mut self: Pin<&mut Self>, item: Bytes) -> Result<(), Error> {
        self.inner.queue_mut().push(item).map_err(Error::handler)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_half(Half::Writer, cx, PollConnection::poll_flush)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_half(Half::Writer, cx, PollConnection::poll_close)
    }
}

impl<T: Transport, C: Clock> Connection<T, C> {
    /// Polls for one half, so that the other half, which may wait in another task, is woken when it should be.
    ///
    /// A poll for one half does the work of the other too, since output is sent while input is waited for, and input is
    /// read while output is. If it then waits for the same as the other half, both are woken. If it made progress for the
    /// other half, the transport may have dropped the waker of that half, so that it is woken at once.
    fn poll_half<R>(
        &mut self,
        half: Half,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut PollConnection<T, C>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> Poll<R> {
        let inner = &mut self.inner;
        let Halves { reader, writer, .. } = &mut self.halves;
        let (own, other) = if half == Half::Reader { (reader, writer) } else { (writer, reader) };
        other.take_if(|other| other.will_wake(cx.waker()));
        let waker = match other {
            Some(other) => &Waker::from(Arc::new(Both(cx.waker().clone(), other.clone()))),
            None => cx.waker(),
        };
        let before = (inner.input_mark(), inner.output_mark());
        let result = with_read_buffer(|read_buffer| poll(inner, &mut Context::from_waker(waker), read_buffer));
        let made_progress = match half {
            Half::Reader => before.1 != inner.output_mark(),
            Half::Writer => before.0 != inner.input_mark(),
        };
        if made_progress && let Some(other) = other.take() {
            other.wake();
        }
        match own {
            _ if result.is_ready() => *own = None,
            Some(own) => own.clone_from(cx.waker()),
            None => *own = Some(cx.waker().clone()),
        }
        result
    }
}

/// Wakes two tasks.
struct Both(Waker, Waker);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_by_ref();
        self.1.wake_by_ref();
    }
}
