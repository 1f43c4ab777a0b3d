use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use asynchat_core::drive::{ConnectionHandle, Half, IoWrapper, LentCopy, ReuniteError, SplitConnection};
use asynchat_core::{Error, Event, Terminator};
use bytes::Bytes;
use rustix::fd::{AsFd, OwnedFd};

use super::Connection;
use super::wait::{PollConnection, Polled, Wait, poll_once, wait_for};
use crate::clock::StdClock;
use crate::io::{Awaited, Io};
use crate::notifier::Notifier;
use crate::pollable::Pollable;

type Shared<S> = SplitConnection<Io<S>, StdClock>;

pub(super) fn split<S: Read + Write + 'static>(connection: Connection<S>) -> (ReadHalf<S>, WriteHalf<S>) {
    let Connection { inner, read_timeout, write_timeout } = connection;
    halves(&Shared::new(inner), read_timeout, write_timeout)
}

fn halves<S: Read + Write + 'static>(
    shared: &Shared<S>,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
) -> (ReadHalf<S>, WriteHalf<S>) {
    let [reader, writer] = [Half::Reader, Half::Writer].map(|half| {
        let descriptors = Descriptors::new(shared.lock().transport().get_ref()).map_err(Error::from);
        Waiting { half, shared: shared.clone(), descriptors }
    });
    (
        ReadHalf { waiting: reader, lent: LentCopy::default(), read_timeout },
        WriteHalf { waiting: writer, write_timeout, finishes: true },
    )
}

/// The half of a [`Connection`] that reads, for a thread of its own: made by [`into_split`](Connection::into_split),
/// and put together again by [`reunite`](Self::reunite).
///
/// It has every method of a whole connection that reads. A frame or an event is copied out of the shared buffer before
/// it is lent.
///
/// - While it waits for input it sends output too. Output that the other half has pushed and not flushed leaves with the
///   next wait.
/// - Output above the high-water mark does not hold back its input: the other half has to flush.
/// - Each half returns the errors of its own side. A reset by the peer is an error of the half that reads, also if the
///   other half was told of it.
/// - Dropping it leaves the other half as it is. The stream is closed when both are dropped.
///
/// Over a socket or a file both threads wait for it at the same time. Each needs two descriptors for that; if there is
/// none left, the calls that wait fail. Over any other stream, the calls of the stream wait themselves, and hold up every
/// call of the other half, [`push`](WriteHalf::push) included: give the stream a timeout of its own.
pub struct ReadHalf<S> {
    waiting: Waiting<S>,
    lent: LentCopy,
    read_timeout: Option<Duration>,
}

impl<S: Read + Write + 'static> ReadHalf<S> {
    #[doc = asynchat_core::shared_doc!(next_event)]
    ///
    /// After the [read timeout](Self::set_read_timeout) it is an [`Error::is_call_timeout`]. The call can then be made
    /// again.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if let Some(ready) = self.lent.find_ready_event(&mut self.waiting.shared.lock()) {
            return ready.map(|()| Some(self.lent.event()));
        }
        let Self { waiting, lent, read_timeout } = self;
        let found = wait_for(waiting, *read_timeout, |connection, cx, buffer| lent.poll_event(connection, cx, buffer))?;
        Ok(found.then(|| self.lent.event()))
    }

    #[doc = asynchat_core::shared_doc!(next_frame)]
    ///   After the [read timeout](Self::set_read_timeout) it is an [`Error::is_call_timeout`]. The call can then be made again.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        if let Some(ready) = self.lent.find_ready_frame(&mut self.waiting.shared.lock()) {
            return ready.map(|()| Some(self.lent.bytes()));
        }
        let Self { waiting, lent, read_timeout } = self;
        let found = wait_for(waiting, *read_timeout, |connection, cx, buffer| lent.poll_frame(connection, cx, buffer))?;
        Ok(found.then(|| self.lent.bytes()))
    }

    #[doc = asynchat_core::shared_doc!(next_frame_owned)]
    pub fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(ready) = self.waiting.shared.find_ready_frame_owned() {
            return ready.map(Some);
        }
        wait_for(&mut self.waiting, self.read_timeout, |connection, cx, buffer| {
            connection.poll_frame(cx, buffer).map_ok(|found| found.then(|| connection.frame_owned()))
        })
    }

    #[doc = asynchat_core::shared_doc!(skip_frame)]
    pub fn skip_frame(&mut self) -> Result<Option<u64>, Error> {
        wait_for(&mut self.waiting, self.read_timeout, PollConnection::poll_skip_frame)
    }

    asynchat_core::connection_methods!(reader);

    /// Returns the part of a frame that has arrived, if the last call returned no frame, as [`Connection::partial`]
    /// does. It is copied.
    pub fn partial(&mut self) -> &[u8] {
        self.lent.copy(self.waiting.shared.lock().partial());
        self.lent.bytes()
    }

    /// Returns what ends the frame now. A count is the number of bytes that are still missing.
    pub fn terminator(&self) -> Terminator {
        self.connection().frames().terminator().clone()
    }

    /// Sets how long one call that reads may take: [`Connection::set_read_timeout`].
    pub fn set_read_timeout(&mut self, timeout: Option<Duration>) {
        self.read_timeout = timeout;
    }

    #[doc = asynchat_core::shared_doc!(handle)]
    pub fn handle(&self) -> ConnectionHandle {
        self.waiting.shared.handle()
    }

    /// Ends the connection at once: what is queued is dropped, and the calls of the other half fail with
    /// [`Error::Aborted`]. The stream is closed when that half is dropped too.
    pub fn abort(self) {
        self.waiting.shared.abort();
    }

    /// Puts the two halves of a connection together again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], which has the halves, if they are those of two connections.
    pub fn reunite(self, mut writer: WriteHalf<S>) -> Result<Connection<S>, ReuniteError<Self, WriteHalf<S>>> {
        if !self.waiting.shared.is_same(&writer.waiting.shared) {
            return Err(ReuniteError::new(self, writer));
        }
        let (read_timeout, write_timeout) = (self.read_timeout, writer.write_timeout);
        let shared = self.waiting.shared;
        writer.finishes = false;
        drop(writer);
        // There is no other clone, so this never fails.
        shared.try_into_inner().map(|inner| Connection { inner, read_timeout, write_timeout }).map_err(|shared| {
            let (reader, writer) = halves(&shared, read_timeout, write_timeout);
            ReuniteError::new(reader, writer)
        })
    }

    fn connection(&self) -> MutexGuard<'_, PollConnection<S>> {
        self.waiting.shared.lock()
    }

    fn connection_mut(&mut self) -> MutexGuard<'_, PollConnection<S>> {
        self.waiting.shared.lock()
    }
}

/// The half of a [`Connection`] that writes, for a thread of its own: made by [`into_split`](Connection::into_split).
///
/// It has every method of a whole connection that writes.
///
/// - [`push`](Self::push) only queues: [`flush`](Self::flush) sends. Output that is not flushed leaves with the next wait
///   of the half that reads.
/// - A caller that pushes without flushing is not held back: see [`queued`](Self::queued).
/// - While it flushes it reads too, up to [`Config::high_water`](crate::Config::high_water), if the other half does not: two
///   peers that both send before they read do not deadlock.
///
/// # Dropping it
///
/// Dropping it ends the output, as [`finish`](Self::finish) does: a peer that reads to the end is not kept waiting. The
/// drop sends as much of the queue as the stream takes at once, and the other half sends the rest while it waits for
/// input. If that half is dropped too, the rest is lost: flush before. While its thread panics, the connection is aborted
/// instead.
///
/// Over a stream that is neither a socket nor a file the drop waits, as a write does.
pub struct WriteHalf<S: Read + Write + 'static> {
    waiting: Waiting<S>,
    write_timeout: Option<Duration>,
    finishes: bool,
}

impl<S: Read + Write + 'static> WriteHalf<S> {
    #[doc = asynchat_core::shared_doc!(flush)]
    ///
    /// After the [write timeout](Self::set_write_timeout) it is an [`Error::is_call_timeout`]. The call can then be
    /// made again.
    pub fn flush(&mut self) -> Result<(), Error> {
        wait_for(&mut self.waiting, self.write_timeout, PollConnection::poll_flush)
    }

    #[doc = asynchat_core::shared_doc!(finish)]
    ///
    /// After the [write timeout](Self::set_write_timeout) it is an [`Error::is_call_timeout`]. The call can then be
    /// made again.
    pub fn finish(&mut self) -> Result<(), Error> {
        wait_for(&mut self.waiting, self.write_timeout, PollConnection::poll_finish)
    }

    /// Closes both halves gracefully, as [`Connection::close`] does: input that arrives meanwhile is dropped, and the half
    /// that reads finds the end of the stream. To end the output alone, call [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    pub fn close(&mut self) -> Result<(), Error> {
        let linger = self.connection().config().linger;
        let timeout = self.write_timeout.map(|timeout| timeout.saturating_add(linger));
        wait_for(&mut self.waiting, timeout, PollConnection::poll_close)
    }

    asynchat_core::connection_methods!(writer);

    /// Sets how long one call of [`flush`](Self::flush) or [`finish`](Self::finish) may take:
    /// [`Connection::set_write_timeout`].
    pub fn set_write_timeout(&mut self, timeout: Option<Duration>) {
        self.write_timeout = timeout;
    }

    #[doc = asynchat_core::shared_doc!(handle)]
    pub fn handle(&self) -> ConnectionHandle {
        self.waiting.shared.handle()
    }

    /// Ends the connection at once: what is queued is dropped, and the calls of the other half fail with
    /// [`Error::Aborted`]. The stream is closed when that half is dropped too.
    pub fn abort(self) {
        self.waiting.shared.abort();
    }

    fn connection(&self) -> MutexGuard<'_, PollConnection<S>> {
        self.waiting.shared.lock()
    }

    fn connection_mut(&mut self) -> MutexGuard<'_, PollConnection<S>> {
        self.waiting.shared.lock()
    }
}

impl<S: Read + Write + 'static> Drop for WriteHalf<S> {
    fn drop(&mut self) {
        if self.finishes {
            self.waiting.shared.finish_on_drop();
        }
    }
}

/// Shows lengths and states, and no byte (C20).
impl<S> fmt::Debug for ReadHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waiting, lent: _, read_timeout } = self;
        f.debug_struct("ReadHalf").field("shared", &waiting.shared).field("read_timeout", read_timeout).finish()
    }
}

/// Shows lengths and states, and no byte (C20).
impl<S: Read + Write + 'static> fmt::Debug for WriteHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waiting, write_timeout, finishes: _ } = self;
        f.debug_struct("WriteHalf").field("shared", &waiting.shared).field("write_timeout", write_timeout).finish()
    }
}

/// The pause between two calls of a stream that wait themselves, under the lock: without one, a thread could take the lock
/// again and again before the other wakes up.
const OTHERS_TURN: Duration = Duration::from_millis(1);

/// A half, and the descriptors that its thread waits with.
struct Waiting<S> {
    half: Half,
    shared: Shared<S>,
    descriptors: Result<Descriptors, Error>,
}

/// The descriptors of a half, so that its thread waits without the lock of the connection.
struct Descriptors {
    notifier: Arc<Notifier>,
    /// A duplicate of the stream's, if poll(2) can wait for it.
    stream: Option<OwnedFd>,
}

impl Descriptors {
    fn new<S: 'static>(stream: &S) -> io::Result<Self> {
        let stream = Pollable::of(stream).map(|stream| stream.as_fd().try_clone_to_owned()).transpose()?;
        Ok(Self { notifier: Notifier::by_descriptor()?, stream })
    }
}

impl<S: Read + Write + 'static> Wait<S> for Waiting<S> {
    fn notifier(&self) -> Result<Arc<Notifier>, Error> {
        self.descriptors.as_ref().map(|descriptors| Arc::clone(&descriptors.notifier)).map_err(Clone::clone)
    }

    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut PollConnection<S>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> Polled<R> {
        let mut other_than_result = (Awaited::Others, None);
        let result = self.shared.poll(self.half, cx, |connection, cx| {
            let polled = poll_once(connection, cx, poll);
            other_than_result = (polled.awaited, polled.alarm);
            polled.result
        });
        let (awaited, alarm) = other_than_result;
        Polled { result, awaited, alarm }
    }

    /// Its notifier is always woken by others.
    fn wait(&mut self, awaited: Awaited, time: Option<Duration>) -> io::Result<()> {
        let Ok(Descriptors { notifier, stream }) = &self.descriptors else { return Ok(()) };
        let awaited = match awaited {
            Awaited::Pause(pause) => Awaited::Pause(pause.max(OTHERS_TURN)),
            awaited => awaited,
        };
        awaited.wait(notifier, stream.as_ref().map(AsFd::as_fd), time).map(drop)
    }
}
