use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::task::{Poll, Waker};
use std::sync::Mutex;

use super::connections::ServedBy;
use super::isolate_panic::isolate_panic;
use super::observer::{ConnectionInfo, Observer, Traffic};
use super::signals::Signals;
use crate::error::Error;
use crate::sync;

/// The record that a server keeps of one connection: the bytes that have moved, the outcome, and an abort.
///
/// There is none under `serve` without an observer: such a connection pays one test of a pointer for each read and write.
///
/// The observer is the only foreign code that runs here, and it runs under no lock.
pub(crate) struct ConnectionRecord {
    number: u64,
    signals: Arc<Signals>,
    received: AtomicU64,
    sent: AtomicU64,
    unsent: AtomicU64,
    outcome: Mutex<Option<Result<(), Error>>>,
    panicked: AtomicBool,
    abort: Mutex<Abort>,
    observed: Option<Observed>,
    served_by: ServedBy,
}

#[derive(Default)]
struct Abort {
    requested: bool,
    /// The waker of the task of the connection. The one in the mailbox may be that of a part of it.
    waker: Option<Waker>,
}

struct Observed {
    observer: Arc<dyn Observer>,
    info: ConnectionInfo,
}

impl ConnectionRecord {
    /// Makes the record of a connection that begins, and tells the observer.
    pub(super) fn new(
        number: u64,
        signals: Arc<Signals>,
        observed: Option<(Arc<dyn Observer>, ConnectionInfo)>,
        served_by: ServedBy,
    ) -> Self {
        let observed = observed.map(|(observer, info)| Observed { observer, info });
        let record = Self {
            number,
            signals,
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            outcome: Mutex::default(),
            panicked: AtomicBool::new(false),
            abort: Mutex::default(),
            observed,
            served_by,
        };
        record.tell(|observed| observed.observer.accepted(&observed.info));
        record
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn signals(&self) -> &Signals {
        &self.signals
    }

    /// Code is dropped by its task after an abort. A handler ends by itself.
    pub(super) fn served_by(&self) -> ServedBy {
        self.served_by
    }

    pub(crate) fn is_observed(&self) -> bool {
        self.observed.is_some()
    }

    pub(crate) fn received(&self, len: usize) {
        self.received.fetch_add(len as u64, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, len: usize) {
        self.sent.fetch_add(len as u64, Ordering::Relaxed);
    }

    pub(crate) fn set_unsent(&self, len: usize) {
        self.unsent.store(len as u64, Ordering::Relaxed);
    }

    /// Notes the outcome of a part of the connection's life, such as that of `drive`.
    pub(crate) fn note(&self, outcome: Result<(), Error>) {
        *sync::lock(&self.outcome) = Some(outcome);
    }

    /// Notes the result of the connection's task. A success does not hide the error of its `drive`: a task that returns
    /// nothing returns a success.
    pub(super) fn finish(&self, result: Result<(), Error>) {
        let mut outcome = sync::lock(&self.outcome);
        if result.is_err() || outcome.is_none() {
            *outcome = Some(result);
        }
    }

    /// Notes a panic of the connection's code, and tells the observer.
    pub(super) fn panicked(&self) {
        {
            let mut outcome = sync::lock(&self.outcome);
            if !matches!(&*outcome, Some(Err(_))) {
                *outcome = Some(Err(Error::handler("it has panicked")));
            }
        }
        if !self.panicked.swap(true, Ordering::Relaxed) {
            self.tell(|observed| observed.observer.panicked(&observed.info));
        }
    }

    /// Tells the observer that the connection has ended and its stream is closed. One without an outcome was dropped before
    /// its end.
    pub(super) fn closed(&self) {
        // It holds the memory of the task, and the record may outlive it with a handle.
        let waker = sync::lock(&self.abort).waker.take();
        drop(waker);
        let outcome = sync::lock(&self.outcome).take().unwrap_or(Err(Error::Aborted));
        let traffic = Traffic {
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            unsent: self.unsent.load(Ordering::Relaxed),
        };
        self.tell(|observed| observed.observer.closed(&observed.info, outcome.as_ref().copied(), traffic));
    }

    /// Asks the task to end.
    pub(crate) fn abort(&self) {
        let waker = {
            let mut abort = sync::lock(&self.abort);
            abort.requested = true;
            abort.waker.take()
        };
        sync::wake(waker);
    }

    /// Returns whether [`poll_abort`](Self::poll_abort) is ready.
    pub(crate) fn is_abort_requested(&self) -> bool {
        sync::lock(&self.abort).requested
    }

    /// Waits for an abort. Ready again at each later call.
    pub(crate) fn poll_abort(&self, waker: &Waker) -> Poll<()> {
        let mut abort = sync::lock(&self.abort);
        if abort.requested {
            return Poll::Ready(());
        }
        let replaced = sync::register(&mut abort.waker, waker);
        drop(abort);
        drop(replaced);
        Poll::Pending
    }

    /// Runs code of the connection, within its span if it has one.
    pub(super) fn within<R>(&self, call: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        if let Some(observed) = &self.observed {
            return observed.info.within(call);
        }
        call()
    }

    /// A panic of the observer goes no further, and neither hides the end of a connection nor ends the server.
    fn tell(&self, call: impl FnOnce(&Observed)) {
        if let Some(observed) = &self.observed {
            let _ = isolate_panic(|| call(observed));
        }
    }
}

/// Shows whether there is an observer, and no byte (C20).
impl fmt::Debug for ConnectionRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionRecord").field("is_observed", &self.is_observed()).finish_non_exhaustive()
    }
}
