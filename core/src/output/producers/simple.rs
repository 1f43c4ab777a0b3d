use core::fmt;
use core::num::NonZeroUsize;
use core::task::{Context, Poll};

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::DEFAULT_CHUNK_SIZE;

/// A producer of data in memory, in chunks of a fixed size. It is asynchat's `simple_producer`.
///
/// The chunks share the data; no byte is copied. [`push`](crate::output::ProducerQueue::push) sends data of any length
/// as one chunk. Use this producer if you need several, for example for a coding with a header per chunk.
///
/// # Examples
///
/// ```
/// use core::num::NonZeroUsize;
///
/// use asynchat_core::{Producer, SimpleProducer};
///
/// let mut producer = SimpleProducer::with_chunk_size("abcde", NonZeroUsize::new(2).unwrap());
/// assert_eq!(producer.more_now()?.unwrap(), "ab");
/// assert_eq!(producer.more_now()?.unwrap(), "cd");
/// assert_eq!(producer.more_now()?.unwrap(), "e");
/// assert_eq!(producer.more_now()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
#[derive(Clone)]
pub struct SimpleProducer {
    data: Bytes,
    chunk_size: NonZeroUsize,
}

impl SimpleProducer {
    /// Creates a producer of `data` in chunks of [`DEFAULT_CHUNK_SIZE`].
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Producer, SimpleProducer};
    ///
    /// let mut producer = SimpleProducer::new(vec![0; 20_000]);
    /// assert_eq!(producer.more_now()?.unwrap().len(), 16_384);
    /// assert_eq!(producer.more_now()?.unwrap().len(), 3_616);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self::with_chunk_size(data, DEFAULT_CHUNK_SIZE)
    }

    /// Creates a producer of `data` in chunks of `chunk_size` bytes; the last chunk may be shorter.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::num::NonZeroUsize;
    ///
    /// use asynchat_core::{Producer, SimpleProducer};
    ///
    /// let mut producer = SimpleProducer::with_chunk_size("abc", NonZeroUsize::MIN);
    /// assert_eq!(producer.more_now()?.unwrap(), "a");
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn with_chunk_size(data: impl Into<Bytes>, chunk_size: NonZeroUsize) -> Self {
        Self { data: data.into(), chunk_size }
    }
}

impl Producer for SimpleProducer {
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        let length = self.chunk_size.get().min(self.data.len());
        let chunk = self.data.split_to(length);
        Poll::Ready(Ok((!chunk.is_empty()).then_some(chunk)))
    }
}

/// Shows lengths, and no byte (C20).
impl fmt::Debug for SimpleProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleProducer")
            .field("remaining", &self.data.len())
            .field("chunk_size", &self.chunk_size)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn simple_producer_chunks_share_the_data() {
        let data = Bytes::from(vec![1; 10]);
        let mut producer = SimpleProducer::with_chunk_size(data.clone(), NonZeroUsize::new(4).unwrap());
        for expected in [0..4, 4..8, 8..10] {
            let chunk = producer.more_now().unwrap().unwrap();
            assert_eq!(chunk.as_ptr_range(), data[expected].as_ptr_range());
        }
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn simple_producer_ends_after_a_full_chunk() {
        let mut producer = SimpleProducer::with_chunk_size("abcd", NonZeroUsize::new(4).unwrap());
        assert_eq!(producer.more_now().unwrap().unwrap(), "abcd");
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn simple_producer_yields_one_largest_chunk() {
        let mut producer = SimpleProducer::with_chunk_size("abcd", NonZeroUsize::MAX);
        assert_eq!(producer.more_now().unwrap().unwrap(), "abcd");
    }

    #[test]
    fn simple_producer_yields_nothing_for_empty_data() {
        assert_eq!(SimpleProducer::new("").more_now().unwrap(), None);
    }
}
