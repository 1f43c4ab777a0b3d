use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use core::fmt;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use super::MailboxError;
use super::entry::Entry;
use super::request::Request;
use super::waiting::Waiters;
use crate::drive::server::ConnectionRecord;
use crate::invariant::{difference, sum};
use crate::sync::{self, wake};

/// The state that both ends share.
///
/// The clone of a waker and the allocator are the only foreign code that runs under the lock. A waker is woken and
/// dropped, a chunk is dropped, and a call is made or dropped, after it: their owners may push again.
pub(super) struct Shared {
    /// At most 4 GiB. So it and the flag take 8 bytes: one more would cost an idle connection 16, the step of the allocator.
    capacity: u32,
    state: Mutex<State>,
    /// A handle has closed or aborted the connection. Apart from the state, so that it is read without the lock.
    is_ended_by_handle: AtomicBool,
    /// The record that the server keeps of the connection, if it does.
    record: Option<Arc<ConnectionRecord>>,
}

#[derive(Default)]
pub(super) struct State {
    /// Boxed, and made by the first push: most connections of most servers are never pushed to.
    content: Option<Box<Content>>,
    phase: Phase,
    /// Not collected yet.
    request: Option<Request>,
    /// A close, a shutdown or an abort was asked for, and may have been collected.
    asked_to_end: bool,
    /// The waker of the driver, or of the half of a connection that waits.
    waker: Option<Waker>,
    /// The ends of the connection beside the first.
    more_ends: u32,
}

#[derive(Default)]
struct Content {
    /// Without empty ones.
    entries: VecDeque<Entry>,
    /// The sum of their costs.
    waiting: usize,
    waiters: Waiters,
    /// The waker of the code that waits for `asked_to_end`. That may be another task than those of the connection.
    closing_waker: Option<Waker>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// The connection accepts no output any more, but it has not closed: `Channel::finish`. Calls go on.
    OutputEnded,
    /// A close was asked for: it comes behind everything that was pushed before, so nothing more is accepted.
    Closing,
    Closed,
}

impl Shared {
    pub(super) fn new(capacity: usize, record: Option<Arc<ConnectionRecord>>) -> Self {
        let capacity = u32::try_from(capacity).unwrap_or(u32::MAX);
        Self { capacity, state: Mutex::default(), is_ended_by_handle: AtomicBool::new(false), record }
    }

    fn capacity(&self) -> usize {
        usize::try_from(self.capacity).unwrap_or(usize::MAX)
    }

    pub(super) fn record(&self) -> Option<&Arc<ConnectionRecord>> {
        self.record.as_ref()
    }

    /// Counts another end of the connection.
    pub(super) fn another_end(self: &Arc<Self>) -> Arc<Self> {
        let mut state = self.lock();
        state.more_ends = state.more_ends.saturating_add(1);
        drop(state);
        Arc::clone(self)
    }

    /// Counts an end as dropped. The last one closes the mailbox.
    pub(super) fn drop_end(&self) {
        let mut state = self.lock();
        match state.more_ends.checked_sub(1) {
            Some(left) => state.more_ends = left,
            None => {
                drop(state);
                self.close();
            }
        }
    }

    /// Returns whether a handle has closed or aborted the connection, whether that was collected or not.
    #[inline]
    pub(super) fn is_ended_by_handle(&self) -> bool {
        self.is_ended_by_handle.load(Ordering::Relaxed)
    }

    fn end_by_handle(&self) {
        self.is_ended_by_handle.store(true, Ordering::Relaxed);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }

    pub(super) fn push(&self, entry: Entry) -> Result<(), MailboxError> {
        // In an inner scope, so that the lock is released before the entry is dropped, if it is refused.
        let waker = {
            let mut state = self.lock();
            state.admit(&entry, self.capacity())?;
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
        match state.admit(&pushed, self.capacity()) {
            Ok(()) => {
                let waker = state.push(pushed);
                drop(state);
                wake(waker);
                Poll::Ready(Ok(()))
            }
            Err(MailboxError::Full) => {
                let replaced = state.content.get_or_insert_default().waiters.register(ticket, waker);
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
        let waker = self.lock().content.as_mut().and_then(|content| content.waiters.remove(ticket));
        drop(waker);
    }

    pub(super) fn close_when_done(&self) {
        self.end_by_handle();
        let wakers = self.lock().close_when_done();
        wakers.into_iter().for_each(wake);
    }

    /// Pushes and closes in one step, so that nobody can push or close in between.
    pub(super) fn close_with(&self, data: Bytes) -> Result<(), MailboxError> {
        let (woken_by_push, woken_by_close) = {
            let mut state = self.lock();
            if !state.is_open() {
                return Err(MailboxError::Closed);
            }
            self.end_by_handle();
            (state.push(Entry::Chunk(data)), state.close_when_done())
        };
        wake(woken_by_push);
        woken_by_close.into_iter().for_each(wake);
        Ok(())
    }

    pub(super) fn request_shutdown(&self) {
        let wakers = self.lock().request_shutdown();
        wakers.into_iter().for_each(wake);
    }

    pub(super) fn abort(&self) {
        self.end_by_handle();
        let (rest, wakers) = self.lock().abort();
        rest.drop_and_wake();
        wakers.into_iter().for_each(wake);
        if let Some(record) = &self.record {
            record.abort();
        }
    }

    /// The connection has ended: drops everything that waits, and accepts nothing more.
    fn close(&self) {
        let (rest, wakers) = self.lock().close();
        rest.drop_and_wake();
        drop(wakers);
    }

    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waiting, phase) = {
            let state = self.lock();
            (state.waiting(), state.phase)
        };
        f.debug_struct(name)
            .field("state", &phase)
            .field("waiting", &waiting)
            .field("capacity", &self.capacity())
            .finish()
    }
}

impl State {
    /// The slots that are kept when drained: those that the first push allocates in any case (128 bytes).
    const KEPT_SLOTS: usize = 4;

    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Returns whether the connection was asked to end.
    pub(super) fn is_closing(&self) -> bool {
        self.asked_to_end
    }

    /// Returns whether to close the channel now: a close was asked for, and everything that was pushed before is
    /// collected. A connection that is upgrading collects nothing, and closes at once.
    pub(super) fn wants_close(&self, is_upgrading: bool) -> bool {
        self.phase == Phase::Closing && (is_upgrading || self.is_empty())
    }

    /// Returns whether the connection has another end than the one that asks.
    pub(super) fn has_other_ends(&self) -> bool {
        self.more_ends > 0
    }

    pub(super) fn len(&self) -> usize {
        self.content.as_ref().map_or(0, |content| content.entries.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn waiting(&self) -> usize {
        self.content.as_ref().map_or(0, |content| content.waiting)
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let Content { entries, waiting, .. } = self.content.as_deref_mut()?;
        let entry = entries.pop_front()?;
        *waiting = difference(*waiting, entry.cost());
        if entries.is_empty() && entries.capacity() > Self::KEPT_SLOTS {
            *entries = VecDeque::new();
        }
        Some(entry)
    }

    /// Returns whether nothing waits and nothing is asked for, and the waker is registered.
    pub(super) fn is_quiet(&self, waker: &Waker) -> bool {
        self.is_empty()
            && self.request.is_none()
            && self.is_open()
            && self.waker.as_ref().is_some_and(|registered| registered.will_wake(waker))
    }

    /// Returns those that wait for room, to be woken.
    pub(super) fn take_waiters(&mut self) -> BTreeMap<u64, Waker> {
        self.content.as_mut().map(|content| content.waiters.take()).unwrap_or_default()
    }

    /// Takes the request, unless it is a shutdown that is left to the code above.
    pub(super) fn take_request(&mut self, leaves_shutdown: bool) -> Option<Request> {
        self.request.take_if(|request| !leaves_shutdown || *request == Request::Abort)
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.content.as_ref().map_or(0, |content| content.entries.capacity())
    }

    /// Registers the waker for the next push, and returns the one that it replaces.
    pub(super) fn register(&mut self, waker: &Waker) -> Option<Waker> {
        sync::register(&mut self.waker, waker)
    }

    /// Registers the waker for the next request to end, and returns the one that it replaces.
    pub(super) fn register_closing(&mut self, waker: &Waker) -> Option<Waker> {
        sync::register(&mut self.content.get_or_insert_default().closing_waker, waker)
    }

    fn admit(&self, entry: &Entry, capacity: usize) -> Result<(), MailboxError> {
        let is_accepted = self.is_open() || (self.phase == Phase::OutputEnded && matches!(entry, Entry::Call(_)));
        if !is_accepted {
            return Err(MailboxError::Closed);
        }
        let fits = self.waiting().checked_add(entry.cost()).is_some_and(|sum| sum <= capacity);
        if fits || self.is_empty() || entry.is_empty() { Ok(()) } else { Err(MailboxError::Full) }
    }

    fn push(&mut self, entry: Entry) -> Option<Waker> {
        if entry.is_empty() {
            return None;
        }
        // A driver that left something here comes back without being woken.
        let waker = if self.is_empty() { self.waker.take() } else { None };
        let Content { entries, waiting, .. } = &mut **self.content.get_or_insert_default();
        // The largest entry is admitted only into an empty mailbox, and the last one may come on top.
        *waiting = sum(*waiting, entry.cost());
        entries.push_back(entry);
        waker
    }

    /// Returns whether a close or a shutdown still changes something.
    fn can_close(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::OutputEnded)
    }

    fn close_when_done(&mut self) -> Wakers {
        let driver = if self.can_close() {
            self.phase = Phase::Closing;
            // Also if entries wait: during an upgrade they do not hold back a close.
            self.waker.take()
        } else {
            None
        };
        [driver, self.ask_to_end()]
    }

    fn request_shutdown(&mut self) -> Wakers {
        let driver = if self.can_close() {
            self.request.get_or_insert(Request::Shutdown);
            self.waker.take()
        } else {
            None
        };
        [driver, self.ask_to_end()]
    }

    fn abort(&mut self) -> (Rest, Wakers) {
        let rest = self.refuse();
        // Also if nothing more is accepted: the connection may be sending the last of its output.
        self.request = Some(Request::Abort);
        (rest, [self.waker.take(), self.ask_to_end()])
    }

    /// Notes a request to end, and returns the waker of the code that waits for it.
    fn ask_to_end(&mut self) -> Option<Waker> {
        self.asked_to_end = true;
        self.take_closing_waker()
    }

    fn take_closing_waker(&mut self) -> Option<Waker> {
        self.content.as_mut()?.closing_waker.take()
    }

    /// Accepts no push any more, and returns the chunks that waited. A later call, close, shutdown or abort still wakes the
    /// driver.
    pub(super) fn end_output(&mut self) -> Rest {
        if self.phase == Phase::OutputEnded {
            return Rest::default();
        }
        if self.is_open() {
            self.phase = Phase::OutputEnded;
        }
        let Some(Content { entries, waiting, waiters, .. }) = self.content.as_deref_mut() else {
            return Rest::default();
        };
        let (calls, chunks) = mem::take(entries).into_iter().partition(|entry| matches!(entry, Entry::Call(_)));
        *entries = calls;
        *waiting = entries.iter().fold(0, |waiting, entry| sum(waiting, entry.cost()));
        Rest { entries: chunks, waiters: waiters.take() }
    }

    /// Accepts nothing more, and returns what waited. A later abort still wakes the driver, and the wait for the end goes on.
    pub(super) fn refuse(&mut self) -> Rest {
        self.phase = Phase::Closed;
        let Some(mut content) = self.content.take() else { return Rest::default() };
        let rest = Rest { entries: mem::take(&mut content.entries), waiters: content.waiters.take() };
        if content.closing_waker.is_some() {
            content.waiting = 0;
            self.content = Some(content);
        }
        rest
    }

    fn close(&mut self) -> (Rest, Wakers) {
        let wakers = [self.waker.take(), self.take_closing_waker()];
        (self.refuse(), wakers)
    }
}

/// The wakers of the driver and of the code that waits for the end.
type Wakers = [Option<Waker>; 2];

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
