use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;

use crate::drive::mailbox::ConnectionHandle;
use crate::drive::poll_connection::PollConnection;
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;
use crate::sync;

mod half_wakers;
mod lent_copy;

pub(crate) use half_wakers::HalfWakers;
pub use lent_copy::LentCopy;

/// One of the two halves of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The half that reads.
    Reader,
    /// The half that writes.
    Writer,
}

/// A [`PollConnection`] that is shared by a half that reads and a half that writes, in two tasks or threads. For adapters.
///
/// The stream need not be cloned, so it can be any, TLS included. A lock is held for the length of a poll, which never
/// waits: the halves take turns at the stream, and wait for it at the same time.
///
/// - A poll of one half does the work of the other too, as that of a whole connection does: output is sent while input is
///   waited for, and input is read while output is. So the transport may keep one waker for both directions, as TLS does.
///   It is given a waker of the connection, which wakes both tasks. No poll allocates.
/// - A poll that made progress for the other half wakes it.
/// - A poll that is abandoned costs the other half a superfluous wake-up, and never a missing one (C8).
/// - Input is not held back by output above the high-water mark, since the halves belong to two tasks that know nothing of
///   each other: the one that pushes a lot has to flush.
pub struct SplitConnection<T, C> {
    shared: Arc<Shared<T, C>>,
}

struct Shared<T, C> {
    connection: Mutex<PollConnection<T, C>>,
    wakers: HalfWakers,
}

impl<T, C> Clone for SplitConnection<T, C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

/// Shows lengths and states, and no byte (C20).
impl<T, C> fmt::Debug for SplitConnection<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_tuple("SplitConnection");
        match self.shared.connection.try_lock() {
            Ok(connection) => debug.field(&*connection).finish(),
            Err(_) => debug.field(&format_args!("in use")).finish(),
        }
    }
}

impl<T: Transport, C: Clock> SplitConnection<T, C> {
    /// Shares a connection. Clone the result for the other half.
    pub fn new(mut connection: PollConnection<T, C>) -> Self {
        connection.set_split(true);
        Self { shared: Arc::new(Shared { connection: Mutex::new(connection), wakers: HalfWakers::default() }) }
    }

    /// Locks the connection, for calls that do not wait.
    pub fn lock(&self) -> MutexGuard<'_, PollConnection<T, C>> {
        sync::lock(&self.shared.connection)
    }

    /// [`PollConnection::find_ready_frame`], and the frame owned.
    pub fn find_ready_frame_owned(&self) -> Option<Result<Bytes, Error>> {
        let mut connection = self.lock();
        let ready = connection.find_ready_frame()?;
        Some(ready.map(|()| connection.frame_owned()))
    }

    /// Polls for one half. The context that `poll` is given wakes both halves, and is the one to poll the connection with.
    pub fn poll<R>(
        &self,
        half: Half,
        cx: &Context<'_>,
        poll: impl FnOnce(&mut PollConnection<T, C>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        self.shared.wakers.poll(half, cx, &mut *self.lock(), poll)
    }

    /// Returns a handle on the connection: [`PollConnection::handle`].
    pub fn handle(&self) -> ConnectionHandle {
        let handle = self.lock().handle();
        // A half that waits does not know of the mailbox yet.
        self.wake();
        handle
    }

    /// Aborts the connection, and wakes both halves: [`PollConnection::abort`].
    pub fn abort(&self) {
        self.lock().abort();
        self.wake();
    }

    /// Ends the output, for a half that writes and is dropped: what is queued is sent as far as the transport takes it at
    /// once, and the rest when the half that reads polls again, for which it is woken.
    ///
    /// While its thread unwinds the connection is aborted instead: the peer must not take for the whole what may be half of
    /// it, and no producer is called.
    pub fn finish_on_drop(&self) {
        if std::thread::panicking() {
            return self.abort();
        }
        self.shared.wakers.poll_for_nobody(|cx| self.lock().try_finish(cx));
        self.wake();
    }

    /// Returns the connection, whole again, if this is the only clone left.
    ///
    /// # Errors
    ///
    /// This clone, if there is another.
    pub fn try_into_inner(self) -> Result<PollConnection<T, C>, Self> {
        let shared = Arc::try_unwrap(self.shared).map_err(|shared| Self { shared })?;
        let mut connection = shared.connection.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        connection.set_split(false);
        Ok(connection)
    }

    /// Returns whether both share the same connection.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    fn wake(&self) {
        self.shared.wakers.wake();
    }
}
