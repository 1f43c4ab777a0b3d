use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use core::fmt;
use core::mem;
use core::task::{Poll, Waker};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use super::MailboxError;
use super::entry::Entry;
use super::request::Request;
use super::waiting::Waiters;
use crate::invariant::{difference, sum};
use crate::sync;

/// The state that both ends share.
///
/// Of foreign code only the clone of a waker and the allocator run under the lock. A waker is woken and dropped, a chunk is
/// dropped, and a call is made or dropped, after it: their owners may push again.
pub(super) struct Shared {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Without empty ones.
    entries: VecDeque<Entry>,
    /// The sum of their costs.
    waiting: usize,
    phase: Phase,
    /// Not collected yet.
    request: Option<Request>,
    waker: Option<Waker>,
    /// Boxed, since there are seldom any.
    waiters: Option<Box<Waiters>>,
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

    pub(super) fn push(&self, entry: Entry) -> Result<(), MailboxError> {
        // In an inner scope, so that the lock is released before the entry is dropped, if it is refused.
        let waker = {
            let mut state = self.lock();
            state.admit(&entry, self.capacity)?;
            state.push(entry)
        };
        wake(waker);
        Ok(())
    }

    /// Pushes the entry and takes it, or waits for room.
    pub(super) fn poll_push(
        &self,
        entry: &mut Option<Entry>,
        ticket: &mut Option<u64>,
        waker: &Waker,
    ) -> Poll<Result<(), MailboxError>> {
        let Some(pushed) = entry.take() else { return Poll::Ready(Ok(())) };
        let mut state = self.lock();
        match state.admit(&pushed, self.capacity) {
            Ok(()) => {
                let waker = state.push(pushed);
                drop(state);
                wake(waker);
                Poll::Ready(Ok(()))
            }
            Err(MailboxError::Full) => {
                let replaced = state.waiters.get_or_insert_default().register(ticket, waker);
                drop(state);
                drop(replaced);
                *entry = Some(pushed);
                Poll::Pending
            }
            Err(closed) => {
                drop(state);
                Poll::Ready(Err(closed))
            }
        }
    }

    pub(super) fn stop_waiting(&self, ticket: u64) {
        let waker = self.lock().waiters.as_mut().and_then(|waiters| waiters.remove(ticket));
        drop(waker);
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
            let waker = state.push(Entry::Chunk(data));
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
        rest.drop_and_wake();
        wake(waker);
    }

    /// The connection has ended: drops everything that waits, and accepts nothing more.
    pub(super) fn close(&self) {
        let (rest, waker) = self.lock().close();
        rest.drop_and_wake();
        drop(waker);
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
        self.phase == Phase::Closing && self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.waiting = difference(self.waiting, entry.cost());
        if self.entries.is_empty() && self.entries.capacity() > Self::KEPT_SLOTS {
            self.entries = VecDeque::new();
        }
        Some(entry)
    }

    /// Returns those that wait for room, to be woken.
    pub(super) fn take_waiters(&mut self) -> BTreeMap<u64, Waker> {
        self.waiters.as_mut().map(|waiters| waiters.take()).unwrap_or_default()
    }

    pub(super) fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.entries.capacity()
    }

    /// Registers the waker for the next push, and returns the one that it replaces.
    pub(super) fn register(&mut self, waker: &Waker) -> Option<Waker> {
        sync::register(&mut self.waker, waker)
    }

    fn admit(&self, entry: &Entry, capacity: usize) -> Result<(), MailboxError> {
        if !self.is_open() {
            return Err(MailboxError::Closed);
        }
        let fits = self.waiting.checked_add(entry.cost()).is_some_and(|sum| sum <= capacity);
        if fits || self.entries.is_empty() || entry.is_empty() { Ok(()) } else { Err(MailboxError::Full) }
    }

    fn push(&mut self, entry: Entry) -> Option<Waker> {
        if entry.is_empty() {
            return None;
        }
        // A driver that left something here comes back without being woken.
        let waker = if self.entries.is_empty() { self.waker.take() } else { None };
        // The largest entry is admitted only into an empty mailbox, and the last one may come on top.
        self.waiting = sum(self.waiting, entry.cost());
        self.entries.push_back(entry);
        waker
    }

    fn close_when_done(&mut self) -> Option<Waker> {
        if !self.is_open() {
            return None;
        }
        self.phase = Phase::Closing;
        if self.entries.is_empty() { self.waker.take() } else { None }
    }

    fn request_shutdown(&mut self) -> Option<Waker> {
        // A close was asked for before, which is more.
        if !self.is_open() {
            return None;
        }
        self.request.get_or_insert(Request::Shutdown);
        self.waker.take()
    }

    fn abort(&mut self) -> (Rest, Option<Waker>) {
        let rest = self.refuse();
        // Also if nothing more is accepted: the connection may be sending the last of its output.
        self.request = Some(Request::Abort);
        (rest, self.waker.take())
    }

    /// Accepts nothing more, and returns what waited. A later abort still wakes the driver.
    pub(super) fn refuse(&mut self) -> Rest {
        self.phase = Phase::Closed;
        self.waiting = 0;
        Rest { entries: mem::take(&mut self.entries), waiters: self.take_waiters() }
    }

    fn close(&mut self) -> (Rest, Option<Waker>) {
        (self.refuse(), self.waker.take())
    }
}

/// The entries and the senders that waited in a mailbox which accepts nothing more.
#[must_use]
#[derive(Default)]
pub(super) struct Rest {
    entries: VecDeque<Entry>,
    waiters: BTreeMap<u64, Waker>,
}

impl Rest {
    /// Drops the entries, and wakes the senders. Not under the lock.
    pub(super) fn drop_and_wake(self) {
        drop(self.entries);
        wake_all(self.waiters);
    }
}

pub(super) fn wake_all(waiters: BTreeMap<u64, Waker>) {
    waiters.into_values().for_each(Waker::wake);
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
