//! Runs a `ProducerQueue` and its oracle in lockstep, and compares everything visible of the queue after each call.

use std::io::IoSlice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::vec;

use asynchat_core::{BoxError, Deferred, Producer, ProducerQueue};
use bytes::{Buf, Bytes};

use crate::harness::noop_context;
use crate::oracle::{Answer, ProducerOutput, QueueOracle};

/// The error of a failing producer.
const FAILURE: &str = "the disk is on fire";

/// A call on the queue.
#[derive(Clone, Debug)]
pub enum Call {
    /// Pushes this many bytes.
    Push(usize),
    /// Pushes this many bytes as a slice.
    PushSlice(usize),
    /// Pushes a producer of chunks of these lengths, which is pending once before each chunk for which there is `None`, and
    /// fails after them if the flag is set.
    PushProducer(Vec<Option<usize>>, bool),
    /// Pushes a deferred reply.
    PushDeferred,
    /// Answers one of the deferred replies that have no answer yet.
    Answer(usize, Reply),
    /// Stages up to a budget, the first number, and writes at most the second number of bytes.
    Write(usize, usize),
    /// Takes a chunk.
    NextChunk,
    /// Calls `close_when_done`.
    CloseWhenDone,
    /// Calls `discard`.
    Discard,
}

/// The answer of a deferred reply.
#[derive(Clone, Debug)]
pub enum Reply {
    /// This many bytes.
    Send(usize),
    /// A producer, as in [`Call::PushProducer`].
    SendProducer(Vec<Option<usize>>, bool),
    /// No bytes.
    Skip,
    /// The reply is dropped, which fails the queue in its place.
    Drop,
}

/// A queue and its oracle.
#[derive(Debug, Default)]
pub struct QueueLockstep {
    queue: ProducerQueue,
    oracle: QueueOracle,
    probes: Vec<Probe>,
    /// The deferred replies that have no answer yet, with their numbers.
    replies: Vec<(usize, Deferred)>,
    replies_made: usize,
    /// The number of bytes that have been made. Each differs from its neighbours, so that a lost or doubled byte is seen.
    bytes_made: usize,
}

/// The part of a producer that a test can still see when it was pushed.
#[derive(Debug)]
struct Probe {
    calls: Arc<AtomicUsize>,
    alive: Weak<()>,
}

impl QueueLockstep {
    /// Makes one call on both, and compares the results and everything that is visible afterwards.
    ///
    /// # Panics
    ///
    /// When the contract requires another result.
    pub fn call(&mut self, call: &Call) {
        match call {
            Call::Push(length) => {
                let chunk = self.make(*length);
                assert_eq!(self.queue.push(chunk.clone()), self.oracle.push(chunk));
            }
            Call::PushSlice(length) => {
                let slice = self.make(*length);
                assert_eq!(self.queue.push_slice(&slice), self.oracle.push_slice(&slice));
            }
            Call::PushProducer(lengths, fails) => self.push_producer(lengths, *fails),
            Call::PushDeferred => self.push_deferred(),
            Call::Answer(which, reply) => self.answer(*which, reply),
            Call::Write(budget, most) => self.write(*budget, *most),
            Call::NextChunk => self.next_chunk(),
            Call::CloseWhenDone => {
                self.queue.close_when_done();
                self.oracle.close_when_done();
            }
            Call::Discard => {
                self.queue.discard();
                self.oracle.discard();
            }
        }
        self.check();
    }

    /// Answers the deferred replies, and takes everything that is left, in writes of at most `most` bytes.
    ///
    /// # Panics
    ///
    /// When the contract requires another result.
    pub fn drain(&mut self, budget: usize, most: usize) {
        while !self.replies.is_empty() {
            self.call(&Call::Answer(most, Reply::Send(most % 7)));
        }
        while !self.oracle.is_empty() {
            self.call(&Call::Write(budget.max(1), most.max(1)));
        }
    }

    fn make(&mut self, length: usize) -> Vec<u8> {
        /// A prime, so that no shift by a power of two goes unseen.
        const PERIOD: usize = 251;
        let from = self.bytes_made;
        self.bytes_made += length;
        (from..self.bytes_made).map(|at| (at % PERIOD) as u8).collect()
    }

    /// The outputs of a producer.
    fn outputs(&mut self, lengths: &[Option<usize>], fails: bool) -> Vec<ProducerOutput> {
        let mut outputs = Vec::new();
        for length in lengths {
            outputs.push(match length {
                Some(length) => ProducerOutput::Chunk(self.make(*length)),
                None => ProducerOutput::Pending,
            });
        }
        outputs.extend(fails.then_some(ProducerOutput::Error));
        outputs
    }

    fn push_deferred(&mut self) {
        let pushed = self.queue.push_deferred();
        assert_eq!(pushed.as_ref().err().copied(), self.oracle.push_deferred().err());
        if let Ok(reply) = pushed {
            self.replies.push((self.replies_made, reply));
            self.replies_made += 1;
        }
    }

    fn answer(&mut self, which: usize, reply: &Reply) {
        let Some(which) = which.checked_rem(self.replies.len()) else { return };
        let (number, deferred) = self.replies.swap_remove(which);
        match reply {
            Reply::Send(length) => {
                let data = self.make(*length);
                deferred.send(data.clone());
                self.oracle.answer(number, Answer::Data(data));
            }
            Reply::SendProducer(lengths, fails) => {
                let outputs = self.outputs(lengths, *fails);
                let (producer, probe) = producer(outputs.clone());
                deferred.send_producer(producer);
                if self.oracle.answer(number, Answer::Producer(outputs)) {
                    self.probes.push(probe);
                } else {
                    assert!(probe.alive.upgrade().is_none(), "a producer without a place was not dropped");
                }
            }
            Reply::Skip => {
                deferred.skip();
                self.oracle.answer(number, Answer::Skip);
            }
            Reply::Drop => {
                drop(deferred);
                self.oracle.answer(number, Answer::Drop);
            }
        }
    }

    fn push_producer(&mut self, lengths: &[Option<usize>], fails: bool) {
        let outputs = self.outputs(lengths, fails);
        let (producer, probe) = producer(outputs.clone());
        let pushed = self.queue.push_with_producer(producer);
        assert_eq!(pushed, self.oracle.push_producer(outputs));
        match pushed {
            Ok(()) => self.probes.push(probe),
            Err(_) => assert!(probe.alive.upgrade().is_none(), "a refused producer was not dropped"),
        }
    }

    fn write(&mut self, budget: usize, most: usize) {
        let expected = self.oracle.stage(budget);
        match (self.queue.stage(&mut noop_context(), budget), expected) {
            (Ok(mut staged), Ok(expected)) => {
                assert_eq!(staged.remaining(), expected.len());
                assert!(expected.starts_with(staged.chunk()) && staged.chunk().is_empty() == expected.is_empty());
                let mut slices = [IoSlice::new(&[]); 64];
                let filled = staged.chunks_vectored(&mut slices);
                let gathered: Vec<u8> = slices[..filled].iter().flat_map(|slice| slice.iter()).copied().collect();
                assert!(
                    expected.starts_with(&gathered) && (filled == slices.len() || gathered.len() == expected.len())
                );
                let written = most.min(gathered.len());
                staged.advance(written);
                self.oracle.advance(written);
            }
            (Err(error), Err(_)) => assert_failed(&error),
            (staged, expected) => panic!("got {staged:?}, expected {expected:?}"),
        }
    }

    fn next_chunk(&mut self) {
        let chunk = self.queue.poll_next_chunk(&mut noop_context());
        let staged = self.oracle.staged();
        if !staged.is_empty() {
            match chunk {
                Poll::Ready(Ok(Some(chunk))) if !chunk.is_empty() && staged.starts_with(&chunk) => {
                    self.oracle.take_staged(chunk.len());
                }
                other => panic!("got {other:?}, expected a part of {staged:?}"),
            }
            return;
        }
        match (chunk, self.oracle.next_chunk()) {
            (Poll::Pending, Poll::Pending) => {}
            (Poll::Ready(Ok(chunk)), Poll::Ready(Ok(expected))) => assert_eq!(chunk.as_deref(), expected.as_deref()),
            (Poll::Ready(Err(error)), Poll::Ready(Err(_))) => assert_failed(&error),
            (chunk, expected) => panic!("got {chunk:?}, expected {expected:?}"),
        }
    }

    fn check(&self) {
        let (queue, oracle) = (&self.queue, &self.oracle);
        assert_eq!(queue.staged_len(), oracle.staged().len());
        assert_eq!(queue.queued(), oracle.queued());
        assert_eq!(
            (queue.is_empty(), queue.is_closing(), queue.is_closed(), queue.is_pending()),
            (oracle.is_empty(), oracle.is_closing(), oracle.is_closed(), oracle.is_pending()),
            "empty, closing, closed, pending: the queue on the left, the oracle on the right"
        );
        for (number, reply) in &self.replies {
            assert_eq!(reply.is_closed(), !oracle.has_place(*number), "whether reply {number} is closed");
        }
        let calls: Vec<usize> = self.probes.iter().map(|probe| probe.calls.load(Ordering::Relaxed)).collect();
        assert_eq!(calls, oracle.producer_calls(), "how often each producer was called");
        for (number, probe) in self.probes.iter().enumerate() {
            assert_eq!(
                probe.alive.upgrade().is_some(),
                oracle.is_queued(number),
                "whether producer {number} is still queued"
            );
        }
    }
}

/// The error is that of a failing producer, or of a reply that was dropped.
fn assert_failed(error: &BoxError) {
    let error = error.to_string();
    assert!(error == FAILURE || error.contains("handler"), "{error}");
}

/// Creates a producer that returns `outputs`, and a probe of it.
fn producer(outputs: Vec<ProducerOutput>) -> (Scripted, Probe) {
    let calls = Arc::new(AtomicUsize::new(0));
    let alive = Arc::new(());
    let probe = Probe { calls: Arc::clone(&calls), alive: Arc::downgrade(&alive) };
    (Scripted { calls, _alive: alive, outputs: outputs.into_iter() }, probe)
}

/// A producer that returns its outputs, one per call.
struct Scripted {
    calls: Arc<AtomicUsize>,
    _alive: Arc<()>,
    outputs: vec::IntoIter<ProducerOutput>,
}

impl Producer for Scripted {
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.outputs.next() {
            Some(ProducerOutput::Chunk(chunk)) => Poll::Ready(Ok(Some(chunk.into()))),
            Some(ProducerOutput::Pending) => Poll::Pending,
            Some(ProducerOutput::Error) => Poll::Ready(Err(FAILURE.into())),
            None => Poll::Ready(Ok(None)),
        }
    }
}
