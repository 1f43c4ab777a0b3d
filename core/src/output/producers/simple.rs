use core::num::NonZeroUsize;

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::DEFAULT_CHUNK_SIZE;

/// asynchat's `simple_producer`: data that is all there, in slices of a fixed size.
///
/// The slices share the data, nothing is copied. [`push`](crate::output::ProducerQueue::push) takes data of any length whole;
/// this is for whoever wants it in pieces, such as a coding with one header for each.
///
/// # Examples
///
/// ```
/// use core::num::NonZeroUsize;
///
/// use asynchat_core::{Producer, SimpleProducer};
///
/// let mut producer = SimpleProducer::with_chunk_size("abcde", NonZeroUsize::new(2).unwrap());
/// assert_eq!(producer.more()?.unwrap(), "ab");
/// assert_eq!(producer.more()?.unwrap(), "cd");
/// assert_eq!(producer.more()?.unwrap(), "e");
/// assert_eq!(producer.more()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimpleProducer {
    data: Bytes,
    chunk_size: NonZeroUsize,
}

impl SimpleProducer {
    /// A producer of `data` in slices of [`DEFAULT_CHUNK_SIZE`].
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Producer, SimpleProducer};
    ///
    /// let mut producer = SimpleProducer::new(vec![0; 20_000]);
    /// assert_eq!(producer.more()?.unwrap().len(), 16_384);
    /// assert_eq!(producer.more()?.unwrap().len(), 3_616);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self::with_chunk_size(data, DEFAULT_CHUNK_SIZE)
    }

    /// A producer of `data` in slices of `chunk_size`, the last one excepted.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::num::NonZeroUsize;
    ///
    /// use asynchat_core::{Producer, SimpleProducer};
    ///
    /// let mut producer = SimpleProducer::with_chunk_size("abc", NonZeroUsize::MIN);
    /// assert_eq!(producer.more()?.unwrap(), "a");
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn with_chunk_size(data: impl Into<Bytes>, chunk_size: NonZeroUsize) -> Self {
        Self { data: data.into(), chunk_size }
    }
}

impl Producer for SimpleProducer {
    fn more(&mut self) -> Result<Option<Bytes>, BoxError> {
        let length = self.chunk_size.get().min(self.data.len());
        let chunk = self.data.split_to(length);
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn slices_are_whole_but_for_the_last_and_share_the_data() {
        let data = Bytes::from(vec![1; 10]);
        let mut producer = SimpleProducer::with_chunk_size(data.clone(), NonZeroUsize::new(4).unwrap());
        for expected in [0..4, 4..8, 8..10] {
            let chunk = producer.more().unwrap().unwrap();
            assert_eq!(chunk.as_ptr_range(), data[expected].as_ptr_range());
        }
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn data_that_fills_its_last_slice_is_not_followed_by_an_empty_one() {
        let mut producer = SimpleProducer::with_chunk_size("abcd", NonZeroUsize::new(4).unwrap());
        assert_eq!(producer.more().unwrap().unwrap(), "abcd");
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn a_chunk_size_without_bound_gives_the_data_whole() {
        let mut producer = SimpleProducer::with_chunk_size("abcd", NonZeroUsize::MAX);
        assert_eq!(producer.more().unwrap().unwrap(), "abcd");
    }

    #[test]
    fn no_data_is_no_chunk() {
        assert_eq!(SimpleProducer::new("").more().unwrap(), None);
    }
}
