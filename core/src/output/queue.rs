use core::fmt;

use bytes::Bytes;

use crate::output::producer::Producer;
use crate::output::push_error::PushError;

mod entries;
mod staging;
mod state;
mod taking;

use entries::Entries;
use staging::Staging;
use state::State;

/// asynchat's `fifo`: what is still to be sent, in the order in which it was pushed.
///
/// In scope: chunks and lazy [`Producer`]s in one line, cut down to what a transport takes at a time, and closing in
/// order. Out of scope: writing (whoever drives the queue does), and refusing pushes above a mark
/// ([`queued`](Self::queued) says how full it is).
///
/// # The two halves
///
/// ```text
///   push ──────────────► ┌─────────┐  stage(budget)  ┌────────┐
///   push_with_producer ► │ entries │ ──────────────► │ staged │ ──► write ──► advance(n)
///                        └─────────┘  more() is      └────────┘
///                             │       called here         │
///                             └──────── next_chunk ───────┴─────► one chunk, yours to send
/// ```
///
/// Entries are as they were pushed. [`stage`](Self::stage) moves some of them on, up to a budget, copies the small ones
/// together and lets the large ones be, so that one vectored write takes all of it. [`advance`](Self::advance), or
/// `advance` on the view itself, drops what the transport took, to the byte.
///
/// [`next_chunk`](Self::next_chunk) is for transports that send whole chunks: what was pushed as one comes out as one.
/// Use one way or the other; if both are used, what has been staged comes first.
///
/// # Closing and failing
///
/// ```text
///   open ── close_when_done ──► closing ── all taken ──► closed
///     └──── a producer fails ──────┴──► failing ── all staged before taken ──► failed
/// ```
///
/// A push is refused in every state but the first, and drops what it was given. An error comes in its place in the
/// stream: what a producer gave before it failed is sent first. It is returned once as it is, and from then on as an
/// error that reads the same.
///
/// # Memory
///
/// What is staged is less than the budget, and one chunk, beside what was [pushed as slices](Self::push_slice). A drained queue keeps at most half a KiB for the next push
/// to use, so that small answers allocate nothing; anything larger it gives back at once.
///
/// # Examples
///
/// A whole life:
///
/// ```
/// use asynchat_core::{IterProducer, ProducerQueue, PushError};
/// use bytes::Buf;
///
/// let mut queue = ProducerQueue::new();
/// queue.push("HTTP/1.1 200 OK\r\n")?;
/// queue.push("\r\n")?;
/// queue.push_with_producer(IterProducer::new(["Hello, ", "world"]))?;
/// queue.close_when_done();
/// assert_eq!(queue.push("too late"), Err(PushError::Closing));
///
/// // The socket takes what it likes.
/// let mut staged = queue.stage(4096)?;
/// assert_eq!(staged.remaining(), 17 + 2 + 12);
/// assert_eq!(staged.chunk(), b"HTTP/1.1 200 OK\r\n\r\nHello, world");
/// staged.advance(20);
///
/// assert_eq!(queue.stage(4096)?.chunk(), b"ello, world");
/// queue.advance(11);
/// assert!(queue.is_closed());
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Default)]
pub struct ProducerQueue {
    entries: Entries,
    pub(in crate::output) staging: Staging,
    state: State,
    /// How many bytes have been taken, by either way out.
    taken: u64,
    /// It has been drained since this was asked last.
    drained: bool,
}

impl ProducerQueue {
    /// How many bytes a producer counts for in [`queued`](Self::queued): 512.
    ///
    /// A producer has no length, yet it must count, or a peer that asks and never reads could fill memory with
    /// them below any mark. 512 is what asynchat's own producers gave at a time, and near what a small one takes up
    /// with its box and its state: 128 of them fill a mark of 64 KiB.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, ProducerQueue};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push_with_producer(IterProducer::new(["a"]))?;
    /// assert_eq!(queue.queued(), ProducerQueue::PRODUCER_WEIGHT);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub const PRODUCER_WEIGHT: usize = 512;

    /// An empty queue. Nothing is allocated before the first push.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(asynchat_core::ProducerQueue::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues a chunk behind everything queued so far. An empty one is dropped.
    ///
    /// Nothing is copied here, nor later if the chunk is large.
    ///
    /// # Errors
    ///
    /// [`PushError`] if nothing may be pushed any more; the data is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("250 OK\r\n")?;
    /// queue.push(vec![b'x'; 100])?;
    /// assert_eq!(queue.queued(), 108);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.state.admit()?;
        self.entries.push_chunk(data.into());
        Ok(())
    }

    /// Queues a copy of some bytes behind everything queued so far.
    ///
    /// For small answers, of which there may be thousands before the next write: none takes a slot or an allocation of
    /// its own. If there are no entries ahead, the bytes are staged at once, whatever the budget of the next
    /// [`stage`](Self::stage). Otherwise they become an entry, as one chunk with the slices pushed directly before and
    /// after them.
    ///
    /// # Errors
    ///
    /// [`PushError`] if nothing may be pushed any more.
    ///
    /// # Complexity
    ///
    /// Linear in the bytes, amortised.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push_slice(b"+OK\r\n")?;
    /// queue.push_slice(b"+PONG\r\n")?;
    /// assert_eq!(queue.queued(), 12);
    /// assert_eq!(queue.next_chunk()?.unwrap(), "+OK\r\n+PONG\r\n");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    #[inline]
    pub fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        self.state.admit()?;
        if self.entries.is_empty() && self.staging.length() < Staging::MAX_BUDGET {
            self.staging.append_slice(data);
        } else {
            self.entries.push_slice(data);
        }
        Ok(())
    }

    /// Queues a producer behind everything queued so far. It is not asked for anything yet.
    ///
    /// # Errors
    ///
    /// [`PushError`] if nothing may be pushed any more; the producer is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{ProducerQueue, SimpleProducer};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push_with_producer(SimpleProducer::new("a long story"))?;
    /// assert_eq!(queue.next_chunk()?.unwrap(), "a long story");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.state.admit()?;
        self.entries.push_producer(producer);
        Ok(())
    }

    /// Closes the queue once all that was queued has been taken; at once if there is nothing.
    ///
    /// "Taken" is: the last staged byte was advanced over, or [`stage`](Self::stage) or
    /// [`next_chunk`](Self::next_chunk) had nothing more to give.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{ProducerQueue, PushError};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("221 Bye\r\n")?;
    /// queue.close_when_done();
    /// assert_eq!(queue.push("more"), Err(PushError::Closing));
    /// assert_eq!(queue.next_chunk()?.unwrap(), "221 Bye\r\n");
    /// assert_eq!(queue.next_chunk()?, None);
    /// assert_eq!(queue.push("more"), Err(PushError::Closed));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn close_when_done(&mut self) {
        self.state.close_when_done();
        self.on_drained();
    }

    /// Drops everything: chunks, producers, and staged bytes not yet sent.
    ///
    /// An open queue stays open. One that was closing has nothing left to wait for, and is closed. One that failed
    /// stays failed: the bytes before the error are dropped, the error itself is not.
    ///
    /// The peer may have had the beginning of a chunk that was partly sent. Whether the stream still means anything
    /// after that is the protocol's business.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("never mind")?;
    /// queue.discard();
    /// queue.push("this instead")?;
    /// assert_eq!(queue.next_chunk()?.unwrap(), "this instead");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn discard(&mut self) {
        self.entries.clear();
        self.staging.clear();
        self.on_drained();
    }

    /// Whether there is nothing to take: no entry, no staged byte, no error that has not been returned yet.
    ///
    /// A producer counts until it has been asked and had no more, so a queue that is not empty may still have nothing
    /// to give.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, ProducerQueue};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push_with_producer(IterProducer::new([""; 0]))?;
    /// assert!(!queue.is_empty());
    /// assert_eq!(queue.next_chunk()?, None);
    /// assert!(queue.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.staging.is_empty() && self.entries.is_empty() && !self.state.is_failing()
    }

    /// Whether [`close_when_done`](Self::close_when_done) was called and there still is something to take.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("bye")?;
    /// queue.close_when_done();
    /// assert!(queue.is_closing() && !queue.is_closed());
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub fn is_closing(&self) -> bool {
        self.state.is_closing()
    }

    /// Whether nothing more will ever come: all was taken after [`close_when_done`](Self::close_when_done), or the
    /// error of a producer was returned.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.close_when_done();
    /// assert!(queue.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.state.is_closed()
    }

    /// How much is queued, in bytes: entries and staged bytes, a producer counted as
    /// [`PRODUCER_WEIGHT`](Self::PRODUCER_WEIGHT). For high-water marks.
    ///
    /// # Complexity
    ///
    /// Constant.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{ProducerQueue, SimpleProducer};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("12345")?;
    /// queue.push_with_producer(SimpleProducer::new("of any length"))?;
    /// assert_eq!(queue.queued(), 5 + 512);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub fn queued(&self) -> usize {
        self.entries.weight().saturating_add(self.staging.length())
    }

    /// How many bytes are staged: what [`advance`](Self::advance) may be given at most.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("12345")?;
    /// assert_eq!(queue.staged_len(), 0);
    /// queue.stage(4096)?;
    /// assert_eq!(queue.staged_len(), 5);
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn staged_len(&self) -> usize {
        self.staging.length()
    }

    /// Whether it is as good as a new one: empty, and neither closing nor failed.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.is_empty() && self.state.is_open()
    }

    /// Whether a producer has failed, and what it gave before has not all been taken.
    pub(crate) fn is_failing(&self) -> bool {
        self.state.is_failing()
    }

    /// Whether there was a moment without anything to take since this was asked last.
    pub(crate) fn take_drained(&mut self) -> bool {
        core::mem::take(&mut self.drained)
    }

    /// What is due whenever the last byte may have been taken.
    fn on_drained(&mut self) {
        if self.release_if_drained() {
            self.state.drained();
        }
    }

    /// Gives back what an idle connection should not hold, if there is nothing left; says whether that is so.
    fn release_if_drained(&mut self) -> bool {
        let drained = self.staging.is_empty() && self.entries.is_empty();
        if drained {
            self.entries.release();
            self.staging.release();
            self.drained = true;
        }
        drained
    }
}

/// Shows how much there is, never what: output may hold secrets, and has no bound.
impl fmt::Debug for ProducerQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerQueue")
            .field("state", &self.state)
            .field("entries", &self.entries.count())
            .field("queued", &self.queued())
            .field("staged", &self.staged_len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
