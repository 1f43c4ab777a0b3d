use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;
use core::task::{Poll, Waker};

use bytes::Bytes;

use crate::chat::Channel;
use crate::drive::server::ConnectionRecord;
use crate::output::PushError;

mod connection_handle;
mod mailbox_error;
mod request;
mod shared;

pub use connection_handle::ConnectionHandle;
pub use mailbox_error::MailboxError;
pub use request::Request;

use shared::Shared;

/// Makes a mailbox for one connection, and a handle through which others push into it.
///
/// The chunks in it cost at most `capacity` bytes, with two exceptions: an empty mailbox takes one chunk of any size,
/// which could not be sent otherwise, and [`close_with`](ConnectionHandle::close_with) always has room. A chunk costs
/// its length and [`ProducerQueue::CHUNK_COST`](crate::output::ProducerQueue::CHUNK_COST), as in a queue. So the memory
/// of a mailbox stays below twice its capacity, however short the chunks are. A chunk whose bytes are shared with other
/// mailboxes counts in each of them.
///
/// # Examples
///
/// A line for a connection whose handler knows nothing of the mailbox:
///
/// ```
/// use std::task::{Context, Waker};
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
/// chat.handle_connect(std::time::Duration::ZERO)?;
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
/// let mark = chat.config().low_water;
/// assert!(mailbox.poll_collect(chat.channel_mut(), mark, Waker::noop()).is_ready());
/// let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "the server goes down at noon\n");
/// assert!(chat.wants_shutdown());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn mailbox(capacity: usize) -> (ConnectionHandle, Mailbox) {
    recorded_mailbox(capacity, None)
}

/// Makes a mailbox for a connection of a server, which may keep a record of it.
pub(crate) fn recorded_mailbox(capacity: usize, record: Option<Arc<ConnectionRecord>>) -> (ConnectionHandle, Mailbox) {
    let shared = Arc::new(Shared::new(capacity, record));
    (ConnectionHandle::new(Arc::clone(&shared)), Mailbox { shared, request: None })
}

/// The connection's end of a [`mailbox`]: its driver collects from it, and drops it when the connection has ended.
///
/// Dropping it frees everything that waits in it. Every push of a [`ConnectionHandle`] then fails with
/// [`MailboxError::Closed`].
///
/// # Memory
///
/// Until the first push it is one allocation of about a hundred bytes, shared with the handles. Once drained, it keeps at
/// most the memory of a single push.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::{MailboxError, mailbox};
///
/// let (peer, mailbox) = mailbox(1024);
/// peer.push("never collected")?;
/// drop(mailbox);
/// assert_eq!(peer.push("too late"), Err(MailboxError::Closed));
/// # Ok::<(), MailboxError>(())
/// ```
pub struct Mailbox {
    shared: Arc<Shared>,
    /// Collected, and not taken yet.
    request: Option<Request>,
}

impl Mailbox {
    /// Moves waiting chunks into the queue of the channel, in order, while [`Channel::queued`] there is at
    /// most `mark`. Then,
    /// if the mailbox is empty and a handle has asked for it, closes the channel as [`Channel::close_when_done`] does.
    ///
    /// `Ready` if that changed anything, so that there may be something to write or to shut down. `Pending` if there was
    /// nothing to do. In both cases the next push into an empty mailbox wakes `waker`, and so does the next request to
    /// close, to abort or to shut down. It is also `Ready` with one of the last two: see
    /// [`take_request`](Self::take_request).
    ///
    /// A push behind chunks that stayed here, because the queue was above the mark, wakes nobody. The driver has to call
    /// again after it has written something, as it does with [`Chat::handle_input`](crate::chat::Chat::handle_input). Call this
    /// after that one in each round: the handler then has its turn whenever the queue has run low, however much others push.
    /// [`Config::low_water`](crate::chat::Config::low_water) is a good mark, since it leaves the room above it to the handler.
    ///
    /// When the channel accepts no more, for whatever reason, the mailbox refuses pushes too and drops its chunks. The
    /// connection can still be aborted, and closed after [`Channel::finish`]: go on calling.
    ///
    /// # Complexity
    ///
    /// Linear in the chunks that are moved. No byte is copied.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::task::{Context, Waker};
    /// # use asynchat_core::{Chat, Config, Handler, BoxError};
    /// use asynchat_core::Channel;
    /// use asynchat_core::drive::{Mailbox, mailbox};
    ///
    /// fn one_round(mailbox: &mut Mailbox, channel: &mut Channel) {
    ///     assert!(mailbox.poll_collect(channel, 100, Waker::noop()).is_ready());
    ///     assert!(channel.queued() > 100, "two lines are above the mark, and the last one stays");
    ///     assert!(mailbox.poll_collect(channel, 100, Waker::noop()).is_pending());
    /// }
    /// # struct Quiet;
    /// # impl Handler for Quiet {
    /// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
    /// #         Ok(())
    /// #     }
    /// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let mut chat = Chat::new(Quiet, Config::default());
    ///
    /// let (peer, mut mailbox) = mailbox(1024);
    /// for line in ["a\n", "b\n", "c\n"] {
    ///     peer.push(line)?;
    /// }
    /// # one_round(&mut mailbox, chat.channel_mut());
    /// # Ok::<(), asynchat_core::drive::MailboxError>(())
    /// ```
    pub fn poll_collect(&mut self, channel: &mut Channel, mark: usize, waker: &Waker) -> Poll<()> {
        self.collect(channel, mark, waker)
    }

    /// [`poll_collect`](Self::poll_collect), for the output of a chat or of a pull-style connection.
    pub(crate) fn collect(&mut self, channel: &mut impl Collect, mark: usize, waker: &Waker) -> Poll<()> {
        // An empty push changes nothing, and is refused whenever any push is: also after a producer has failed, while the
        // output before it is still being sent.
        let refused = channel.push(Bytes::new()).is_err();
        let mut state = self.shared.lock();
        let request = state.take_request();
        let mut changed = request.is_some();
        // A shutdown comes behind what was pushed before. That is in memory already, so no mark holds it back, or a peer that
        // reads slowly would put off the shutdown.
        let mark = if request == Some(Request::Shutdown) { usize::MAX } else { mark };
        let rest = match refused {
            false => VecDeque::new(),
            true if channel.is_closing() => state.refuse(),
            // The output has ended, and the connection goes on.
            true => state.end_output(),
        };
        while channel.queued() <= mark
            && let Some(chunk) = state.pop()
        {
            changed |= channel.push(chunk).is_ok();
        }
        if state.wants_close() {
            channel.close_when_done();
            changed = true;
        }
        let replaced = state.register(waker);
        drop(state);
        // Dropping a waker or a chunk runs its owner's code, which may push: not under the lock.
        drop((replaced, rest));
        self.request = request.or(self.request);
        if changed { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Takes the request that the last [`poll_collect`](Self::poll_collect) found: call it after each.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::task::{Context, Waker};
    /// # use asynchat_core::{BoxError, Channel, Handler};
    /// use asynchat_core::{Chat, Config, Error};
    /// use asynchat_core::drive::{Request, mailbox};
    /// # struct Quiet;
    /// # impl Handler for Quiet {
    /// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
    /// #         Ok(())
    /// #     }
    /// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
    /// #         Ok(())
    /// #     }
    /// # }
    ///
    /// let now = std::time::Duration::ZERO;
    /// let mut chat = Chat::new(Quiet, Config::default());
    /// chat.handle_connect(now)?;
    /// let (peer, mut mailbox) = mailbox(1024);
    /// peer.abort();
    ///
    /// assert!(mailbox.poll_collect(chat.channel_mut(), 1024, Waker::noop()).is_ready());
    /// match mailbox.take_request() {
    ///     Some(Request::Abort) => chat.abort(),
    ///     Some(Request::Shutdown) => chat.request_shutdown(now)?,
    ///     _ => {}
    /// }
    /// assert_eq!(chat.outcome(), Some(Err(&Error::Aborted)));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn take_request(&mut self) -> Option<Request> {
        self.request.take()
    }

    /// Waits until the connection is asked to end, by its server or through a handle: for code that does not collect the
    /// mailbox. Ready again at each later call. The waker is that of the next push too.
    pub fn poll_closing(&mut self, waker: &Waker) -> Poll<()> {
        let mut state = self.shared.lock();
        if state.is_closing() {
            return Poll::Ready(());
        }
        let replaced = state.register(waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Returns whether [`poll_closing`](Self::poll_closing) is ready.
    pub fn is_closing(&self) -> bool {
        self.shared.lock().is_closing()
    }

    /// Returns the record that the server keeps of the connection, if any.
    pub(crate) fn record(&self) -> Option<&Arc<ConnectionRecord>> {
        self.shared.record()
    }

    /// Returns another handle on the connection.
    pub(crate) fn handle(&self) -> ConnectionHandle {
        ConnectionHandle::new(Arc::clone(&self.shared))
    }
}

/// Output that a mailbox is collected into.
pub(crate) trait Collect {
    fn push(&mut self, chunk: Bytes) -> Result<(), PushError>;
    fn queued(&self) -> usize;
    fn close_when_done(&mut self);
    fn is_closing(&self) -> bool;
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
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// Shows how many bytes wait, and none of them.
impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt_as("Mailbox", f)
    }
}

#[cfg(test)]
mod tests;
