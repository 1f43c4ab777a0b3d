//! The oracle of `ProducerQueue`.

use std::collections::VecDeque;
use std::task::Poll;

use asynchat_core::{ProducerQueue, PushError};

/// The most bytes of adjacent slices that count as one chunk.
const MAX_JOINED: usize = 32 * 1024;

/// One answer of a producer. After the last one, the producer is exhausted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProducerOutput {
    /// A chunk. An empty one ends the producer.
    Chunk(Vec<u8>),
    /// Not yet: the next call gives the next output (O8).
    Pending,
    /// An error.
    Error,
}

/// The answer of a deferred reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Bytes; none is no answer to send.
    Data(Vec<u8>),
    /// A producer of these outputs.
    Producer(Vec<ProducerOutput>),
    /// The reply is left out.
    Skip,
    /// The reply was dropped: its place fails.
    Drop,
}

/// A producer has failed, and everything that it returned before has been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerFailed;

#[derive(Clone, Debug)]
enum Entry {
    Chunk(Vec<u8>),
    /// Adjacent slices, merged up to [`MAX_JOINED`].
    Slices(Vec<u8>),
    Producer {
        number: usize,
        outputs: VecDeque<ProducerOutput>,
    },
    /// A deferred reply, and its answer as an entry: `None` until there is one.
    Deferred {
        number: usize,
        answer: Option<Answered>,
        /// The cost of the answer is counted.
        counted: bool,
    },
}

impl Entry {
    fn weight(&self) -> usize {
        match self {
            Self::Chunk(chunk) | Self::Slices(chunk) => ProducerQueue::CHUNK_COST + chunk.len(),
            Self::Producer { .. } => ProducerQueue::PRODUCER_COST,
            Self::Deferred { answer: Some(Answered::Entry(entry)), counted: true, .. } => {
                ProducerQueue::DEFERRED_COST + entry.weight()
            }
            Self::Deferred { .. } => ProducerQueue::DEFERRED_COST,
        }
    }

    fn has_producer(&self, producer: usize) -> bool {
        match self {
            Self::Producer { number, .. } => *number == producer,
            Self::Deferred { answer: Some(Answered::Entry(entry)), .. } => entry.has_producer(producer),
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
enum Answered {
    Entry(Box<Entry>),
    Nothing,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Closing,
    Closed,
    /// A producer has failed; the staged bytes are sent first.
    Failing,
    Failed,
}

/// The entries, the staged bytes, and how often each producer was called.
#[derive(Clone, Debug)]
pub struct QueueOracle {
    entries: VecDeque<Entry>,
    staged: Vec<u8>,
    state: State,
    producer_calls: Vec<usize>,
    /// The number of deferred replies that were accepted.
    deferred: usize,
    /// The producer at the front was pending when it was last asked.
    front_pending: bool,
}

impl Default for QueueOracle {
    fn default() -> Self {
        Self {
            entries: VecDeque::new(),
            staged: Vec::new(),
            state: State::Open,
            producer_calls: Vec::new(),
            deferred: 0,
            front_pending: false,
        }
    }
}

impl QueueOracle {
    /// Queues a chunk (O1).
    ///
    /// # Errors
    ///
    /// When the queue is closing or closed (O2).
    pub fn push(&mut self, chunk: Vec<u8>) -> Result<(), PushError> {
        self.admit()?;
        if !chunk.is_empty() {
            self.entries.push_back(Entry::Chunk(chunk));
        }
        Ok(())
    }

    /// Queues a slice (O1). It is staged at once if every entry ahead of it is staged. Otherwise it is merged with the
    /// slices directly before it, up to 32 KiB.
    ///
    /// # Errors
    ///
    /// When the queue is closing or closed (O2).
    pub fn push_slice(&mut self, slice: &[u8]) -> Result<(), PushError> {
        self.admit()?;
        if slice.is_empty() {
            return Ok(());
        }
        if self.entries.is_empty() {
            self.staged.extend(slice);
        } else if let Some(Entry::Slices(slices)) = self.entries.back_mut()
            && slices.len() + slice.len() <= MAX_JOINED
        {
            slices.extend(slice);
        } else {
            self.entries.push_back(Entry::Slices(slice.to_vec()));
        }
        Ok(())
    }

    /// Queues a producer (O1). Producers are numbered in the order of their acceptance.
    ///
    /// # Errors
    ///
    /// When the queue is closing or closed (O2).
    pub fn push_producer(&mut self, outputs: Vec<ProducerOutput>) -> Result<(), PushError> {
        self.admit()?;
        self.entries.push_back(Entry::Producer { number: self.producer_calls.len(), outputs: outputs.into() });
        self.producer_calls.push(0);
        Ok(())
    }

    /// Queues a deferred reply (O8). They are numbered in the order of their acceptance.
    ///
    /// # Errors
    ///
    /// When the queue is closing or closed (O2).
    pub fn push_deferred(&mut self) -> Result<(), PushError> {
        self.admit()?;
        self.count_answers();
        self.entries.push_back(Entry::Deferred { number: self.deferred, answer: None, counted: false });
        self.deferred += 1;
        Ok(())
    }

    /// Answers a deferred reply, in its place (O8). A producer is numbered now. Returns whether the queue still has the
    /// reply: otherwise the answer is dropped.
    pub fn answer(&mut self, reply: usize, answer: Answer) -> bool {
        let next_producer = self.producer_calls.len();
        let place = self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Deferred { number, answer, .. } if *number == reply => Some(answer),
            _ => None,
        });
        let Some(place) = place else { return false };
        *place = Some(match answer {
            Answer::Data(data) if data.is_empty() => Answered::Nothing,
            Answer::Data(data) => Answered::Entry(Box::new(Entry::Chunk(data))),
            Answer::Producer(outputs) => {
                self.producer_calls.push(0);
                Answered::Entry(Box::new(Entry::Producer { number: next_producer, outputs: outputs.into() }))
            }
            Answer::Skip => Answered::Nothing,
            Answer::Drop => Answered::Error,
        });
        true
    }

    /// Returns whether a deferred reply still has its place. Its `Deferred` is closed otherwise.
    #[must_use]
    pub fn has_place(&self, reply: usize) -> bool {
        self.entries.iter().any(|entry| matches!(entry, Entry::Deferred { number, .. } if *number == reply))
    }

    /// Returns whether nothing can be sent before a producer has more (O8).
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.front_pending && self.staged.is_empty()
    }

    fn admit(&self) -> Result<(), PushError> {
        match self.state {
            State::Open => Ok(()),
            State::Closing => Err(PushError::Closing),
            State::Closed | State::Failing | State::Failed => Err(PushError::Closed),
        }
    }

    /// Stages entries until at least `budget` bytes are staged (O3).
    ///
    /// # Errors
    ///
    /// When no bytes are staged and a producer has failed.
    pub fn stage(&mut self, budget: usize) -> Result<&[u8], ProducerFailed> {
        self.count_answers();
        while self.staged.len() < budget {
            match self.next_entry() {
                Poll::Ready(Some(chunk)) => self.staged.extend(chunk),
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        if self.staged.is_empty() {
            self.on_empty()?;
        }
        Ok(&self.staged)
    }

    /// Removes the first `count` staged bytes: they were written.
    pub fn advance(&mut self, count: usize) {
        self.staged.drain(..count);
        self.on_drained();
    }

    /// Returns the next chunk. Call it only while no bytes are staged: the contract does not say how staged bytes are
    /// split into chunks.
    ///
    /// # Errors
    ///
    /// When a producer has failed.
    pub fn next_chunk(&mut self) -> Poll<Result<Option<Vec<u8>>, ProducerFailed>> {
        let Poll::Ready(chunk) = self.next_entry() else { return Poll::Pending };
        if chunk.is_none() {
            self.on_empty()?;
        }
        Poll::Ready(Ok(chunk))
    }

    /// Removes the first `count` staged bytes: core returned them as a chunk.
    pub fn take_staged(&mut self, count: usize) {
        self.staged.drain(..count);
    }

    /// Closes after everything that is queued (O4).
    pub fn close_when_done(&mut self) {
        if self.state == State::Open {
            self.state = State::Closing;
        }
        self.on_drained();
    }

    /// Drops everything that is queued (O5).
    pub fn discard(&mut self) {
        self.entries.clear();
        self.front_pending = false;
        self.staged.clear();
        self.on_drained();
    }

    /// The staged bytes.
    #[must_use]
    pub fn staged(&self) -> &[u8] {
        &self.staged
    }

    /// Returns whether nothing is left to take, not even an error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.staged.is_empty() && self.state != State::Failing
    }

    /// Returns whether the queue is closing: it accepts no more and is not yet empty.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.state == State::Closing
    }

    /// Returns whether the queue is closed or has failed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed | State::Failed)
    }

    /// The cost of the queue: a staged byte one, a chunk its length and a fixed weight, a producer a fixed weight, a
    /// deferred reply a fixed weight and that of its answer (O9). An answer is counted when more is staged or deferred,
    /// or when it is reached.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.staged.len() + self.entries.iter().map(Entry::weight).sum::<usize>()
    }

    /// The number of calls of each producer (O3).
    #[must_use]
    pub fn producer_calls(&self) -> &[usize] {
        &self.producer_calls
    }

    /// Returns whether a producer is still queued. An exhausted one has been dropped (O3).
    #[must_use]
    pub fn is_queued(&self, producer: usize) -> bool {
        self.entries.iter().any(|entry| entry.has_producer(producer))
    }

    fn next_entry(&mut self) -> Poll<Option<Vec<u8>>> {
        let next = self.poll_entries();
        self.front_pending = next.is_pending();
        next
    }

    fn poll_entries(&mut self) -> Poll<Option<Vec<u8>>> {
        loop {
            match self.entries.pop_front() {
                None => return Poll::Ready(None),
                Some(Entry::Chunk(chunk) | Entry::Slices(chunk)) => return Poll::Ready(Some(chunk)),
                Some(Entry::Producer { number, mut outputs }) => {
                    self.producer_calls[number] += 1;
                    match outputs.pop_front() {
                        Some(ProducerOutput::Error) => self.fail(),
                        Some(ProducerOutput::Pending) => {
                            self.entries.push_front(Entry::Producer { number, outputs });
                            return Poll::Pending;
                        }
                        Some(ProducerOutput::Chunk(chunk)) if !chunk.is_empty() => {
                            self.entries.push_front(Entry::Producer { number, outputs });
                            return Poll::Ready(Some(chunk));
                        }
                        Some(ProducerOutput::Chunk(_)) | None => {}
                    }
                }
                Some(entry @ Entry::Deferred { answer: None, .. }) => {
                    self.entries.push_front(entry);
                    return Poll::Pending;
                }
                Some(Entry::Deferred { answer: Some(answered), .. }) => {
                    self.count_answers();
                    match answered {
                        Answered::Entry(entry) => self.entries.push_front(*entry),
                        Answered::Nothing => {}
                        Answered::Error => self.fail(),
                    }
                }
            }
        }
    }

    fn fail(&mut self) {
        self.entries.clear();
        self.state = State::Failing;
    }

    fn count_answers(&mut self) {
        for entry in &mut self.entries {
            if let Entry::Deferred { answer: Some(_), counted, .. } = entry {
                *counted = true;
            }
        }
    }

    fn on_empty(&mut self) -> Result<(), ProducerFailed> {
        self.on_drained();
        if matches!(self.state, State::Failing | State::Failed) {
            self.state = State::Failed;
            return Err(ProducerFailed);
        }
        Ok(())
    }

    fn on_drained(&mut self) {
        if self.state == State::Closing && self.entries.is_empty() && self.staged.is_empty() {
            self.state = State::Closed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_oracle_stages_in_order_up_to_budget() {
        let mut oracle = QueueOracle::default();
        oracle.push(b"ab".to_vec()).unwrap();
        oracle
            .push_producer(vec![ProducerOutput::Chunk(b"cd".to_vec()), ProducerOutput::Chunk(b"ef".to_vec())])
            .unwrap();
        oracle.push(b"gh".to_vec()).unwrap();
        oracle.close_when_done();
        assert_eq!(oracle.stage(3), Ok(&b"abcd"[..]));
        assert_eq!(oracle.producer_calls(), [1]);
        oracle.advance(3);
        assert_eq!(oracle.stage(100), Ok(&b"defgh"[..]));
        assert_eq!((oracle.producer_calls()[0], oracle.is_queued(0)), (3, false));
        oracle.advance(5);
        assert!(oracle.is_closed());
    }

    #[test]
    fn queue_oracle_reports_error_after_earlier_output() {
        let mut oracle = QueueOracle::default();
        oracle.push_producer(vec![ProducerOutput::Chunk(b"ab".to_vec()), ProducerOutput::Error]).unwrap();
        oracle.push(b"never".to_vec()).unwrap();
        assert_eq!(oracle.stage(100), Ok(&b"ab"[..]));
        oracle.advance(2);
        assert_eq!(oracle.stage(100), Err(ProducerFailed));
        assert!(oracle.is_closed());
    }
}
