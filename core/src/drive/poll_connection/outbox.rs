use core::task::Context;

use crate::drive::budget::Budget;
use crate::drive::judgement::Held;
use crate::drive::writer::Output;
use crate::error::{BoxError, Error};
use crate::output::{ProducerQueue, Transmit};

/// The output of a connection: what is queued, and how far it has been sent.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) queue: ProducerQueue,
    write_size: usize,
    pub(super) held: Held,
    /// The rest of this turn, which may take many calls: a caller that is always answered at once would never yield.
    pub(super) budget: Budget,
    unflushed: bool,
    shutdown: Shutdown,
    failed: Option<Error>,
    /// The record that the server keeps of the connection, for its observer.
    #[cfg(feature = "std")]
    pub(super) record: Option<alloc::sync::Arc<crate::drive::server::ConnectionRecord>>,
    /// The bytes that were dropped unsent, for `Debug`. A producer counts as one.
    dropped: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shutdown {
    No,
    Done,
    /// The peer was gone before it could see the end of the output.
    PeerGone,
}

impl Outbox {
    pub(super) fn new(write_size: usize) -> Self {
        Self {
            queue: ProducerQueue::new(),
            write_size,
            held: Held::default(),
            budget: Budget::default(),
            unflushed: false,
            shutdown: Shutdown::No,
            failed: None,
            dropped: 0,
            #[cfg(feature = "std")]
            record: None,
        }
    }

    /// Notes how much output waits, for an observer. After a failure, that of before stays: it was dropped.
    pub(super) fn record_unsent(&self) {
        #[cfg(feature = "std")]
        if let Some(record) = &self.record
            && record.is_observed()
            && self.failed.is_none()
        {
            record.set_unsent(self.queue.unsent_len());
        }
    }

    /// The error that ended the output: the same at every call.
    pub(super) fn result(&self) -> Result<(), Error> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    pub(super) fn is_peer_gone(&self) -> bool {
        self.shutdown == Shutdown::PeerGone
    }

    /// Changes when output has been written, flushed, ended or given up: for a comparison.
    #[cfg(feature = "std")]
    pub(super) fn mark(&self) -> impl PartialEq + use<> {
        (self.queue.queued(), self.unflushed, self.shutdown, self.failed.is_some())
    }

    /// Drops the output, and keeps the first error.
    pub(super) fn fail(&mut self, error: Error) {
        self.record_unsent();
        self.dropped = self.dropped.saturating_add(self.queue.unsent_len());
        self.queue.discard();
        self.queue.close_when_done();
        self.unflushed = false;
        self.held = Held::default();
        self.failed.get_or_insert(error);
    }
}

/// Output that was pushed and never sent is dropped now.
impl Drop for Outbox {
    fn drop(&mut self) {
        self.record_unsent();
    }
}

impl Output for Outbox {
    fn wrote(&mut self, len: usize) {
        self.budget.spend_bytes(len);
        self.held.wrote(len as u64);
        #[cfg(feature = "std")]
        if let Some(record) = &self.record {
            record.sent(len);
        }
    }

    fn is_turn_over(&self) -> bool {
        self.budget.is_spent()
    }

    fn wants_write(&self) -> bool {
        !self.queue.is_empty() && !self.queue.is_pending()
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Transmit<'_> {
        if !self.queue.is_front_pending()
            && let Err(error) = self.queue.stage(cx, self.write_size)
        {
            self.fail(Error::producer(error));
        }
        self.queue.staged()
    }

    fn is_unflushed(&self) -> bool {
        self.unflushed
    }

    fn set_unflushed(&mut self, unflushed: bool) {
        self.unflushed = unflushed;
    }

    fn wants_shutdown(&self) -> bool {
        self.queue.is_closed() && self.failed.is_none() && self.shutdown == Shutdown::No
    }

    fn handle_shutdown(&mut self, error: Option<BoxError>) {
        self.shutdown = if error.is_some() { Shutdown::PeerGone } else { Shutdown::Done };
    }

    fn handle_write_error(&mut self, error: BoxError) {
        self.fail(Error::transport(error));
    }
}
