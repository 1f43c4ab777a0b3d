use alloc::collections::VecDeque;
use core::fmt;
use core::mem;
use core::task::Waker;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use super::{MailboxError, Request};
use crate::invariant::{difference, sum};
use crate::output::ProducerQueue;
use crate::sync;

/// The state that both ends share.
///
/// Of foreign code only the clone of a waker and the allocator run under the lock. A waker is woken and dropped, and a chunk
/// is dropped, after it: their owners may push again.
pub(super) struct Shared {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Without empty ones.
    chunks: VecDeque<Bytes>,
    /// The sum of their costs.
    waiting: usize,
    phase: Phase,
    /// Not collected yet.
    request: Option<Request>,
    waker: Option<Waker>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// A close was asked for: it comes behind everything that was pushed before, so nothing more is accepted.
    Closing,
    Closed,
}

impl Shared {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    pub(super) fn push(&self, data: Bytes) -> Result<(), MailboxError> {
        // In an inner scope, so that the lock is released before `data` is dropped, if it is refused.
        let waker = {
            let mut state = self.lock();
            state.admit(data.len(), self.capacity)?;
            if data.is_empty() { None } else { state.push(data) }
        };
        wake(waker);
        Ok(())
    }

    pub(super) fn close_when_done(&self) {
        let waker = self.lock().close_when_done();
        wake(waker);
    }

    /// Pushes and closes in one step, so that nobody can push or close in between.
    pub(super) fn close_with(&self, data: Bytes) -> Result<(), MailboxError> {
        let waker = {
            let mut state = self.lock();
            if !state.is_open() {
                return Err(MailboxError::Closed);
            }
            let waker = if data.is_empty() { None } else { state.push(data) };
            // Only one of the two finds the mailbox empty, and a waker in it.
            waker.or(state.close_when_done())
        };
        wake(waker);
        Ok(())
    }

    pub(super) fn request_shutdown(&self) {
        let waker = self.lock().request_shutdown();
        wake(waker);
    }

    pub(super) fn abort(&self) {
        let (rest, waker) = self.lock().abort();
        drop(rest);
        wake(waker);
    }

    /// The connection has ended: drops everything that waits, and accepts nothing more.
    pub(super) fn close(&self) {
        let rest = self.lock().close();
        drop(rest);
    }

    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waiting, phase) = {
            let state = self.lock();
            (state.waiting, state.phase)
        };
        f.debug_struct(name)
            .field("state", &phase)
            .field("waiting", &waiting)
            .field("capacity", &self.capacity)
            .finish()
    }
}

impl State {
    /// The slots that are kept when drained: those that the first push allocates in any case (128 bytes).
    const KEPT_SLOTS: usize = 4;

    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether to close the channel now: a close was asked for, and everything that was pushed before is collected.
    pub(super) fn wants_close(&self) -> bool {
        self.phase == Phase::Closing && self.chunks.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let chunk = self.chunks.pop_front()?;
        self.waiting = difference(self.waiting, ProducerQueue::chunk_cost(chunk.len()));
        if self.chunks.is_empty() && self.chunks.capacity() > Self::KEPT_SLOTS {
            self.chunks = VecDeque::new();
        }
        Some(chunk)
    }

    pub(super) fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.chunks.capacity()
    }

    /// Registers the waker for the next push, and returns the one that it replaces.
    pub(super) fn register(&mut self, waker: &Waker) -> Option<Waker> {
        sync::register(&mut self.waker, waker)
    }

    fn admit(&self, len: usize, capacity: usize) -> Result<(), MailboxError> {
        if !self.is_open() {
            return Err(MailboxError::Closed);
        }
        let cost = ProducerQueue::chunk_cost(len);
        let fits = self.waiting.checked_add(cost).is_some_and(|sum| sum <= capacity);
        if fits || self.chunks.is_empty() || len == 0 { Ok(()) } else { Err(MailboxError::Full) }
    }

    fn push(&mut self, chunk: Bytes) -> Option<Waker> {
        // A driver that left something here comes back without being woken.
        let waker = if self.chunks.is_empty() { self.waker.take() } else { None };
        // The largest chunk is admitted only into an empty mailbox, and the last one may come on top.
        self.waiting = sum(self.waiting, ProducerQueue::chunk_cost(chunk.len()));
        self.chunks.push_back(chunk);
        waker
    }

    fn close_when_done(&mut self) -> Option<Waker> {
        if !self.is_open() {
            return None;
        }
        self.phase = Phase::Closing;
        if self.chunks.is_empty() { self.waker.take() } else { None }
    }

    fn request_shutdown(&mut self) -> Option<Waker> {
        // A close was asked for before, which is more.
        if !self.is_open() {
            return None;
        }
        self.request.get_or_insert(Request::Shutdown);
        self.waker.take()
    }

    fn abort(&mut self) -> (VecDeque<Bytes>, Option<Waker>) {
        let rest = self.refuse();
        // Also if nothing more is accepted: the connection may be sending the last of its output.
        self.request = Some(Request::Abort);
        (rest, self.waker.take())
    }

    /// Accepts nothing more, and returns what waited. A later abort still wakes the driver.
    pub(super) fn refuse(&mut self) -> VecDeque<Bytes> {
        self.phase = Phase::Closed;
        self.waiting = 0;
        mem::take(&mut self.chunks)
    }

    fn close(&mut self) -> (VecDeque<Bytes>, Option<Waker>) {
        (self.refuse(), self.waker.take())
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
