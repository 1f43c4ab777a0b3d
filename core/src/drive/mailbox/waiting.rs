//! Senders that wait for room in a full mailbox.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::poll_fn;
use core::mem;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::thread::{self, Thread};

use super::MailboxError;
use super::entry::Entry;
use super::shared::Shared;
use crate::sync;

/// The senders that wait. All of them are woken when there is room, in the order in which they came, so that none
/// depends on another that was woken and dropped.
#[derive(Default)]
pub(super) struct Waiters {
    next_ticket: u64,
    wakers: BTreeMap<u64, Waker>,
}

impl Waiters {
    /// Registers a sender, and returns the waker that it replaces.
    pub(super) fn register(&mut self, ticket: &mut Option<u64>, waker: &Waker) -> Option<Waker> {
        let number = *ticket.get_or_insert_with(|| {
            // 2^64 senders are never reached.
            self.next_ticket = self.next_ticket.wrapping_add(1);
            self.next_ticket
        });
        let mut slot = self.wakers.remove(&number);
        let replaced = sync::register(&mut slot, waker);
        self.wakers.extend(slot.map(|waker| (number, waker)));
        replaced
    }

    /// Forgets a sender.
    pub(super) fn remove(&mut self, ticket: u64) -> Option<Waker> {
        self.wakers.remove(&ticket)
    }

    /// Returns the wakers of all, which register again if there is no room for them.
    pub(super) fn take(&mut self) -> BTreeMap<u64, Waker> {
        mem::take(&mut self.wakers)
    }
}

/// A sender's place, which is given up when its future is dropped.
struct Place<'s> {
    shared: &'s Shared,
    ticket: Option<u64>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.stop_waiting(ticket);
        }
    }
}

/// Pushes an entry as soon as there is room.
pub(super) async fn push_when_ready(shared: &Shared, entry: Entry) -> Result<(), MailboxError> {
    let mut place = Place { shared, ticket: None };
    let mut entry = Some(entry);
    poll_fn(|cx| shared.poll_push(&mut entry, &mut place.ticket, cx.waker())).await
}

/// Wakes a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Pushes an entry as soon as there is room, and blocks the thread until then.
pub(super) fn push_blocking(shared: &Shared, entry: Entry) -> Result<(), MailboxError> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut pushed = pin!(push_when_ready(shared, entry));
    loop {
        match pushed.as_mut().poll(&mut cx) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}
