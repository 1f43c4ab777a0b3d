use core::task::{Context, Poll, ready};
use core::{any, fmt};

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::{MAX_EMPTY_CHUNKS, ONLY_EMPTY_CHUNKS};

/// The producer that [`Producer::map_chunks`] returns.
///
/// # Examples
///
/// ```
/// use asynchat_core::{IterProducer, Producer};
/// use bytes::Bytes;
///
/// let lines = IterProducer::new(["one", "two"]);
/// let mut quoted = lines.map_chunks(|line| [Bytes::from_static(b"> "), line]);
/// assert_eq!(quoted.more_now()?.unwrap(), "> ");
/// assert_eq!(quoted.more_now()?.unwrap(), "one");
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
pub struct MapChunks<P, F, I: IntoIterator> {
    producer: P,
    map: F,
    /// The chunks that the last chunk was mapped to and that have not been returned yet.
    mapped: Option<I::IntoIter>,
}

impl<P, F, I: IntoIterator> MapChunks<P, F, I> {
    pub(crate) fn new(producer: P, map: F) -> Self {
        Self { producer, map, mapped: None }
    }
}

impl<P, F, I> Producer for MapChunks<P, F, I>
where
    P: Producer,
    F: FnMut(Bytes) -> I,
    I: IntoIterator<Item: Into<Bytes>>,
{
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        for _ in 0..MAX_EMPTY_CHUNKS {
            if let Some(mapped) = &mut self.mapped {
                match mapped.next().map(Into::into) {
                    Some(chunk) if !Bytes::is_empty(&chunk) => return Poll::Ready(Ok(Some(chunk))),
                    Some(_) => continue,
                    None => self.mapped = None,
                }
            }
            let chunk = match ready!(self.producer.poll_more(cx))? {
                Some(chunk) if !chunk.is_empty() => chunk,
                _ => return Poll::Ready(Ok(None)),
            };
            self.mapped = Some((self.map)(chunk).into_iter());
        }
        Poll::Ready(Err(ONLY_EMPTY_CHUNKS.into()))
    }
}

/// Shows the type of the producer, and no byte (C20).
impl<P, F, I: IntoIterator> fmt::Debug for MapChunks<P, F, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapChunks")
            .field("producer", &format_args!("{}", any::type_name::<P>()))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::output::{FnProducer, IterProducer};

    fn drain(mut producer: impl Producer) -> Vec<Bytes> {
        core::iter::from_fn(|| producer.more_now().unwrap()).collect()
    }

    #[test]
    fn map_chunks_keeps_order_and_skips_empty_chunks() {
        let mapped = IterProducer::new(["a", "b"]).map_chunks(|chunk| [Bytes::new(), "<".into(), chunk, ">".into()]);
        assert_eq!(drain(mapped), ["<", "a", ">", "<", "b", ">"]);
    }

    #[test]
    fn map_chunks_continues_after_chunk_mapped_to_nothing() {
        let mapped = IterProducer::new(["a", "drop", "b"])
            .map_chunks(|chunk| if chunk == "drop" { vec![] } else { vec![chunk] });
        assert_eq!(drain(mapped), ["a", "b"]);
    }

    #[test]
    fn map_chunks_ends_at_empty_chunk() {
        let mut chunks = [Bytes::from("a"), Bytes::new(), Bytes::from("b")].into_iter();
        let mapped = FnProducer::new(move || Ok(chunks.next())).map_chunks(|chunk| [chunk]);
        assert_eq!(drain(mapped), ["a"]);
    }

    #[test]
    fn map_chunks_does_not_copy_chunks() {
        let chunk = Bytes::from(vec![7; 4096]);
        let mapped = IterProducer::new([chunk.clone()]).map_chunks(|chunk| [Bytes::from("<"), chunk]);
        assert_eq!(drain(mapped)[1].as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn map_chunks_asks_again_after_last_mapped_chunk() {
        let mut asked = 0;
        let mut mapped = FnProducer::new(|| {
            asked += 1;
            Ok(Some(Bytes::from("x")))
        })
        .map_chunks(|chunk| [chunk.clone(), chunk]);
        mapped.more_now().unwrap();
        mapped.more_now().unwrap();
        drop(mapped);
        assert_eq!(asked, 1);
    }

    #[test]
    fn map_chunks_passes_errors_through() {
        let mut mapped = FnProducer::new(|| Err(fmt::Error.into())).map_chunks(|chunk| [chunk]);
        assert!(mapped.more_now().unwrap_err().is::<fmt::Error>());
    }

    // F15
    #[test]
    fn map_chunks_stops_at_endless_empty_chunks() {
        let mut nothing = FnProducer::new(|| Ok(Some(Bytes::from("x")))).map_chunks(|_| [""]);
        assert!(nothing.more_now().is_err());
        let mut empty = FnProducer::new(|| Ok(Some(Bytes::from("x")))).map_chunks(|_| core::iter::repeat(""));
        assert!(empty.more_now().is_err());
    }
}
