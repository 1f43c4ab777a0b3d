use alloc::boxed::Box;

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::{MapChunks, WithTail};

/// Output that does not exist yet: asked for piece by piece, as the peer takes it.
///
/// A queue holds a producer as it holds a chunk, and calls [`more`](Self::more) only when there is room for what
/// comes back. So a producer may stand for a gigabyte and cost a few bytes, and a slow peer slows it down.
///
/// `more` is called from the loop that serves the connection, so it should return soon. It cannot say "not yet": what
/// has to be waited for is pushed when it is there.
///
/// The stock ones are [`SimpleProducer`](crate::output::SimpleProducer), [`IterProducer`](crate::output::IterProducer),
/// [`FnProducer`](crate::output::FnProducer) and, with `std`, `ReadProducer`;
/// [`map_chunks`](Self::map_chunks) and [`with_tail`](Self::with_tail) wrap any of them.
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
    /// The next chunk; `None`, or an empty one, once there is no more.
    ///
    /// A queue drops the producer then and never asks again.
    ///
    /// # Errors
    ///
    /// Whatever kept the producer from going on. It is fatal to the stream: the peer has seen half of something, so a
    /// queue sends nothing after it.
    fn more(&mut self) -> Result<Option<Bytes>, BoxError>;

    /// Turns every chunk into any number of chunks, without copying it.
    ///
    /// A chunk given to `map` is never empty, so a coding in which an empty chunk means the end cannot be ended by
    /// accident. A chunk for which `map` returns nothing is left out, and the next one is asked for.
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

    /// Adds one last chunk behind this producer's own.
    ///
    /// If the producer fails, the tail is not produced: the peer must not take half a body for a whole one.
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
    fn a_boxed_trait_object_is_a_producer() {
        let boxed: Box<dyn Producer + Send> = Box::new(IterProducer::new(["a"]));
        assert_eq!(first(boxed), "a");
    }

    #[test]
    fn a_borrowed_producer_goes_on_where_the_borrower_stopped() {
        let mut producer = IterProducer::new(["a", "b"]);
        assert_eq!(first(&mut producer), "a");
        assert_eq!(first((&mut producer).with_tail("c")), "b");
        assert_eq!(producer.more().unwrap(), None);
    }
}
