//! The consuming side of the queue.

use core::task::{Context, Poll, ready};

use bytes::Bytes;

use super::ProducerQueue;
use super::staging::Staging;
use crate::error::BoxError;
use crate::output::transmit::Transmit;

impl ProducerQueue {
    /// Removes the next chunk and returns it, for the caller to send.
    ///
    /// Each pushed chunk, and each chunk of a producer, comes out as one chunk. Staged bytes come first, as they were
    /// staged. The result is `None` if the queue is empty; a closing queue is closed by that call. So after the last chunk
    /// has been sent, call this once more, even if the queue [is empty](Self::is_empty). It is pending if the producer at
    /// the front is, which then wakes the task.
    ///
    /// # Errors
    ///
    /// Returns the error of the producer at the front; everything behind that producer is dropped. Every later call
    /// returns an error with the same text.
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
    /// queue.push("one")?;
    /// queue.push("two")?;
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("one".into())));
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some("two".into())));
    /// assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(None));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn poll_next_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        let chunk = match self.staging.pop_chunk() {
            Some(chunk) => Some(chunk),
            None => ready!(self.poll_unstaged_chunk(cx)),
        };
        match &chunk {
            Some(chunk) => {
                self.count_consumed(chunk.len());
                // The caller still holds the chunk, so a closing queue is not closed yet.
                self.shrink_if_drained();
            }
            None => self.on_empty()?,
        }
        Poll::Ready(Ok(chunk))
    }

    /// Stages entries until `budget` bytes are staged, and returns a view of all staged bytes.
    ///
    /// Staging ends at a producer that is pending, which then wakes the task: [`is_pending`](Self::is_pending).
    ///
    /// No entry is moved and no producer is asked while `budget` bytes or more are staged. So less than the budget plus
    /// one chunk is staged at any time, not counting the bytes of [`push_slice`](Self::push_slice). Neighbouring small
    /// chunks are copied together; a large chunk is not copied.
    ///
    /// The view is empty only if there is no byte to send now, or if the budget is 0. Bytes that are not advanced over stay
    /// staged.
    ///
    /// # Errors
    ///
    /// Returns the error of a producer after everything staged before it has been consumed; everything behind that
    /// producer is dropped. Every later call returns an error with the same text.
    ///
    /// # Complexity
    ///
    /// Linear in the number of moved entries plus the bytes of the small ones, amortised. Bytes that are staged already
    /// cost nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Waker};
    ///
    /// use asynchat_core::ProducerQueue;
    /// use bytes::Buf;
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// queue.push("one ")?;
    /// queue.push("two ")?;
    /// queue.push("three")?;
    /// assert_eq!(queue.stage(cx, 5)?.chunk(), b"one two ");
    /// assert_eq!(queue.stage(cx, 5)?.chunk(), b"one two ");
    /// assert_eq!(queue.stage(cx, 9)?.chunk(), b"one two three");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn stage(&mut self, cx: &mut Context<'_>, budget: usize) -> Result<Transmit<'_>, BoxError> {
        self.entries.count_answers();
        self.chunks.add_up_to(self.entries.len());
        let budget = budget.min(Staging::MAX_BUDGET);
        // Saturates: an earlier call with a larger budget may have staged more.
        let room = budget.saturating_sub(self.staging.remaining());
        self.staging.reserve(self.entries.small_chunks_len(room, Staging::COPY_THRESHOLD));
        while self.staging.remaining() < budget {
            let Poll::Ready(Some(chunk)) = self.poll_unstaged_chunk(cx) else {
                break;
            };
            self.staging.push(chunk);
        }
        if self.staging.is_empty() {
            self.on_empty()?;
        }
        Ok(Transmit::new(self))
    }

    /// Returns a view of the bytes that are staged already, without staging more.
    pub(crate) fn staged(&mut self) -> Transmit<'_> {
        Transmit::new(self)
    }

    /// Drops the first `count` staged bytes, which the transport has written.
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than [`staged_len`](Self::staged_len), as [`bytes::Buf::advance`] does: a transport
    /// cannot have written bytes that it was not given, and to continue would lose bytes silently.
    ///
    /// # Examples
    ///
    /// ```
    /// use core::task::{Context, Waker};
    ///
    /// use asynchat_core::ProducerQueue;
    /// use bytes::Buf;
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// queue.push("hello")?;
    /// queue.stage(cx, 4096)?;
    /// queue.advance(2);
    /// assert_eq!(queue.stage(cx, 4096)?.chunk(), b"llo");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn advance(&mut self, count: usize) {
        self.staging.advance(count);
        self.count_consumed(count);
        self.on_drained();
    }

    fn count_consumed(&mut self, count: usize) {
        // Saturates: a caller can push clones of one huge chunk and take them without reading a byte.
        self.consumed = self.consumed.saturating_add(count as u64);
    }

    /// Returns the next chunk behind the staged bytes. The error of a producer goes into the state, which returns it
    /// when the staged bytes have been consumed.
    fn poll_unstaged_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let chunk = self.entries.poll_next_chunk(cx);
        self.front_pending = chunk.is_pending();
        chunk.map(|chunk| {
            chunk.unwrap_or_else(|error| {
                self.state.fail(error);
                None
            })
        })
    }

    /// Closes a closing queue, or returns the error of a failed producer: every byte ahead of it has been consumed.
    fn on_empty(&mut self) -> Result<(), BoxError> {
        self.on_drained();
        match self.state.next_error() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
