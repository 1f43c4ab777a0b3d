//! The producing side of the queue.

use bytes::Bytes;

use super::ProducerQueue;
use super::staging::Staging;
#[cfg(feature = "std")]
use crate::output::deferred::Deferred;
use crate::output::producer::Producer;
use crate::output::push_error::PushError;

impl ProducerQueue {
    /// Queues a chunk. An empty chunk is dropped.
    ///
    /// The chunk is not copied here. A large chunk is never copied.
    ///
    /// # Errors
    ///
    /// Returns [`PushError`] if the queue is closing, closed or failed; the data is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("250 OK\r\n")?;
    /// queue.push(vec![b'x'; 100])?;
    /// assert_eq!(queue.queued(), 108 + 2 * ProducerQueue::CHUNK_COST);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.state.check_open()?;
        self.entries.push_chunk(data.into(), self.chunks);
        Ok(())
    }

    /// Queues a copy of `data`.
    ///
    /// Use it for small answers, of which thousands may be pushed before the next write: none of them takes a slot or
    /// an allocation of its own. If no entry is ahead, the bytes are staged at once, whatever the budget of the next
    /// [`stage`](Self::stage) is. Otherwise they become part of an entry: one chunk with the slices pushed directly
    /// before and after them, of at most 32 KiB. A longer slice is a chunk of its own.
    ///
    /// # Errors
    ///
    /// Returns [`PushError`] if the queue is closing, closed or failed.
    ///
    /// # Complexity
    ///
    /// Linear in the length of `data`, amortised.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    ///
    /// use asynchat_core::ProducerQueue;
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// queue.push_slice(b"+OK\r\n")?;
    /// queue.push_slice(b"+PONG\r\n")?;
    /// assert_eq!(queue.queued(), 12);
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("+OK\r\n+PONG\r\n".into())));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    // 100 instructions for a slice of 7 bytes when inlined, staged and sent; 120 otherwise (callgrind).
    #[inline]
    pub fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        self.state.check_open()?;
        if self.entries.is_empty() && self.staging.remaining() < Staging::MAX_BUDGET {
            self.staging.push_slice(data);
        } else {
            self.entries.push_slice(data);
        }
        Ok(())
    }

    /// Queues a producer. Its [`poll_more`](Producer::poll_more) is not called before everything ahead of it is staged.
    ///
    /// # Errors
    ///
    /// Returns [`PushError`] if the queue is closing, closed or failed; the producer is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    ///
    /// use asynchat_core::{ProducerQueue, SimpleProducer};
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// queue.push_with_producer(SimpleProducer::new("a long story"))?;
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("a long story".into())));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.state.check_open()?;
        self.entries.push_producer(producer);
        Ok(())
    }

    /// Queues a reply that is sent later: its place in the order is kept, and the [`Deferred`] sends it, from any task or
    /// thread. Until then the queue is [pending](Self::is_pending) there.
    ///
    /// # Memory
    ///
    /// It costs [`DEFERRED_COST`](Self::DEFERRED_COST) while it waits. Its answer is counted by the next call of
    /// this method or of [`stage`](Self::stage), or when its turn comes.
    ///
    /// # Errors
    ///
    /// Returns [`PushError`] if the queue is closing, closed or failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    ///
    /// use asynchat_core::ProducerQueue;
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// let first = queue.push_deferred()?;
    /// let second = queue.push_deferred()?;
    /// second.send("two");
    /// assert!(queue.poll_next_chunk(cx).is_pending());
    /// first.send("one");
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("one".into())));
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("two".into())));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn push_deferred(&mut self) -> Result<Deferred, PushError> {
        self.state.check_open()?;
        Ok(self.entries.push_deferred())
    }

    /// Closes the queue after everything queued so far has been consumed; an empty queue closes at once.
    ///
    /// The queue is consumed when the last staged byte has been advanced over, or when [`stage`](Self::stage) or
    /// [`poll_next_chunk`](Self::poll_next_chunk) has found no more to give.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    ///
    /// use asynchat_core::{ProducerQueue, PushError};
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// queue.push("221 Bye\r\n")?;
    /// queue.close_when_done();
    /// assert_eq!(queue.push("more"), Err(PushError::Closing));
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("221 Bye\r\n".into())));
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(None));
    /// assert_eq!(queue.push("more"), Err(PushError::Closed));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn close_when_done(&mut self) {
        self.state.close_when_done();
        self.on_drained();
    }

    /// Drops all chunks, producers and staged bytes.
    ///
    /// An open queue stays open. A closing queue has no byte left to wait for, so it is closed. A failed queue stays
    /// failed: the bytes ahead of the error are dropped, the error is not.
    ///
    /// The peer may already have received the beginning of a chunk. The protocol has to decide whether the stream is
    /// still of use.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Poll, Waker};
    ///
    /// use asynchat_core::ProducerQueue;
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// queue.push("never mind")?;
    /// queue.discard();
    /// queue.push("this instead")?;
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("this instead".into())));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn discard(&mut self) {
        self.entries.clear();
        self.staging.clear();
        self.front_pending = false;
        self.on_drained();
    }
}
