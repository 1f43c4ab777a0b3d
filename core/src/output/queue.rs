use core::{fmt, mem};

mod burst;
mod consume;
mod entries;
mod push;
mod staging;
mod state;

use burst::Burst;
use entries::Entries;
use staging::Staging;
use state::State;

/// The output queue of one connection: chunks and lazy [`Producer`](crate::output::Producer)s, sent in the order of the
/// pushes.
///
/// It is asynchat's `fifo`. In scope: one order for chunks and producers, partial writes of any size, and closing after
/// the last byte. Out of scope: writing, which is the driver's job, and backpressure. A caller that needs backpressure
/// compares [`queued`](Self::queued) with a high-water mark; the queue itself refuses no push for its size.
///
/// # From push to write
///
/// ```text
///   push ──────────────► ┌─────────┐  stage(budget)  ┌────────┐
///   push_with_producer ► │ entries │ ──────────────► │ staged │ ──► write ──► advance(n)
///                        └─────────┘  poll_more()    └────────┘
///                             │       is called here      │
///                             └───── poll_next_chunk ─────┴─────► one chunk, owned by the caller
/// ```
///
/// Entries stay as they were pushed. [`stage`](Self::stage) moves entries to the staged bytes, up to a budget. It
/// copies small chunks together and shares large ones, so that one vectored write takes all of them.
/// [`advance`](Self::advance), or `advance` on the returned [`Transmit`](crate::output::Transmit), drops exactly the
/// bytes that the transport has written.
///
/// [`poll_next_chunk`](Self::poll_next_chunk) is for transports that send whole chunks: each pushed chunk comes out as
/// one chunk. Use one of the two ways. If you use both, staged bytes come out first.
///
/// # Waiting
///
/// A producer may have no chunk yet. Entries that were pushed behind it wait, in order, and no more is staged. The queue
/// then [is pending](Self::is_pending), which is not the same as empty: the producer wakes the task of the context that it
/// was asked with, and the next call asks it again. No producer behind it is asked meanwhile.
///
/// # Closing and failing
///
/// ```text
///   open ── close_when_done ──► closing ── all consumed ──► closed
///     └──── a producer fails ──────┴──► failing ── all staged before consumed ──► failed
/// ```
///
/// A push is refused, and its data dropped, in every state but `open`. The error of a producer keeps its place in the
/// stream: the chunks that the producer gave before it failed are sent first. The queue returns the original error
/// once. Every later call returns an error with the same text.
///
/// # Memory
///
/// Less than the budget plus one chunk is staged, not counting the bytes that were [pushed as
/// slices](Self::push_slice). A drained queue keeps at most half a KiB for the next push, so that small answers
/// allocate nothing; it frees anything larger at once.
///
/// # Examples
///
/// ```
/// use asynchat_core::{IterProducer, ProducerQueue, PushError};
/// use bytes::Buf;
/// use core::task::{Context, Waker};
///
/// let cx = &mut Context::from_waker(Waker::noop());
/// let mut queue = ProducerQueue::new();
/// queue.push("HTTP/1.1 200 OK\r\n")?;
/// queue.push("\r\n")?;
/// queue.push_with_producer(IterProducer::new(["Hello, ", "world"]))?;
/// queue.close_when_done();
/// assert_eq!(queue.push("too late"), Err(PushError::Closing));
///
/// // The socket accepts 20 bytes of the first write, then the rest.
/// let mut transmit = queue.stage(cx, 4096)?;
/// assert_eq!(transmit.remaining(), 17 + 2 + 12);
/// assert_eq!(transmit.chunk(), b"HTTP/1.1 200 OK\r\n\r\nHello, world");
/// transmit.advance(20);
///
/// assert_eq!(queue.stage(cx, 4096)?.chunk(), b"ello, world");
/// queue.advance(11);
/// assert!(queue.is_closed());
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Default)]
pub struct ProducerQueue {
    entries: Entries,
    pub(in crate::output) staging: Staging,
    state: State,
    /// The number of bytes that have left the queue, through `advance` or `poll_next_chunk`.
    consumed: u64,
    /// The entries of a burst.
    chunks: Burst,
    /// True if the producer at the front was pending when it was last asked.
    front_pending: bool,
    /// True if the queue has been drained since the last [`take_drained`](Self::take_drained).
    drained: bool,
}

impl ProducerQueue {
    /// The number of bytes that a chunk counts for in [`queued`](Self::queued), in addition to its length: 96.
    ///
    /// A chunk of one byte has a slot of 32 bytes on 64-bit systems, in a list that is up to half empty, an allocation
    /// of at least 32 bytes, and often a reference count in an allocation of its own. If it counted for one byte, a
    /// peer that sends requests and never reads could fill 40 times the high-water mark.
    ///
    /// [`push_slice`](Self::push_slice) has no such cost: the bytes of many slices share one chunk.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("12345")?;
    /// assert_eq!(queue.queued(), 5 + ProducerQueue::CHUNK_COST);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub const CHUNK_COST: usize = 96;

    /// The number of bytes that a producer counts for in [`queued`](Self::queued), at least: 1,024. A producer whose
    /// value is larger counts for its size.
    ///
    /// A producer has no length, but it must count. If it did not, a peer that sends requests and never reads could
    /// fill memory with producers below any high-water mark. 1 KiB is more than a small producer takes up with its box,
    /// its state and a short buffer: 64 producers fill a mark of 64 KiB.
    ///
    /// The queue cannot see the memory that a producer allocates for itself. A producer that refers to much, such as
    /// the values of an answer, should be pushed in parts that each refer to about this many bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, ProducerQueue};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push_with_producer(IterProducer::new(["a"]))?;
    /// assert_eq!(queue.queued(), ProducerQueue::PRODUCER_COST);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub const PRODUCER_COST: usize = 1024;

    /// The number of bytes that a [deferred reply](Self::push_deferred) counts for in [`queued`](Self::queued), while it
    /// is not answered: 160. The answer then counts like a chunk, or like a producer, in addition.
    ///
    /// On a 64-bit system it has a slot of 32 bytes, in a list that is up to half empty, and an allocation of 72 bytes that
    /// it shares with its [`Deferred`](crate::output::Deferred). So 1,638 requests may wait for their answers below a mark
    /// of 256 KiB.
    #[cfg(feature = "std")]
    pub const DEFERRED_COST: usize = 160;

    /// Creates an empty queue. It allocates nothing before the first push.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(asynchat_core::ProducerQueue::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether nothing is left to send: no entry, no staged byte, and no error that has not been returned yet.
    ///
    /// A producer counts as an entry until it has been asked and had no more. So a queue that is not empty may still
    /// have no byte to give.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{IterProducer, ProducerQueue};
    /// use core::task::{Context, Waker};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push_with_producer(IterProducer::new([""; 0]))?;
    /// assert!(!queue.is_empty());
    /// assert!(queue.poll_next_chunk(&mut Context::from_waker(Waker::noop()))?.is_ready());
    /// assert!(queue.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.staging.is_empty() && self.entries.is_empty() && !self.state.is_failing()
    }

    /// Returns whether [`close_when_done`](Self::close_when_done) was called and something is left to send.
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

    /// Returns whether the queue will never give another byte: it has been drained after
    /// [`close_when_done`](Self::close_when_done), or the error of a producer has been returned.
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

    /// Returns what the queue costs in memory, in bytes, to compare with a high-water mark (backpressure).
    ///
    /// A chunk counts as its length and [`CHUNK_COST`](Self::CHUNK_COST), a producer as
    /// [`PRODUCER_COST`](Self::PRODUCER_COST), a staged byte as one. The memory of the queue is less than twice this
    /// number, plus a constant. The queue cannot see unused capacity: a chunk that is made of a `Vec` with a capacity
    /// far above its length holds all of it.
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
    /// assert_eq!(queue.queued(), 5 + ProducerQueue::CHUNK_COST + ProducerQueue::PRODUCER_COST);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub fn queued(&self) -> usize {
        // Saturates: on 32 bits, clones of one large chunk can add up to more than a `usize` holds.
        self.entries.cost().saturating_add(self.staging.remaining())
    }

    /// Returns how many bytes wait to be sent, for an error message. Their cost in memory is
    /// [`queued`](Self::queued). A producer has no length and counts as one byte, so that the result is 0 only if
    /// nothing waits.
    ///
    /// # Complexity
    ///
    /// Linear in the number of entries.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("12345")?;
    /// assert_eq!(queue.unsent_len(), 5);
    /// # Ok::<(), asynchat_core::PushError>(())
    /// ```
    pub fn unsent_len(&self) -> usize {
        self.entries.unsent_len().saturating_add(self.staging.remaining())
    }

    /// Returns the number of staged bytes, which is the most that [`advance`](Self::advance) accepts.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    /// use core::task::{Context, Waker};
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("12345")?;
    /// assert_eq!(queue.staged_len(), 0);
    /// queue.stage(&mut Context::from_waker(Waker::noop()), 4096)?;
    /// assert_eq!(queue.staged_len(), 5);
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn staged_len(&self) -> usize {
        self.staging.remaining()
    }

    /// Returns whether there is no byte to send until a producer wakes the task: nothing is staged, and the producer at the
    /// front was pending when it was last asked.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// use core::task::{Context, Waker};
    ///
    /// use asynchat_core::ProducerQueue;
    ///
    /// let cx = &mut Context::from_waker(Waker::noop());
    /// let mut queue = ProducerQueue::new();
    /// let reply = queue.push_deferred()?;
    /// queue.stage(cx, 4096)?;
    /// assert!(queue.is_pending() && !queue.is_empty());
    /// reply.send("250 OK\r\n");
    /// queue.stage(cx, 4096)?;
    /// assert!(!queue.is_pending());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn is_pending(&self) -> bool {
        self.front_pending && self.staging.is_empty()
    }

    /// Returns whether the producer at the front was pending when it was last asked, whatever is staged.
    pub(crate) fn is_front_pending(&self) -> bool {
        self.front_pending
    }

    /// Notes that the task was woken: a producer that was pending is worth asking again.
    pub(crate) fn ask_again(&mut self) {
        self.front_pending = false;
    }

    /// Returns what a chunk of this length costs, in a queue or a mailbox.
    #[inline(always)]
    pub(crate) fn chunk_cost(len: usize) -> usize {
        // Wraps never: no chunk is longer than `isize::MAX`.
        len.wrapping_add(Self::CHUNK_COST)
    }

    /// Returns what a boxed value of this size costs: a producer in a queue, or a call in a mailbox.
    pub(crate) fn boxed_cost(size: usize) -> usize {
        Self::chunk_cost(size).max(Self::PRODUCER_COST)
    }

    /// Returns whether the queue is as good as a new one: empty, and neither closing nor failed.
    pub(crate) fn is_idle(&self) -> bool {
        self.is_empty() && self.state.is_open()
    }

    /// Returns whether a producer has failed and its error has not been returned yet.
    pub(crate) fn is_failing(&self) -> bool {
        self.state.is_failing()
    }

    /// Returns whether the queue was drained, even for a moment, since the last call.
    pub(crate) fn take_drained(&mut self) -> bool {
        mem::take(&mut self.drained)
    }

    /// Returns the number of bytes that have left the queue since it was created. The output rate is measured by it.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Closes a closing queue, and frees memory, if the last byte has been consumed.
    fn on_drained(&mut self) {
        if self.shrink_if_drained() {
            self.state.on_drained();
        }
    }

    /// Frees the memory that an idle connection should not hold, if nothing is left; returns whether that is so.
    fn shrink_if_drained(&mut self) -> bool {
        let drained = self.staging.is_empty() && self.entries.is_empty();
        if drained {
            self.chunks.end();
            self.entries.shrink_to_idle();
            self.staging.shrink_to_idle();
            self.drained = true;
        }
        drained
    }
}

/// Shows lengths and the state, never the bytes: output may hold secrets, and has no bound.
impl fmt::Debug for ProducerQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerQueue")
            .field("state", &self.state)
            .field("entries", &self.entries.len())
            .field("queued", &self.queued())
            .field("staged", &self.staged_len())
            .field("is_pending", &self.is_pending())
            .finish()
    }
}

#[cfg(test)]
mod tests;
