//! The output that a protocol pushes.

use core::fmt;

use bytes::Bytes;

use super::{Channel, Close};
#[cfg(feature = "std")]
use crate::output::{Deferred, deferred};
use crate::output::{Producer, ProducerQueue, PushError};

impl Channel {
    /// Queues bytes to be sent: a `&'static str`, a `String`, a `Vec<u8>` or [`Bytes`]. Copies none of them now, and never
    /// copies a large chunk.
    ///
    /// Borrowed bytes do not compile here ("borrowed data escapes", "`data` must outlive `'static`"): copy them with
    /// [`push_slice`](Self::push_slice). For text that is formatted, there is `write!(channel, "250 {n}\r\n")`.
    ///
    /// ```compile_fail,E0521
    /// fn collect_incoming_data(data: &[u8], channel: &mut asynchat_core::Channel) {
    ///     let _ = channel.push(data);
    /// }
    /// ```
    ///
    /// # Large answers
    ///
    /// The queue refuses no push for its size. Backpressure acts between two events, so one event can queue any number
    /// of bytes. Push an answer that may be large, or whose length a peer chooses, as a
    /// [producer](Self::push_with_producer): it makes its output as the peer takes it. A chunk adds
    /// [`ProducerQueue::CHUNK_COST`] to [`queued`](Self::queued); many small answers are cheaper with
    /// [`push_slice`](Self::push_slice).
    ///
    /// # Errors
    ///
    /// [`PushError::Closing`] after [`close_when_done`](Self::close_when_done), [`finish`](Self::finish) and
    /// [`upgrade_when_done`](Self::upgrade_when_done), and [`PushError::Closed`] after the close, or when the output has
    /// ended. The bytes are dropped.
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        match self.close {
            Close::No => self.queue.push(data),
            _ => self.refuse(),
        }
    }

    /// Queues a copy of some bytes to be sent. For small answers this is cheaper than [`push`](Self::push): no [`Bytes`] is
    /// made, and the bytes are copied once.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    ///
    /// # Complexity
    ///
    /// Linear in the bytes. Amortized, nothing is allocated.
    pub fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        match self.close {
            Close::No => self.queue.push_slice(data),
            _ => self.refuse(),
        }
    }

    /// Queues a producer, which is asked for more only as the peer takes its output: backpressure. Use it for every
    /// answer that may be large.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        match self.close {
            Close::No => self.queue.push_with_producer(producer),
            _ => self.refuse(),
        }
    }

    /// Queues a reply that is sent later, from any task or thread: it keeps its place among the replies. Output that is
    /// pushed behind it waits for it, and input is read and delivered meanwhile.
    ///
    /// While this end owes the reply, the peer owes nothing: neither
    /// [`Config::min_output_rate`](crate::chat::Config::min_output_rate) nor
    /// [`Config::idle_timeout`](crate::chat::Config::idle_timeout) runs against it. No timeout bounds the wait; a reply
    /// that may never come needs one of its own, in the code that has the [`Deferred`].
    /// [`close_when_done`](Self::close_when_done) waits for the reply too.
    ///
    /// # Memory
    ///
    /// A reply adds [`ProducerQueue::DEFERRED_COST`] to [`queued`](Self::queued) while it waits, and its answer as much
    /// as a pushed one, from when it comes. So a peer that pipelines requests without end is held back at
    /// [`Config::high_water`](crate::chat::Config::high_water): with the default, after 1,638 requests that wait.
    ///
    /// The answers to these requests may exceed the mark together: 1,638 answers of 100 KB are 160 MB. Send a large answer
    /// with [`Deferred::send_producer`], which makes it as the peer takes it, or [pause](Self::pause) after fewer requests.
    /// The work that answers may keep a part of each request, such as its body: the mark does not bound that.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    #[cfg(feature = "std")]
    pub fn push_deferred(&mut self) -> Result<Deferred, PushError> {
        match self.close {
            Close::No => self.queue.push_deferred(),
            // If a write has failed, the answer is dropped.
            _ => self.refuse().map(|()| deferred().0),
        }
    }

    /// Returns what the output that waits to be sent costs in memory, in bytes: [`ProducerQueue::queued`].
    pub fn queued(&self) -> usize {
        self.queue.queued()
    }

    pub(crate) fn queue(&self) -> &ProducerQueue {
        &self.queue
    }

    pub(crate) fn queue_mut(&mut self) -> &mut ProducerQueue {
        &mut self.queue
    }

    /// A write has failed: drops the output, and accepts and drops what is pushed from now on. The handler is given the
    /// input that has arrived as usual.
    pub(crate) fn lose_output(&mut self) {
        if self.close == Close::No {
            self.close = Close::OutputLost;
        }
        self.sent_before = self.sent();
        // A new queue, since one whose producer has failed would stay failed.
        self.queue = ProducerQueue::new();
    }

    /// Refuses a push, or drops it if a write has failed.
    #[cold]
    pub(super) fn refuse(&self) -> Result<(), PushError> {
        match self.close {
            Close::OutputLost if self.ends_output => Err(PushError::Closing),
            Close::No | Close::OutputLost => Ok(()),
            Close::Upgrade | Close::WhenDone => Err(PushError::Closing),
            Close::Aborted | Close::Done => Err(PushError::Closed),
        }
    }
}

/// Text for the output: `write!(channel, "250 {n}\r\n")` copies it once, as [`Channel::push_slice`] does, and allocates no
/// `String`.
///
/// A refused push is a [`fmt::Error`], which has no cause: [`Channel::push`] says why.
///
/// # Examples
///
/// ```
/// use std::fmt::Write;
/// use asynchat_core::{BoxError, Channel};
///
/// fn answer(queued: usize, channel: &mut Channel) -> Result<(), BoxError> {
///     write!(channel, "250 {queued} queued\r\n")?;
///     Ok(())
/// }
/// ```
impl fmt::Write for Channel {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_slice(text.as_bytes()).map_err(|_| fmt::Error)
    }
}
