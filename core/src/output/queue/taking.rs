//! The way out of the queue.

use bytes::Bytes;

use super::ProducerQueue;
use super::staging::Staging;
use crate::error::BoxError;
use crate::output::transmit::Transmit;

impl ProducerQueue {
    /// Takes the next chunk, which is then the caller's to send.
    ///
    /// What was pushed as one chunk, or came from a producer as one, comes out as one; except that what has already
    /// been staged comes first, as it was staged. `None`: there is nothing now, and if the queue was closing, it is
    /// closed. So ask for the next chunk once the last has been sent, even if the queue [is empty](Self::is_empty).
    ///
    /// # Errors
    ///
    /// What the producer at the front returned; everything behind it is dropped. Every later call fails with an error
    /// that reads the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("one")?;
    /// queue.push("two")?;
    /// assert_eq!(queue.next_chunk()?.unwrap(), "one");
    /// assert_eq!(queue.next_chunk()?.unwrap(), "two");
    /// assert_eq!(queue.next_chunk()?, None);
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn next_chunk(&mut self) -> Result<Option<Bytes>, BoxError> {
        let chunk = match self.staging.take_front() {
            Some(chunk) => Some(chunk),
            None => self.next_entry(),
        };
        match &chunk {
            Some(chunk) => {
                self.taken = self.taken.saturating_add(chunk.len() as u64);
                self.release_if_drained();
            }
            None => self.on_empty()?,
        }
        Ok(chunk)
    }

    /// Stages entries until `budget` bytes are staged, and returns a view of all that is.
    ///
    /// Nothing is moved and no producer is asked while `budget` bytes or more are staged: so less than the budget and
    /// one chunk is staged at any time, unless more was by [`push_slice`](Self::push_slice). Neighbouring small chunks are copied together; a large one is not copied.
    ///
    /// The view is empty only if there is nothing to send, or the budget is 0. What is not advanced over stays
    /// staged.
    ///
    /// # Errors
    ///
    /// What a producer returned, once everything staged before it has been taken; everything behind it is dropped
    /// unseen. Every later call fails with an error that reads the same.
    ///
    /// # Complexity
    ///
    /// Linear in the number of entries moved and the bytes of the small ones, amortised; what is staged already costs
    /// nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    /// use bytes::Buf;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("one ")?;
    /// queue.push("two ")?;
    /// queue.push("three")?;
    /// assert_eq!(queue.stage(5)?.chunk(), b"one two ");
    /// assert_eq!(queue.stage(5)?.chunk(), b"one two ");
    /// assert_eq!(queue.stage(9)?.chunk(), b"one two three");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn stage(&mut self, budget: usize) -> Result<Transmit<'_>, BoxError> {
        let budget = budget.min(Staging::MAX_BUDGET);
        let room = budget.saturating_sub(self.staging.length());
        self.staging.reserve(self.entries.small_ahead(room, Staging::COPIED_BELOW));
        while self.staging.length() < budget {
            let Some(chunk) = self.next_entry() else {
                break;
            };
            self.staging.append(chunk);
        }
        if self.staging.is_empty() {
            self.on_empty()?;
        }
        Ok(Transmit::new(self))
    }

    /// A view of what is staged already, without staging more.
    pub(crate) fn staged(&mut self) -> Transmit<'_> {
        Transmit::new(self)
    }

    /// How many bytes have been taken since the queue was made, either way: what a clock measures progress by.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Drops the first `count` staged bytes: the transport has taken them.
    ///
    /// # Panics
    ///
    /// If `count` is more than [`staged_len`](Self::staged_len), as [`bytes::Buf::advance`] does: no transport can
    /// have taken what it was not given, and to go on would lose bytes unseen.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::ProducerQueue;
    /// use bytes::Buf;
    ///
    /// let mut queue = ProducerQueue::new();
    /// queue.push("hello")?;
    /// queue.stage(4096)?;
    /// queue.advance(2);
    /// assert_eq!(queue.stage(4096)?.chunk(), b"llo");
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    pub fn advance(&mut self, count: usize) {
        self.staging.advance(count);
        self.taken = self.taken.saturating_add(count as u64);
        self.on_drained();
    }

    /// The next chunk behind what is staged. A producer's error goes into the state, to be returned when its turn
    /// comes.
    fn next_entry(&mut self) -> Option<Bytes> {
        self.entries.next_chunk().unwrap_or_else(|error| {
            self.state.fail(error);
            None
        })
    }

    /// The consumer asked and there was nothing: now is the turn of an error, or of the close.
    fn on_empty(&mut self) -> Result<(), BoxError> {
        self.on_drained();
        match self.state.failure() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
