//! Runs a `ProducerQueue` and its oracle in lockstep, and compares everything visible of the queue after each call.

use std::io::IoSlice;
use std::iter;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use asynchat_core::{BoxError, FnProducer, ProducerQueue};
use bytes::{Buf, Bytes};

use crate::oracle::{ProducerOutput, QueueOracle};

/// The error of a failing producer.
const FAILURE: &str = "the disk is on fire";

/// A call on the queue.
#[derive(Clone, Debug)]
pub enum Call {
    /// Pushes this many bytes.
    Push(usize),
    /// Pushes this many bytes as a slice.
    PushSlice(usize),
    /// Pushes a producer of chunks of these lengths, which fails after them if the flag is set.
    PushProducer(Vec<usize>, bool),
    /// Stages up to a budget, the first number, and writes at most the second number of bytes.
    Write(usize, usize),
    /// Takes a chunk.
    NextChunk,
    /// Calls `close_when_done`.
    CloseWhenDone,
    /// Calls `discard`.
    Discard,
}

/// A queue and its oracle.
#[derive(Debug, Default)]
pub struct QueueLockstep {
    queue: ProducerQueue,
    oracle: QueueOracle,
    probes: Vec<Probe>,
    /// How many bytes have been made. Each differs from its neighbours, so that a lost or doubled byte is seen.
    bytes_made: usize,
}

/// What a test can still see of a producer that was pushed.
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

    /// Takes everything that is left, in writes of at most `most` bytes.
    ///
    /// # Panics
    ///
    /// When the contract requires another result.
    pub fn drain(&mut self, budget: usize, most: usize) {
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

    fn push_producer(&mut self, lengths: &[usize], fails: bool) {
        let chunks: Vec<ProducerOutput> =
            lengths.iter().map(|&length| ProducerOutput::Chunk(self.make(length))).collect();
        let outputs: Vec<ProducerOutput> = chunks.into_iter().chain(fails.then_some(ProducerOutput::Error)).collect();
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
        match (self.queue.stage(budget), expected) {
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
            (Err(error), Err(_)) => assert_eq!(error.to_string(), FAILURE),
            (staged, expected) => panic!("got {staged:?}, expected {expected:?}"),
        }
    }

    fn next_chunk(&mut self) {
        let chunk = self.queue.next_chunk();
        let staged = self.oracle.staged();
        if !staged.is_empty() {
            match chunk {
                Ok(Some(chunk)) if !chunk.is_empty() && staged.starts_with(&chunk) => {
                    self.oracle.take_staged(chunk.len());
                }
                other => panic!("got {other:?}, expected a part of {staged:?}"),
            }
            return;
        }
        match (chunk, self.oracle.next_chunk()) {
            (Ok(chunk), Ok(expected)) => assert_eq!(chunk.as_deref(), expected.as_deref()),
            (Err(error), Err(_)) => assert_eq!(error.to_string(), FAILURE),
            (chunk, expected) => panic!("got {chunk:?}, expected {expected:?}"),
        }
    }

    fn check(&self) {
        let (queue, oracle) = (&self.queue, &self.oracle);
        assert_eq!(queue.staged_len(), oracle.staged().len());
        assert_eq!(queue.queued(), oracle.queued());
        assert_eq!(
            (queue.is_empty(), queue.is_closing(), queue.is_closed()),
            (oracle.is_empty(), oracle.is_closing(), oracle.is_closed()),
            "empty, closing, closed: the queue on the left, the oracle on the right"
        );
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

/// Creates a producer that returns `outputs`, and a probe of it.
fn producer(outputs: Vec<ProducerOutput>) -> (FnProducer<impl FnMut() -> Result<Option<Bytes>, BoxError>>, Probe) {
    let calls = Arc::new(AtomicUsize::new(0));
    let alive = Arc::new(());
    let probe = Probe { calls: Arc::clone(&calls), alive: Arc::downgrade(&alive) };
    let mut outputs = outputs.into_iter().map(Some).chain(iter::repeat(None));
    let producer = FnProducer::new(move || {
        let _keep_alive = &alive;
        calls.fetch_add(1, Ordering::Relaxed);
        match outputs.next().flatten() {
            Some(ProducerOutput::Chunk(chunk)) => Ok(Some(chunk.into())),
            Some(ProducerOutput::Error) => Err(FAILURE.into()),
            None => Ok(None),
        }
    });
    (producer, probe)
}
