use core::fmt;
use core::task::{Context, Poll};

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::{MAX_EMPTY_CHUNKS, ONLY_EMPTY_CHUNKS};

/// A producer of the items of an iterator: each item is one chunk.
///
/// Empty items are skipped, since an empty chunk would end the stream. A million of them in a row are an error, so that an
/// endless iterator of them does not hang its thread. For an iterator of results use an
/// [`FnProducer`](crate::output::FnProducer).
///
/// # Examples
///
/// ```
/// use asynchat_core::{IterProducer, Producer};
///
/// let mut lines = IterProducer::new((1..=3).map(|number| format!("line {number}\r\n")));
/// assert_eq!(lines.more_now()?.unwrap(), "line 1\r\n");
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
#[derive(Clone)]
pub struct IterProducer<I> {
    items: I,
}

impl<I> IterProducer<I>
where
    I: Iterator<Item: Into<Bytes>>,
{
    /// Creates a producer of `items`. The iterator is first advanced when the producer is asked for a chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, Producer};
    ///
    /// let mut producer = IterProducer::new(["a", "", "b"]);
    /// assert_eq!(producer.more_now()?.unwrap(), "a");
    /// assert_eq!(producer.more_now()?.unwrap(), "b");
    /// assert_eq!(producer.more_now()?, None);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn new(items: impl IntoIterator<IntoIter = I>) -> Self {
        Self { items: items.into_iter() }
    }
}

impl<I> Producer for IterProducer<I>
where
    I: Iterator<Item: Into<Bytes>>,
{
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        for _ in 0..MAX_EMPTY_CHUNKS {
            let chunk = self.items.next().map(Into::into);
            if chunk.as_ref().is_none_or(|chunk: &Bytes| !chunk.is_empty()) {
                return Poll::Ready(Ok(chunk));
            }
        }
        Poll::Ready(Err(ONLY_EMPTY_CHUNKS.into()))
    }
}

impl<I> fmt::Debug for IterProducer<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterProducer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iter_producer_skips_empty_items() {
        let mut producer = IterProducer::new(["", "", "a", "", "b", ""]);
        assert_eq!(producer.more_now().unwrap().unwrap(), "a");
        assert_eq!(producer.more_now().unwrap().unwrap(), "b");
        assert_eq!(producer.more_now().unwrap(), None);
    }

    // F15
    #[test]
    fn iter_producer_stops_at_endless_empty_items() {
        let mut producer = IterProducer::new(core::iter::repeat(""));
        assert!(producer.more_now().is_err());
    }

    #[test]
    fn iter_producer_takes_one_item_at_a_time() {
        let mut asked = 0;
        let mut producer = IterProducer::new(core::iter::repeat_with(|| {
            asked += 1;
            "x"
        }));
        producer.more_now().unwrap();
        assert_eq!(asked, 1);
    }
}
