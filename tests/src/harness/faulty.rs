//! A stream made up by hand, that fails where it is told to: in the manner of tokio-rustls' test streams, but one type
//! with a plan, for std, tokio and futures-io alike.
#![expect(clippy::unwrap_used, reason = "support for tests: a poisoned lock is a test that has failed already")]

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

mod futures_io;
mod plan;
mod std_io;
mod tokio_io;

pub use plan::{Fault, FaultPlan, Operation, Times};

/// A stream whose input is written down beforehand, and whose output is.
#[derive(Debug)]
pub struct Faulty {
    plan: FaultPlan,
    record: Arc<Mutex<Record>>,
    /// The next operation is to be put off once: [`FaultPlan::pending_once`].
    was_pending: bool,
}

/// What has happened to a [`Faulty`] stream.
#[derive(Debug, Default, Clone)]
pub struct Record {
    /// How many operations were begun, by the order of which a fault is placed.
    pub operations: usize,
    /// How much of the input was read.
    pub read: usize,
    /// The end of the stream was read.
    pub eof_read: bool,
    /// How many reads there were after that.
    pub reads_after_eof: usize,
    /// What was written.
    pub written: Vec<u8>,
    /// What each write was given, whether all of it was taken or not.
    pub writes: Vec<Vec<Slice>>,
    /// How much of that was flushed.
    pub flushed: usize,
    /// The write side was shut down.
    pub shut_down: bool,
    /// What the fault struck first.
    pub fault_hit: Option<Operation>,
    /// When it fault_hit, the write side had been shut down.
    pub fault_after_shutdown: bool,
    /// How many operations were begun after that.
    pub operations_after_fault: usize,
}

/// Part of a write, by where it lies in memory: what is not copied on its way stays where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Its address.
    pub address: usize,
    /// Its length.
    pub length: usize,
}

impl Slice {
    /// These bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { address: bytes.as_ptr().addr(), length: bytes.len() }
    }
}

/// What is to come of an operation.
enum Outcome {
    Proceed,
    Pending {
        /// The task is to be woken: it is worth trying again.
        wake: bool,
    },
    Error(ErrorKind),
    /// A read of nothing, or a write of nothing.
    Zero,
}

impl Faulty {
    /// A stream that goes by this plan, and what will have happened to it.
    pub fn new(plan: FaultPlan) -> (Self, Log) {
        let record = Arc::new(Mutex::new(Record::default()));
        (Self { plan, record: Arc::clone(&record), was_pending: false }, Log(record))
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    fn begin(&mut self, operation: Operation) -> Outcome {
        if self.plan.pending_once && !std::mem::replace(&mut self.was_pending, true) {
            return Outcome::Pending { wake: true };
        }
        self.was_pending = false;
        let mut record = self.record.lock().unwrap();
        let number = record.operations;
        record.operations += 1;
        if record.fault_hit.is_some() {
            record.operations_after_fault += 1;
        }
        if record.eof_read && operation == Operation::Read {
            record.reads_after_eof += 1;
        }
        let Some((fault, at, times)) = self.plan.fault else { return Outcome::Proceed };
        let applies = fault.applies_to(operation)
            && match times {
                Times::Once => number >= at && record.fault_hit.is_none(),
                Times::Always => number >= at,
            };
        if !applies {
            return Outcome::Proceed;
        }
        if record.fault_hit.is_none() {
            record.fault_hit = Some(operation);
            record.fault_after_shutdown = record.shut_down;
        }
        match fault {
            Fault::WouldBlock => Outcome::Pending { wake: times == Times::Once },
            Fault::Interrupted => Outcome::Error(ErrorKind::Interrupted),
            Fault::Reset => Outcome::Error(ErrorKind::ConnectionReset),
            Fault::BrokenPipe => Outcome::Error(ErrorKind::BrokenPipe),
            Fault::End => {
                record.eof_read = true;
                Outcome::Zero
            }
            Fault::WriteZero => Outcome::Zero,
        }
    }

    /// The next bytes of the input, as many as the plan has at once.
    fn read_bytes(&mut self, room: usize) -> Vec<u8> {
        let mut record = self.record.lock().unwrap();
        let rest = self.plan.input.get(record.read..).unwrap_or_default();
        let piece = rest.get(..rest.len().min(room).min(self.plan.cut)).unwrap_or_default().to_vec();
        record.read += piece.len();
        record.eof_read |= piece.is_empty() && room > 0;
        piece
    }

    /// Takes some of the output, as much as the plan has at once.
    fn accept<'s>(&mut self, slices: impl IntoIterator<Item = &'s [u8]>) -> usize {
        let mut record = self.record();
        assert!(!record.shut_down, "nothing is written after the shutdown");
        let before = record.written.len();
        record.writes.push(Vec::new());
        for slice in slices {
            record.writes.last_mut().unwrap().push(Slice::of(slice));
            let left = self.plan.cut - (record.written.len() - before);
            record.written.extend_from_slice(slice.get(..slice.len().min(left)).unwrap_or_default());
        }
        record.written.len() - before
    }

    fn complete(&mut self, operation: Operation) {
        let mut record = self.record();
        match operation {
            Operation::Flush => record.flushed = record.written.len(),
            Operation::Shutdown => {
                assert!(!record.shut_down, "it is shut down once");
                record.shut_down = true;
            }
            Operation::Read | Operation::Write => {}
        }
    }
}

/// What has happened to a [`Faulty`] stream, to be looked at from outside.
#[derive(Debug, Clone)]
pub struct Log(Arc<Mutex<Record>>);

impl Log {
    /// So far.
    pub fn snapshot(&self) -> Record {
        self.0.lock().unwrap().clone()
    }
}

fn failed<T>(kind: ErrorKind) -> io::Result<T> {
    Err(kind.into())
}
