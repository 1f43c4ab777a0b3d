use alloc::sync::Arc;
use core::any::Any;
use core::fmt;
use core::task::{Poll, Waker};
use core::time::Duration;

use bytes::Bytes;

use crate::chat::{Channel, Chat, Handler};
use crate::drive::server::ConnectionRecord;
use crate::output::PushError;

mod caller;
mod connection_handle;
mod entry;
mod mailbox_error;
mod request;
mod shared;
mod waiting;

pub use caller::Caller;
pub use connection_handle::ConnectionHandle;
pub use mailbox_error::MailboxError;

use entry::{Call, Entry};
pub(crate) use request::Request;
use shared::{Rest, Shared, wake_all};

/// Makes a mailbox for one connection, and a handle through which others push into it.
///
/// `H` is the handler of the connection, which a [`Caller`] from [`Mailbox::caller`] calls. It is inferred where the
/// mailbox is given to the driver.
///
/// The entries in it cost at most `capacity` bytes, 4 GiB at most, with two exceptions: an empty mailbox takes one
/// entry of any size, which could not be sent otherwise, and [`close_with`](ConnectionHandle::close_with) always has
/// room. A chunk costs its length and [`ProducerQueue::CHUNK_COST`](crate::output::ProducerQueue::CHUNK_COST), as in a
/// queue; a call costs its size and as much, and at least
/// [`ProducerQueue::PRODUCER_COST`](crate::output::ProducerQueue::PRODUCER_COST). So the memory of a mailbox stays
/// below twice its capacity, however short the chunks are. A chunk whose bytes are shared with other mailboxes counts
/// in each of them.
///
/// # Examples
///
/// A line for a connection whose handler knows nothing of the mailbox:
///
/// ```
/// use std::task::{Context, Waker};
/// use std::time::Duration;
/// use asynchat_core::{Channel, Chat, Config, Handler, BoxError};
/// use asynchat_core::drive::mailbox;
/// use bytes::Buf;
///
/// struct Quiet;
///
/// impl Handler for Quiet {
///     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// let mut chat = Chat::new(Quiet, Config::default());
/// let (peer, mut mailbox) = mailbox(64 * 1024);
///
/// // Anywhere, in any task or thread.
/// let elsewhere = peer.clone();
/// std::thread::spawn(move || {
///     elsewhere.push("the server goes down at noon\n")?;
///     elsewhere.close_when_done();
///     Ok::<(), asynchat_core::drive::MailboxError>(())
/// })
/// .join()
/// .unwrap()?;
///
/// // In the connection's driver.
/// assert!(mailbox.poll_collect(&mut chat, Duration::ZERO, Waker::noop()).is_ready());
/// let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "the server goes down at noon\n");
/// assert!(chat.wants_shutdown());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mailbox<H: 'static>(capacity: usize) -> (ConnectionHandle, Mailbox<H>) {
    let shared = Arc::new(Shared::new(capacity, None));
    (ConnectionHandle::new(Arc::clone(&shared)), Mailbox { shared, as_any: Some(|handler| handler) })
}

/// Makes a mailbox for a connection of a server, which may keep a record of it. The type of its handler is not known yet:
/// [`Mailbox::for_handler`].
pub(crate) fn recorded_mailbox(
    capacity: usize,
    record: Option<Arc<ConnectionRecord>>,
) -> (ConnectionHandle, Mailbox<()>) {
    let shared = Arc::new(Shared::new(capacity, record));
    (ConnectionHandle::new(Arc::clone(&shared)), Mailbox { shared, as_any: None })
}

/// The connection's end of a [`mailbox`]: its driver collects from it, and drops it when the connection has ended.
///
/// Dropping it frees everything that waits in it. Every push of a [`ConnectionHandle`], and every call of a [`Caller`],
/// then fails with [`MailboxError::Closed`]. A mailbox that a server has made may have several ends; the last one
/// counts.
///
/// # Memory
///
/// Until the first push it is one allocation of 80 bytes, shared with the handles. Once drained, it keeps at
/// most the memory of four pushes.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::{MailboxError, mailbox};
///
/// let (peer, mailbox) = mailbox::<()>(1024);
/// peer.push("never collected")?;
/// drop(mailbox);
/// assert_eq!(peer.push("too late"), Err(MailboxError::Closed));
/// # Ok::<(), MailboxError>(())
/// ```
pub struct Mailbox<H> {
    shared: Arc<Shared>,
    /// The handler as a call takes it. A function, so that only who makes a mailbox needs a handler that is `'static`.
    /// `None` if there is no caller of this mailbox.
    as_any: Option<fn(&mut H) -> &mut dyn Any>,
}

impl<H: 'static> Mailbox<H> {
    /// Makes a caller of the connection's handler.
    pub fn caller(&self) -> Caller<H> {
        Caller::new(ConnectionHandle::new(Arc::clone(&self.shared)))
    }
}

impl Mailbox<()> {
    /// Makes another end of the mailbox, for a handler of this type: a [`Caller`] calls it. For adapters.
    pub fn for_handler<H: 'static>(&self) -> Mailbox<H> {
        Mailbox { shared: self.shared.another_end(), as_any: Some(|handler| handler) }
    }

    /// Makes another end of the mailbox, for any handler: none calls it. For adapters.
    pub fn without_calls<H>(&self) -> Mailbox<H> {
        Mailbox { shared: self.shared.another_end(), as_any: None }
    }

    /// Waits until the connection is asked to end, by its server or through a handle. Ready again at each later call.
    ///
    /// The next close, shutdown or abort wakes `waker`, and a push does not. It may belong to another task than the one that
    /// collects the mailbox.
    pub fn poll_closing(&mut self, waker: &Waker) -> Poll<()> {
        let mut state = self.shared.lock();
        if state.is_closing() {
            return Poll::Ready(());
        }
        let replaced = state.register_closing(waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Returns whether [`poll_closing`](Self::poll_closing) is ready.
    pub fn is_closing(&self) -> bool {
        self.shared.lock().is_closing()
    }

    /// Returns whether a handle has closed or aborted the connection. Needs no lock.
    #[inline]
    pub(crate) fn is_ended_by_handle(&self) -> bool {
        self.shared.is_ended_by_handle()
    }

    /// Returns another handle on the connection.
    pub(crate) fn handle(&self) -> ConnectionHandle {
        ConnectionHandle::new(Arc::clone(&self.shared))
    }

    /// Moves what waits to the output of a connection without a handler, as [`poll_collect`](Self::poll_collect) does.
    /// Returns whether that changed anything, and the request that was found. A request of a server to shut down stays
    /// where the code that serves the connection waits for it: [`poll_closing`](Self::poll_closing).
    pub(crate) fn collect(
        &mut self,
        output: &mut impl Collect,
        mark: usize,
        waker: &Waker,
    ) -> (Collected, Option<Request>) {
        let mut round = Round { leaves_shutdown: self.record().is_some(), ..Round::new(mark) };
        // Without a handler there is no caller.
        while let Some(call) = self.collect_to_call(&mut round, output, waker) {
            drop(call);
        }
        (round.collected(), round.request)
    }
}

impl<H> Mailbox<H> {
    /// Returns the record that the server keeps of the connection, if any.
    pub(crate) fn record(&self) -> Option<&Arc<ConnectionRecord>> {
        self.shared.record()
    }
}

impl<H: Handler> Mailbox<H> {
    /// Moves what waits to the chat, in order: chunks into its queue, while
    /// [`Channel::queued`](crate::chat::Channel::queued) there is at most
    /// [`Config::low_water`](crate::chat::Config::low_water), and calls to its handler. So the room above that mark is
    /// the handler's, however much others push. Then, if the mailbox is empty and a handle has asked for it, closes the
    /// channel. Also aborts the chat and asks it to shut down, if that was requested.
    ///
    /// `now` is the current time, as for [`Chat::handle_connect`], which this calls first.
    ///
    /// `Ready` if that changed anything, so that there may be something to write, to deliver or to shut down. The driver
    /// then goes through another round. `Pending` if there was nothing to do. In both cases the next push or call into an
    /// empty mailbox wakes `waker`, and so does the next request to close, to abort or to shut down.
    ///
    /// A push behind entries that stayed here, because the queue was above the mark, wakes nobody. The driver has to
    /// call again after it has written something, as it does with [`Chat::handle_input`]. Call this after that one in
    /// each round: the handler then has its turn whenever the queue has run low, however much others push.
    ///
    /// When the channel is closing, the mailbox refuses pushes and calls too and drops what waits. The connection can
    /// still be aborted: go on calling. While the stream is about to be handed over ([`Channel::upgrade_when_done`]), a
    /// mailbox that has another end keeps what waits for the conversation above, and one that has none refuses pushes.
    ///
    /// # Complexity
    ///
    /// Linear in the entries that are moved. No byte is copied. Pushes and calls that the calls make in turn are left to
    /// the next time.
    ///
    /// # Panics
    ///
    /// If a call does.
    pub fn poll_collect(&mut self, chat: &mut Chat<H>, now: Duration, waker: &Waker) -> Poll<()> {
        let mark = chat.config().low_water;
        self.collect_up_to(mark, chat, now, waker)
    }

    fn collect_up_to(&mut self, mark: usize, chat: &mut Chat<H>, now: Duration, waker: &Waker) -> Poll<()> {
        if self.collect_into(chat, mark, now, waker).changed { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Does what [`poll_collect`](Self::poll_collect) does, while at most `mark` is queued.
    pub(crate) fn collect_into(&mut self, chat: &mut Chat<H>, mark: usize, now: Duration, waker: &Waker) -> Collected {
        // The chat keeps every error.
        let _ = chat.handle_connect(now);
        let mut round = Round::new(mark);
        while let Some(call) = self.collect_to_call(&mut round, chat.channel_mut(), waker) {
            round.changed = true;
            if let Some(as_any) = self.as_any {
                let _ = chat.call(now, |handler, channel| call(as_any(handler), channel));
            }
        }
        match round.request {
            Some(Request::Abort) => chat.abort(),
            Some(Request::Shutdown) => drop(chat.request_shutdown(now)),
            None => {}
        }
        round.collected()
    }
}

impl<H> Mailbox<H> {
    /// Moves chunks up to the next call, which is returned: it is not made under the lock.
    fn collect_to_call(&self, round: &mut Round, output: &mut impl Collect, waker: &Waker) -> Option<Call> {
        // An empty push changes nothing, and is refused whenever any push is: also after a producer has failed, while the
        // output before it is still being sent.
        let refused = output.push(Bytes::new()).is_err();
        let mut call = None;
        let is_upgrading = output.is_upgrading();
        let mut state = self.shared.lock();
        // Most looks find nothing, at several looks for each read.
        if !refused && state.is_quiet(waker) {
            round.is_emptied = true;
            return None;
        }
        round.request = state.take_request(round.leaves_shutdown || is_upgrading).or(round.request);
        round.changed |= round.request.is_some();
        // A shutdown comes behind what was pushed before. That is in memory already, so no mark holds it back, or a peer that
        // reads slowly would put off the shutdown.
        let mark = if round.request == Some(Request::Shutdown) { usize::MAX } else { round.mark };
        let rest = match refused {
            false => None,
            // Another end has the mailbox for the conversation above: what waits is for that.
            true if is_upgrading && state.has_other_ends() => None,
            true if output.is_closing() && !is_upgrading => Some(state.refuse()),
            // The output has ended, and the connection goes on.
            true => Some(state.end_output()),
        };
        let left = round.left.get_or_insert(state.len());
        let mut has_room = false;
        while !is_upgrading
            && let Some(after) = left.checked_sub(1)
            && output.queued() <= mark
            && let Some(entry) = state.pop()
        {
            *left = after;
            has_room = true;
            match entry {
                Entry::Chunk(chunk) => round.changed |= output.push(chunk).is_ok(),
                Entry::Call(next) => {
                    call = Some(next);
                    break;
                }
            }
        }
        if call.is_none() && state.wants_close(is_upgrading) {
            output.close_when_done();
            round.changed = true;
        }
        round.is_emptied = state.is_empty();
        let waiters = has_room.then(|| state.take_waiters());
        let replaced = state.register(waker);
        drop(state);
        // Waking and dropping run their owner's code, which may push: not under the lock.
        drop(replaced);
        // Mostly there is neither, and an empty map costs 100 instructions to iterate and to drop (callgrind).
        rest.into_iter().for_each(Rest::drop_and_wake);
        waiters.into_iter().for_each(wake_all);
        call
    }
}

/// Output that a mailbox is collected into.
pub(crate) trait Collect {
    fn push(&mut self, chunk: Bytes) -> Result<(), PushError>;
    fn queued(&self) -> usize;
    fn close_when_done(&mut self);
    fn is_closing(&self) -> bool;

    /// Returns whether the stream is about to be handed over: nothing more is accepted here, and the connection goes on.
    fn is_upgrading(&self) -> bool {
        false
    }
}

impl Collect for Channel {
    fn push(&mut self, chunk: Bytes) -> Result<(), PushError> {
        Self::push(self, chunk)
    }

    fn queued(&self) -> usize {
        Self::queued(self)
    }

    fn close_when_done(&mut self) {
        Self::close_when_done(self);
    }

    fn is_closing(&self) -> bool {
        Self::is_closing(self)
    }

    fn is_upgrading(&self) -> bool {
        Self::is_upgrading(self)
    }
}

/// The result of a look into the mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Collected {
    /// The look has changed something.
    pub(crate) changed: bool,
    /// The mailbox is empty: the next push wakes the task.
    pub(crate) is_emptied: bool,
}

/// The state of one collection.
struct Round {
    mark: usize,
    /// The entries that were there at the beginning and are left.
    left: Option<usize>,
    request: Option<Request>,
    leaves_shutdown: bool,
    changed: bool,
    is_emptied: bool,
}

impl Round {
    fn new(mark: usize) -> Self {
        Self { mark, left: None, request: None, leaves_shutdown: false, changed: false, is_emptied: false }
    }

    fn collected(&self) -> Collected {
        Collected { changed: self.changed, is_emptied: self.is_emptied }
    }
}

impl<H> Drop for Mailbox<H> {
    fn drop(&mut self) {
        self.shared.drop_end();
    }
}

/// Shows how many bytes wait, and none of them.
impl<H> fmt::Debug for Mailbox<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt_as("Mailbox", f)
    }
}

#[cfg(test)]
mod tests;
