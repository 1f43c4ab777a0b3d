use alloc::boxed::Box;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::{any, fmt};

use bytes::Bytes;
use futures_core::Stream;

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::{MAX_EMPTY_CHUNKS, ONLY_EMPTY_CHUNKS};

/// A producer of the items of an asynchronous [`Stream`]: a file, a channel between tasks, or another connection.
///
/// The stream is polled only when the queue has room for another chunk. So a peer that reads slowly holds the source back:
/// a proxy reads from its fast side only as fast as its slow side takes the bytes.
///
/// Empty items are skipped, since an empty chunk would end the output; a million of them in a row are an error. The error
/// of an item fails the connection.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
///
/// use asynchat_core::{Producer, StreamProducer};
/// use futures_core::Stream;
///
/// /// Stands for a channel, such as `tokio_stream::wrappers::ReceiverStream`.
/// struct Lines(Vec<&'static str>);
///
/// impl Stream for Lines {
///     type Item = Result<&'static str, Infallible>;
///
///     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
///         Poll::Ready(self.0.pop().map(Ok))
///     }
/// }
///
/// let mut producer = StreamProducer::new(Lines(vec!["two\n", "one\n"]));
/// assert_eq!(producer.more_now()?.unwrap(), "one\n");
/// assert_eq!(producer.more_now()?.unwrap(), "two\n");
/// assert_eq!(producer.more_now()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
pub struct StreamProducer<S> {
    /// `None` after its end. Pinned here, so that any stream will do.
    stream: Option<Pin<Box<S>>>,
}

impl<S, B, E> StreamProducer<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    /// Creates a producer of the items of `stream`. The stream is first polled when the producer is asked for a chunk.
    pub fn new(stream: S) -> Self {
        Self { stream: Some(Box::pin(stream)) }
    }
}

impl<S, B, E> Producer for StreamProducer<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<BoxError>,
{
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(None)) };
        for _ in 0..MAX_EMPTY_CHUNKS {
            match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(item)) => {
                    let chunk: Bytes = item.into();
                    if !chunk.is_empty() {
                        return Poll::Ready(Ok(Some(chunk)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(error.into())),
                None => {
                    self.stream = None;
                    return Poll::Ready(Ok(None));
                }
            }
        }
        Poll::Ready(Err(ONLY_EMPTY_CHUNKS.into()))
    }
}

/// Shows the type of the stream, and no byte (C20).
impl<S> fmt::Debug for StreamProducer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamProducer")
            .field("stream", &format_args!("{}", any::type_name::<S>()))
            .field("ended", &self.stream.is_none())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;
    use core::task::Waker;

    use super::*;

    /// Returns the scripted polls, one per call.
    struct Script(Vec<Poll<Option<Result<&'static str, fmt::Error>>>>);

    impl Stream for Script {
        type Item = Result<&'static str, fmt::Error>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.remove(0)
        }
    }

    // O8
    #[test]
    fn stream_producer_passes_pending_and_errors_on() {
        let polls = vec![
            Poll::Ready(Some(Ok(""))),
            Poll::Pending,
            Poll::Ready(Some(Ok("a"))),
            Poll::Ready(Some(Err(fmt::Error))),
        ];
        let mut producer = StreamProducer::new(Script(polls));
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(producer.poll_more(cx).is_pending());
        assert_eq!(producer.more_now().unwrap().unwrap(), "a");
        assert!(producer.more_now().unwrap_err().is::<fmt::Error>());
    }

    #[test]
    fn stream_producer_never_polls_ended_stream() {
        let mut producer = StreamProducer::new(Script(vec![Poll::Ready(None)]));
        assert_eq!(producer.more_now().unwrap(), None);
        assert_eq!(producer.more_now().unwrap(), None);
    }
}
