use alloc::sync::Arc;
use core::fmt;
use core::hash::{Hash, Hasher};

use bytes::Bytes;

use super::entry::Entry;
use super::shared::Shared;
use super::{MailboxError, waiting};

/// A handle on a connection, for other tasks and threads: they can push to it, close it and abort it. Made by
/// [`mailbox`](fn@crate::drive::mailbox), or by a server for each connection.
///
/// No call but [`push_blocking`](Self::push_blocking) blocks: each holds a lock for a few instructions, and the driver
/// holds it while it moves some chunks. Two handles are equal if they belong to the same connection. A
/// [`Caller`](crate::drive::Caller) also calls the handler.
///
/// # A full mailbox
///
/// A mailbox is emptied when the task of its connection runs. So [`MailboxError::Full`] may come before a peer has had a
/// chance to read: a handler that forwards lines is called for all that one read has brought, and no other task runs on its
/// thread meanwhile. A read of 64 KiB brings 3,276 lines of 20 bytes. They cost 371 KiB in each mailbox, and the default
/// capacity is 64 KiB. Two ways keep the peers that read:
///
/// - A task awaits [`push_when_ready`](Self::push_when_ready) under a timeout, and drops the peer when that has passed.
/// - A handler, which must not wait, has mailboxes that hold what one read can bring: a larger
///   [`Config::mailbox_capacity`](crate::Config::mailbox_capacity) and a smaller
///   [`Config::read_size`](crate::Config::read_size).
///
/// # Examples
///
/// A broadcast to everyone but the speaker, which drops the peers whose mailbox is full or closed:
///
/// ```
/// use asynchat_core::drive::{ConnectionHandle, mailbox};
/// use bytes::Bytes;
///
/// fn say(room: &mut Vec<ConnectionHandle>, speaker: &ConnectionHandle, line: Bytes) {
///     room.retain(|peer| peer == speaker || peer.push(line.clone()).is_ok());
/// }
///
/// let (ann, _mailbox_of_ann) = mailbox::<()>(1024);
/// let (bob, _mailbox_of_bob) = mailbox::<()>(1024);
/// let (joe, mailbox_of_joe) = mailbox::<()>(1024);
/// let mut room = vec![ann.clone(), bob.clone(), joe];
/// drop(mailbox_of_joe);
/// say(&mut room, &ann, Bytes::from("hello\n"));
/// assert_eq!(room, [ann, bob]);
/// ```
#[derive(Clone)]
pub struct ConnectionHandle {
    shared: Arc<Shared>,
}

impl ConnectionHandle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Pushes bytes to the connection, behind everything that was pushed before. Never blocks, and copies no byte.
    ///
    /// The driver of the connection is woken if the mailbox was empty.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Full`] if something waits already, and `data` would exceed the capacity of the mailbox. This is no
    /// proof of a slow peer: see [A full mailbox](Self#a-full-mailbox).
    /// [`MailboxError::Closed`] if the connection has ended or is closing. The data is dropped in both cases.
    ///
    /// `Ok` is no confirmation: the connection may end before the data is sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{MailboxError, mailbox};
    ///
    /// let (peer, _mailbox) = mailbox::<()>(4);
    /// peer.push("longer than that, but the only one")?;
    /// assert_eq!(peer.push("."), Err(MailboxError::Full));
    /// # Ok::<(), MailboxError>(())
    /// ```
    pub fn push(&self, data: impl Into<Bytes>) -> Result<(), MailboxError> {
        self.shared.push(Entry::Chunk(data.into()))
    }

    /// Pushes bytes as [`push`](Self::push) does, once there is room in the mailbox (backpressure). Needs no particular
    /// runtime.
    ///
    /// When there is room, all that wait are woken, in the order in which they came. Pushes of one task that awaits each of
    /// them keep their order.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Closed`] if the connection has ended or is closing, now or while it waits. The data is dropped.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has pushed nothing, and will push nothing.
    ///
    /// # Examples
    ///
    /// A task that sends more than the mailbox holds, as fast as the peer reads:
    ///
    /// ```
    /// use asynchat_core::drive::{ConnectionHandle, MailboxError};
    ///
    /// async fn send_all(peer: ConnectionHandle, lines: Vec<String>) -> Result<(), MailboxError> {
    ///     for line in lines {
    ///         peer.push_when_ready(line).await?;
    ///     }
    ///     peer.close_when_done();
    ///     Ok(())
    /// }
    /// ```
    pub async fn push_when_ready(&self, data: impl Into<Bytes>) -> Result<(), MailboxError> {
        waiting::push_when_ready(&self.shared, Entry::Chunk(data.into())).await
    }

    /// Pushes bytes as [`push`](Self::push) does, once there is room in the mailbox, and blocks this thread until then: for
    /// threads, as [`push_when_ready`](Self::push_when_ready) is for tasks.
    ///
    /// Do not call it from a handler or a task. A connection that waits for its own mailbox waits for ever, and a task
    /// that blocks keeps its runtime from running others.
    ///
    /// # Errors
    ///
    /// As for [`push_when_ready`](Self::push_when_ready).
    pub fn push_blocking(&self, data: impl Into<Bytes>) -> Result<(), MailboxError> {
        waiting::push_blocking(&self.shared, Entry::Chunk(data.into()))
    }

    /// Closes the connection gracefully, once everything that was pushed so far is sent. A later push through any of its
    /// handles is refused. A second call does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{MailboxError, mailbox};
    ///
    /// let (peer, _mailbox) = mailbox::<()>(1024);
    /// peer.push("bye\n")?;
    /// peer.close_when_done();
    /// assert_eq!(peer.push("one more thing"), Err(MailboxError::Closed));
    /// # Ok::<(), MailboxError>(())
    /// ```
    pub fn close_when_done(&self) {
        self.shared.close_when_done();
    }

    /// Pushes the last bytes, for which there is room even if the mailbox is full, and closes the connection behind
    /// them, as [`close_when_done`](Self::close_when_done) does. For the reason that a peer is given when it is dropped
    /// because it reads too slowly.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Closed`] if the connection has ended or is closing. The data is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{MailboxError, mailbox};
    ///
    /// let (peer, _mailbox) = mailbox::<()>(8);
    /// while peer.push("news\n").is_ok() {}
    /// peer.close_with("you read too slowly\n")?;
    /// assert_eq!(peer.close_with("again"), Err(MailboxError::Closed));
    /// # Ok::<(), MailboxError>(())
    /// ```
    pub fn close_with(&self, data: impl Into<Bytes>) -> Result<(), MailboxError> {
        self.shared.close_with(data.into())
    }

    /// Closes the connection at once, from any task or thread: what is queued for it, here and in its own queue, is
    /// dropped. Wakes a connection that waits. The outcome is [`Error::Aborted`](crate::Error::Aborted), which is no
    /// fault of the peer's. A connection that is closing, but has not ended, is aborted too.
    ///
    /// A handler that is running is not interrupted: the connection ends when the call returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{MailboxError, mailbox};
    ///
    /// let (peer, _mailbox) = mailbox::<()>(1024);
    /// peer.push("never sent\n")?;
    /// peer.abort();
    /// assert_eq!(peer.push("one more thing"), Err(MailboxError::Closed));
    /// # Ok::<(), MailboxError>(())
    /// ```
    pub fn abort(&self) {
        self.shared.abort();
    }

    /// Asks the connection to shut down, behind everything that was pushed so far.
    pub(crate) fn request_shutdown(&self) {
        self.shared.request_shutdown();
    }

    /// Returns whether the connection has ended or is closing, so that nothing can be pushed.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::mailbox;
    ///
    /// let (peer, mailbox) = mailbox::<()>(1024);
    /// assert!(!peer.is_closed());
    /// drop(mailbox);
    /// assert!(peer.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        !self.shared.lock().is_open()
    }
}

/// Compares identities: whether both belong to the same connection.
impl PartialEq for ConnectionHandle {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl Eq for ConnectionHandle {}

impl Hash for ConnectionHandle {
    fn hash<S: Hasher>(&self, state: &mut S) {
        Arc::as_ptr(&self.shared).hash(state);
    }
}

/// Shows how many bytes wait, and none of them.
impl fmt::Debug for ConnectionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt_as("ConnectionHandle", f)
    }
}
