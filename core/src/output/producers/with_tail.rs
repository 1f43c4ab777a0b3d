use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;

/// What [`Producer::with_tail`] returns.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Producer, SimpleProducer};
///
/// let mut producer = SimpleProducer::new("body").with_tail("\r\n.\r\n");
/// assert_eq!(producer.more()?.unwrap(), "body");
/// assert_eq!(producer.more()?.unwrap(), "\r\n.\r\n");
/// assert_eq!(producer.more()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
#[derive(Debug)]
pub struct WithTail<P> {
    /// Gone once exhausted, with whatever it held.
    producer: Option<P>,
    tail: Bytes,
}

impl<P> WithTail<P> {
    pub(crate) fn new(producer: P, tail: Bytes) -> Self {
        Self { producer: Some(producer), tail }
    }
}

impl<P: Producer> Producer for WithTail<P> {
    fn more(&mut self) -> Result<Option<Bytes>, BoxError> {
        if let Some(producer) = &mut self.producer {
            match producer.more()? {
                Some(chunk) if !chunk.is_empty() => return Ok(Some(chunk)),
                _ => self.producer = None,
            }
        }
        let tail = core::mem::take(&mut self.tail);
        Ok((!tail.is_empty()).then_some(tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{FnProducer, IterProducer};

    #[test]
    fn the_tail_comes_last_and_once() {
        let mut producer = IterProducer::new(["a", "b"]).with_tail("end");
        for expected in ["a", "b", "end"] {
            assert_eq!(producer.more().unwrap().unwrap(), expected);
        }
        assert_eq!(producer.more().unwrap(), None);
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn an_empty_chunk_is_the_end_and_brings_the_tail() {
        let mut producer = FnProducer::new(|| Ok(Some(Bytes::new()))).with_tail("end");
        assert_eq!(producer.more().unwrap().unwrap(), "end");
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn an_exhausted_producer_is_not_asked_again() {
        let mut chunks = [None, Some(Bytes::from("again"))].into_iter();
        let mut producer = FnProducer::new(move || Ok(chunks.next().flatten())).with_tail("end");
        assert_eq!(producer.more().unwrap().unwrap(), "end");
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn an_empty_tail_is_no_chunk() {
        let mut producer = IterProducer::new(["a"]).with_tail("");
        assert_eq!(producer.more().unwrap().unwrap(), "a");
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn a_producer_that_failed_gets_no_tail() {
        let mut producer = FnProducer::new(|| Err(core::fmt::Error.into())).with_tail("end");
        assert!(producer.more().is_err());
        assert!(producer.more().is_err());
    }
}
