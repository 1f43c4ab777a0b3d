use alloc::boxed::Box;
use core::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::{MapChunks, WithTail};

/// Output that is generated on demand, chunk by chunk, as fast as the peer reads it.
///
/// A queue holds a producer like a chunk, and calls [`poll_more`](Self::poll_more) only when there is room for another
/// chunk. So a producer of a gigabyte costs a few bytes of memory, and a slow peer slows it down (backpressure).
///
/// The loop that serves the connection calls `poll_more`, so `poll_more` must not block. A producer that has to wait, for
/// a database or for another connection, returns [`Poll::Pending`]. Everything that was pushed behind it waits, in order;
/// input is read and answered meanwhile. While the queue has nothing else to send, the peer owes nothing: neither
/// [`Config::min_output_rate`](crate::chat::Config::min_output_rate) nor
/// [`Config::idle_timeout`](crate::chat::Config::idle_timeout) runs.
///
/// No timeout bounds a producer that stays pending. Its connection stays open until the producer wakes it, the connection
/// is [aborted](crate::chat::Channel::abort), the peer resets it, or a server that shuts down aborts what is left.
///
/// The stock producers are [`SimpleProducer`](crate::output::SimpleProducer),
/// [`IterProducer`](crate::output::IterProducer), [`FnProducer`](crate::output::FnProducer), with the feature `std`
/// `ReadProducer` and `DeferredProducer` (a reply that is sent later), and with the feature `futures` `StreamProducer`.
/// [`map_chunks`](Self::map_chunks) and [`with_tail`](Self::with_tail) wrap any of them.
///
/// # Examples
///
/// ```
/// use core::task::{Context, Poll};
///
/// use asynchat_core::{Producer, BoxError};
/// use bytes::Bytes;
///
/// struct Countdown(u8);
///
/// impl Producer for Countdown {
///     fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
///         let Some(next) = self.0.checked_sub(1) else { return Poll::Ready(Ok(None)) };
///         let line = format!("{}\r\n", core::mem::replace(&mut self.0, next));
///         Poll::Ready(Ok(Some(line.into())))
///     }
/// }
///
/// let mut countdown = Countdown(2);
/// assert_eq!(countdown.more_now()?.unwrap(), "2\r\n");
/// assert_eq!(countdown.more_now()?.unwrap(), "1\r\n");
/// assert_eq!(countdown.more_now()?, None);
/// # Ok::<(), BoxError>(())
/// ```
pub trait Producer {
    /// Returns the next chunk, or `None` at the end. An empty chunk also means the end.
    ///
    /// [`Poll::Pending`] means that there is no chunk yet. The producer then has to keep a clone of the waker, and to wake
    /// it when it is worth asking again, as a future does. Only the waker of the last call counts. A connection asks a
    /// pending producer again at most once each time that its task is polled, for whatever reason it was woken.
    ///
    /// At the end a queue drops the producer and never calls it again.
    ///
    /// # Errors
    ///
    /// Returns the reason why the producer cannot continue. The error is fatal to the stream: the peer has received an
    /// incomplete message, so a queue sends no byte after it. An [`Error`](crate::Error) in the box ends the connection
    /// unchanged, so that a producer can blame another party.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>>;

    /// Returns the next chunk of a producer that does not wait, or `None` at the end: for tests, and for callers that
    /// know the producer.
    ///
    /// # Errors
    ///
    /// As for [`poll_more`](Self::poll_more). A producer that is pending is an error too: no waker would be called.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, Producer};
    ///
    /// let mut producer = IterProducer::new(["a"]);
    /// assert_eq!(producer.more_now()?.unwrap(), "a");
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    fn more_now(&mut self) -> Result<Option<Bytes>, BoxError>
    where
        Self: Sized,
    {
        match self.poll_more(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(more) => more,
            Poll::Pending => Err("the producer has no chunk yet (Producer::more_now)".into()),
        }
    }

    /// Maps each chunk to any number of chunks, without a copy.
    ///
    /// `map` is never called with an empty chunk, so it cannot end by accident a coding in which an empty chunk means
    /// the end. If `map` returns no chunk, or only empty ones, the next chunk of the producer is mapped. While the producer
    /// is pending, so is the result.
    ///
    /// # Examples
    ///
    /// HTTP's chunked coding, with [`with_tail`](Self::with_tail) for its last chunk:
    ///
    /// ```
    /// use asynchat_core::{IterProducer, Producer};
    /// use bytes::Bytes;
    ///
    /// let body = IterProducer::new(["Hello, ", "", "world of chunks"]);
    /// let mut coded = body
    ///     .map_chunks(|chunk| {
    ///         let head = Bytes::from(format!("{:x}\r\n", chunk.len()));
    ///         [head, chunk, Bytes::from_static(b"\r\n")]
    ///     })
    ///     .with_tail("0\r\n\r\n");
    ///
    /// let chunks: Vec<Bytes> = core::iter::from_fn(|| coded.more_now().transpose()).collect::<Result<_, _>>()?;
    /// assert_eq!(chunks.concat(), b"7\r\nHello, \r\nf\r\nworld of chunks\r\n0\r\n\r\n");
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    fn map_chunks<F, I>(self, map: F) -> MapChunks<Self, F, I>
    where
        Self: Sized,
        F: FnMut(Bytes) -> I,
        I: IntoIterator<Item: Into<Bytes>>,
    {
        MapChunks::new(self, map)
    }

    /// Appends one last chunk.
    ///
    /// If the producer fails, the tail is not produced: the peer must not mistake half a body for a whole one.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, Producer};
    ///
    /// let mut mail = IterProducer::new(["Subject: hi\r\n", "\r\n"]).with_tail(".\r\n");
    /// assert_eq!(mail.more_now()?.unwrap(), "Subject: hi\r\n");
    /// assert_eq!(mail.more_now()?.unwrap(), "\r\n");
    /// assert_eq!(mail.more_now()?.unwrap(), ".\r\n");
    /// assert_eq!(mail.more_now()?, None);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    fn with_tail(self, tail: impl Into<Bytes>) -> WithTail<Self>
    where
        Self: Sized,
    {
        WithTail::new(self, tail.into())
    }
}

impl<P: Producer + ?Sized> Producer for Box<P> {
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        (**self).poll_more(cx)
    }
}

impl<P: Producer + ?Sized> Producer for &mut P {
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        (**self).poll_more(cx)
    }
}

/// A context whose waker does nothing, for a test that asks again itself.
#[cfg(test)]
pub(crate) fn noop_context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::IterProducer;

    fn first(mut producer: impl Producer) -> Bytes {
        producer.more_now().unwrap().unwrap()
    }

    #[test]
    fn producer_boxed_is_a_producer() {
        let boxed: Box<dyn Producer + Send> = Box::new(IterProducer::new(["a"]));
        assert_eq!(first(boxed), "a");
    }

    #[test]
    fn producer_borrowed_continues_where_it_stopped() {
        let mut producer = IterProducer::new(["a", "b"]);
        assert_eq!(first(&mut producer), "a");
        assert_eq!(first((&mut producer).with_tail("c")), "b");
        assert_eq!(producer.more_now().unwrap(), None);
    }
}
