use alloc::boxed::Box;

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::{MapChunks, WithTail};

/// Output that is generated on demand, chunk by chunk, as fast as the peer reads it.
///
/// A queue holds a producer like a chunk, and calls [`more`](Self::more) only when there is room for another chunk. So
/// a producer of a gigabyte costs a few bytes of memory, and a slow peer slows it down (backpressure).
///
/// The loop that serves the connection calls `more`, so `more` must not block. It cannot say "not yet": push data that
/// has to be waited for when it is there.
///
/// The stock producers are [`SimpleProducer`](crate::output::SimpleProducer),
/// [`IterProducer`](crate::output::IterProducer), [`FnProducer`](crate::output::FnProducer) and, with `std`,
/// `ReadProducer`; [`map_chunks`](Self::map_chunks) and [`with_tail`](Self::with_tail) wrap any of them.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Producer, BoxError};
/// use bytes::Bytes;
///
/// struct Countdown(u8);
///
/// impl Producer for Countdown {
///     fn more(&mut self) -> Result<Option<Bytes>, BoxError> {
///         let Some(next) = self.0.checked_sub(1) else { return Ok(None) };
///         Ok(Some(format!("{}\r\n", core::mem::replace(&mut self.0, next)).into()))
///     }
/// }
///
/// let mut countdown = Countdown(2);
/// assert_eq!(countdown.more()?.unwrap(), "2\r\n");
/// assert_eq!(countdown.more()?.unwrap(), "1\r\n");
/// assert_eq!(countdown.more()?, None);
/// # Ok::<(), BoxError>(())
/// ```
pub trait Producer {
    /// Returns the next chunk, or `None` at the end. An empty chunk also means the end.
    ///
    /// At the end a queue drops the producer and never calls it again.
    ///
    /// # Errors
    ///
    /// Returns the reason why the producer cannot continue. The error is fatal to the stream: the peer has received an
    /// incomplete message, so a queue sends no byte after it.
    fn more(&mut self) -> Result<Option<Bytes>, BoxError>;

    /// Maps each chunk to any number of chunks, without a copy.
    ///
    /// `map` is never called with an empty chunk, so it cannot end by accident a coding in which an empty chunk means
    /// the end. If `map` returns no chunk, or only empty ones, the next chunk of the producer is mapped.
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
    /// let chunks: Vec<Bytes> = core::iter::from_fn(|| coded.more().transpose()).collect::<Result<_, _>>()?;
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
    /// assert_eq!(mail.more()?.unwrap(), "Subject: hi\r\n");
    /// assert_eq!(mail.more()?.unwrap(), "\r\n");
    /// assert_eq!(mail.more()?.unwrap(), ".\r\n");
    /// assert_eq!(mail.more()?, None);
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
    fn more(&mut self) -> Result<Option<Bytes>, BoxError> {
        (**self).more()
    }
}

impl<P: Producer + ?Sized> Producer for &mut P {
    fn more(&mut self) -> Result<Option<Bytes>, BoxError> {
        (**self).more()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::IterProducer;

    fn first(mut producer: impl Producer) -> Bytes {
        producer.more().unwrap().unwrap()
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
        assert_eq!(producer.more().unwrap(), None);
    }
}
