//! A hand-written stream that fails at a chosen operation, in the manner of tokio-rustls' test streams. It is one type
//! with a plan, and implements the traits of std, tokio and futures-io.
#![expect(clippy::unwrap_used, reason = "support for tests: a lock is poisoned only after a test has failed")]

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

mod futures_io;
mod plan;
mod std_io;
mod tokio_io;

pub use plan::{Fault, FaultPlan, Operation, Times};

/// A stream with a fixed input, which records its output.
#[derive(Debug)]
pub struct Faulty {
    plan: FaultPlan,
    record: Arc<Mutex<Record>>,
    /// The present operation was already pending once: see [`FaultPlan::pending_once`].
    was_pending: bool,
}

/// A record of everything that happened to a [`Faulty`] stream.
#[derive(Debug, Default, Clone)]
pub struct Record {
    /// The number of operations that were started. A fault is placed by this number.
    pub operations: usize,
    /// The number of bytes of the input that were read.
    pub read: usize,
    /// The end of the stream was read.
    pub eof_read: bool,
    /// The number of reads after that.
    pub reads_after_eof: usize,
    /// The bytes that were written.
    pub written: Vec<u8>,
    /// The slices that each write was given, including those that it did not take.
    pub writes: Vec<Vec<Slice>>,
    /// The number of written bytes that were flushed.
    pub flushed: usize,
    /// The write side was shut down.
    pub shut_down: bool,
    /// The first operation that the fault hit.
    pub fault_hit: Option<Operation>,
    /// The write side had been shut down when the fault hit.
    pub fault_after_shutdown: bool,
    /// The number of operations that were started after the fault.
    pub operations_after_fault: usize,
    /// The number of reads among them.
    pub reads_after_fault: usize,
}

/// A slice of a write, by its address: a slice that was not copied is still at the address where the handler had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// Its address.
    pub address: usize,
    /// Its length.
    pub length: usize,
}

impl Slice {
    /// Returns the address and length of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { address: bytes.as_ptr().addr(), length: bytes.len() }
    }
}

/// The outcome of an operation.
enum Outcome {
    Proceed,
    Pending {
        /// Wake the task: the operation can be retried.
        wake: bool,
    },
    Error(ErrorKind),
    /// A read or a write of zero bytes.
    Zero,
}

impl Faulty {
    /// Creates a stream that follows this plan, and a log of what happens to it.
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
            record.reads_after_fault += usize::from(operation == Operation::Read);
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

    /// Reads the next bytes of the input, as many as the plan allows at once.
    fn read_bytes(&mut self, room: usize) -> Vec<u8> {
        let mut record = self.record.lock().unwrap();
        let rest = self.plan.input.get(record.read..).unwrap_or_default();
        let piece = rest.get(..rest.len().min(room).min(self.plan.cut)).unwrap_or_default().to_vec();
        record.read += piece.len();
        record.eof_read |= piece.is_empty() && room > 0;
        piece
    }

    /// Accepts some of the output, as many bytes as the plan allows at once.
    fn accept<'s>(&mut self, slices: impl IntoIterator<Item = &'s [u8]>) -> usize {
        let mut record = self.record();
        assert!(!record.shut_down, "written after the shutdown");
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
                assert!(!record.shut_down, "shut down twice");
                record.shut_down = true;
            }
            Operation::Read | Operation::Write => {}
        }
    }
}

/// A handle to the record of a [`Faulty`] stream.
#[derive(Debug, Clone)]
pub struct Log(Arc<Mutex<Record>>);

impl Log {
    /// Returns a copy of the record so far.
    pub fn snapshot(&self) -> Record {
        self.0.lock().unwrap().clone()
    }
}

fn failed<T>(kind: ErrorKind) -> io::Result<T> {
    Err(kind.into())
}
