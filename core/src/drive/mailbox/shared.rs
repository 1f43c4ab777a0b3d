use alloc::collections::VecDeque;
use core::fmt;
use core::mem;
use core::task::Waker;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::MailboxError;

/// What the two ends share.
///
/// Under the lock nothing runs that is not ours but the cloning of a waker and the allocator: no wake-up, and no drop of
/// a waker or a chunk, whose owners might well push again.
pub(super) struct Shared {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// None of them empty.
    chunks: VecDeque<Bytes>,
    /// How many bytes they are.
    waiting: usize,
    phase: Phase,
    waker: Option<Waker>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// Nothing is taken any more, so that the close comes behind all that was.
    Closing,
    Closed,
}

impl Shared {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    /// A panic under the lock can leave nothing half done that matters, so a poisoned lock is as good as any.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, data: Bytes) -> Result<(), MailboxError> {
        // Declared in an inner scope, the guard goes before `data` does, if that is refused.
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

    /// As one step, so that nobody can fill the room or close in between.
    pub(super) fn close_with(&self, data: Bytes) -> Result<(), MailboxError> {
        let waker = {
            let mut state = self.lock();
            if !state.is_open() {
                return Err(MailboxError::Closed);
            }
            let waker = if data.is_empty() { None } else { state.push(data) };
            // Only one of them finds the mailbox empty, and a waker in it.
            waker.or(state.close_when_done())
        };
        wake(waker);
        Ok(())
    }

    /// The connection has ended: nothing is kept, and nothing taken.
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
    /// How many slots are kept when drained: what the first push allocates in any case (128 bytes).
    const KEPT_SLOTS: usize = 4;

    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether the channel is to be closed now: it was asked for, and nothing is left that was pushed before.
    pub(super) fn wants_close(&self) -> bool {
        self.phase == Phase::Closing && self.chunks.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let chunk = self.chunks.pop_front()?;
        self.waiting = self.waiting.saturating_sub(chunk.len());
        if self.chunks.is_empty() && self.chunks.capacity() > Self::KEPT_SLOTS {
            self.chunks = VecDeque::new();
        }
        Some(chunk)
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.chunks.capacity()
    }

    /// Has `waker` woken next time. Returns the one that was to be, if that is another.
    pub(super) fn register(&mut self, waker: &Waker) -> Option<Waker> {
        match &self.waker {
            Some(registered) if registered.will_wake(waker) => None,
            _ => self.waker.replace(waker.clone()),
        }
    }

    fn admit(&self, len: usize, capacity: usize) -> Result<(), MailboxError> {
        if !self.is_open() {
            return Err(MailboxError::Closed);
        }
        let fits = self.waiting.checked_add(len).is_some_and(|sum| sum <= capacity);
        if fits || self.chunks.is_empty() { Ok(()) } else { Err(MailboxError::Full) }
    }

    fn push(&mut self, chunk: Bytes) -> Option<Waker> {
        // Whoever has left something here knows that it has to come back.
        let waker = if self.chunks.is_empty() { self.waker.take() } else { None };
        self.waiting = self.waiting.saturating_add(chunk.len());
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

    fn close(&mut self) -> (VecDeque<Bytes>, Option<Waker>) {
        self.phase = Phase::Closed;
        self.waiting = 0;
        (mem::take(&mut self.chunks), self.waker.take())
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
