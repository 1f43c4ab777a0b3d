//! The mailbox of a connection: what other tasks and threads push, and their requests to close and to abort.

use core::task::{Context, Poll, Waker, ready};

use bytes::Bytes;

use super::PollConnection;
use super::ending::Ending;
use crate::drive::mailbox::{Collect, ConnectionHandle, Mailbox, Request, mailbox};
use crate::drive::transport::{Clock, Transport};
use crate::output::{ProducerQueue, PushError};

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Attaches the connection to the server that has made the mailbox: its bytes are counted for the server's
    /// observer, [`poll_abort`](Self::poll_abort) learns of an abort, and the pushes of handles are sent. The request
    /// of the server to shut down is left to the code that serves the connection.
    pub fn attach(&mut self, mailbox: &Mailbox<()>) {
        self.may_look = false;
        self.outbox.record = mailbox.record().cloned();
        self.mailbox = Some(mailbox.without_calls());
    }

    /// Waits for an abort of a connection that is [attached](Self::attach) to a server, and then [aborts](Self::abort)
    /// it. For an adapter without tasks: a task that is aborted is polled once more, and each poll that sends aborts
    /// the connection.
    pub fn poll_abort(&mut self, waker: &Waker) -> Poll<()> {
        let Some(record) = &self.outbox.record else { return Poll::Pending };
        ready!(record.poll_abort(waker));
        self.abort();
        Poll::Ready(())
    }

    /// Returns a handle on this connection, for other tasks and threads. The first call makes the mailbox, of
    /// [`Config::mailbox_capacity`](crate::chat::Config::mailbox_capacity).
    ///
    /// A poll that waits already does not know of the mailbox: poll again after the first call.
    pub fn handle(&mut self) -> ConnectionHandle {
        self.may_look = false;
        let capacity = self.config.mailbox_capacity;
        self.mailbox.get_or_insert_with(|| mailbox(capacity).1).handle()
    }

    /// Aborts a connection whose server, or a handle on it, has asked for that. The request in a mailbox goes to one of its
    /// ends, and the record tells all of them.
    pub(super) fn abort_if_requested(&mut self) {
        let is_requested = self.outbox.record.as_ref().is_some_and(|record| record.is_abort_requested());
        if is_requested && self.ending != Ending::Aborted {
            self.abort();
        }
    }

    /// Returns whether there is a mailbox.
    #[inline(always)]
    pub(super) fn has_mailbox(&self) -> bool {
        self.mailbox.is_some()
    }

    /// Returns whether a handle has closed or aborted the connection: no frame is handed out after that, not even one that
    /// was read before (C2, C16). The polls that send collect the request.
    #[inline(always)]
    pub(super) fn is_end_requested(&self) -> bool {
        self.mailbox.as_ref().is_some_and(Mailbox::is_ended_by_handle)
    }

    /// Collects from the mailbox, up to the low-water mark: the room above it is the caller's, however much others push.
    /// Returns whether that changed anything.
    pub(super) fn collect(&mut self, cx: &Context<'_>) -> bool {
        self.collect_up_to(self.config.low_water, cx.waker())
    }

    /// Collects from the mailbox everything that others have pushed: before the output ends, and before it is counted.
    pub fn collect_rest(&mut self) {
        self.collect_up_to(usize::MAX, Waker::noop());
    }

    /// Collects what the last look of this poll has left, since the mailbox wakes nobody for that. An output that has ended
    /// since then is to refuse at once what is pushed.
    pub(super) fn collect_again(&mut self, cx: &Context<'_>) -> bool {
        let has_left = !self.is_mailbox_emptied || self.outbox.queue.push(Bytes::new()).is_err();
        has_left && self.collect(cx)
    }

    fn collect_up_to(&mut self, mark: usize, waker: &Waker) -> bool {
        let Some(mailbox) = &mut self.mailbox else { return false };
        let mut queue = Closable { queue: &mut self.outbox.queue, ending: &mut self.ending };
        let (collected, request) = mailbox.collect(&mut queue, mark, waker);
        match request {
            Some(Request::Abort) => self.abort(),
            // As the default of a handler: it closes when all output is sent.
            Some(Request::Shutdown) => queue.close_when_done(),
            None => {}
        }
        self.is_mailbox_emptied = collected.is_emptied;
        collected.changed
    }
}

/// The queue of a connection that is to hand out no further input once a handle has closed it (C2).
struct Closable<'c> {
    queue: &'c mut ProducerQueue,
    ending: &'c mut Ending,
}

impl Collect for Closable<'_> {
    fn push(&mut self, chunk: Bytes) -> Result<(), PushError> {
        self.queue.push(chunk)
    }

    fn queued(&self) -> usize {
        self.queue.queued()
    }

    fn close_when_done(&mut self) {
        self.queue.close_when_done();
        self.ending.close();
    }

    fn is_closing(&self) -> bool {
        *self.ending != Ending::No
    }
}
