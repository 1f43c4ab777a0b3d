use core::task::{Context, Poll, ready};
use core::{any, fmt};

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;

/// The producer that [`Producer::with_tail`] returns.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Producer, SimpleProducer};
///
/// let mut producer = SimpleProducer::new("body").with_tail("\r\n.\r\n");
/// assert_eq!(producer.more_now()?.unwrap(), "body");
/// assert_eq!(producer.more_now()?.unwrap(), "\r\n.\r\n");
/// assert_eq!(producer.more_now()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
pub struct WithTail<P> {
    /// `None` after its end, which frees its memory.
    producer: Option<P>,
    tail: Bytes,
}

impl<P> WithTail<P> {
    pub(crate) fn new(producer: P, tail: Bytes) -> Self {
        Self { producer: Some(producer), tail }
    }
}

impl<P: Producer> Producer for WithTail<P> {
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        if let Some(producer) = &mut self.producer {
            match ready!(producer.poll_more(cx))? {
                Some(chunk) if !chunk.is_empty() => return Poll::Ready(Ok(Some(chunk))),
                _ => self.producer = None,
            }
        }
        let tail = core::mem::take(&mut self.tail);
        Poll::Ready(Ok((!tail.is_empty()).then_some(tail)))
    }
}

/// Shows the type of the producer and lengths, and no byte (C20).
impl<P> fmt::Debug for WithTail<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithTail")
            .field("producer", &format_args!("{}", any::type_name::<P>()))
            .field("ended", &self.producer.is_none())
            .field("tail", &self.tail.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{FnProducer, IterProducer};

    #[test]
    fn with_tail_yields_tail_last_and_once() {
        let mut producer = IterProducer::new(["a", "b"]).with_tail("end");
        for expected in ["a", "b", "end"] {
            assert_eq!(producer.more_now().unwrap().unwrap(), expected);
        }
        assert_eq!(producer.more_now().unwrap(), None);
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn with_tail_yields_tail_after_empty_chunk() {
        let mut producer = FnProducer::new(|| Ok(Some(Bytes::new()))).with_tail("end");
        assert_eq!(producer.more_now().unwrap().unwrap(), "end");
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn with_tail_never_asks_exhausted_producer() {
        let mut chunks = [None, Some(Bytes::from("again"))].into_iter();
        let mut producer = FnProducer::new(move || Ok(chunks.next().flatten())).with_tail("end");
        assert_eq!(producer.more_now().unwrap().unwrap(), "end");
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn with_tail_yields_no_chunk_for_empty_tail() {
        let mut producer = IterProducer::new(["a"]).with_tail("");
        assert_eq!(producer.more_now().unwrap().unwrap(), "a");
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn with_tail_omits_tail_after_error() {
        let mut producer = FnProducer::new(|| Err(fmt::Error.into())).with_tail("end");
        assert!(producer.more_now().is_err());
        assert!(producer.more_now().is_err());
    }
}
