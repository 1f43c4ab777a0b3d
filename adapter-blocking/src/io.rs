use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use asynchat_core::Transmit;
use asynchat_core::drive::{IoWrapper, Transport, retry_on_intr};
use rustix::event::PollFlags;
use rustix::fd::BorrowedFd;
use socket2::SockRef;

use crate::backoff::Backoff;
use crate::notifier::Notifier;
use crate::pollable::Pollable;

asynchat_core::tcp_functions!();

/// A stream of std, as core reads and writes it, and the wait for it.
///
/// A stream that is [`Pollable`] is set non-blocking, and [`wait_for`](Self::wait_for) waits until it is ready. The calls of
/// any other stream wait themselves. A read may wait for ever, so it is put off until a whole round of the driver had
/// nothing to write.
// No `Debug`: it would show the stream, which may hold what a peer sent (C20).
pub(crate) struct Io<S> {
    stream: S,
    wake: Arc<Notifier>,
    /// The calls that were pending since the last wait.
    interest: Interest,
    /// The stream could not be set non-blocking: the next read returns this.
    failed: Option<io::Error>,
    /// Both sides of the connection have ended, which poll(2) reports again and again.
    hung_up: bool,
    /// For a stream that is not pollable: a write was attempted since the last read.
    wrote: bool,
    backoff: Backoff,
}

#[derive(Debug, Clone, Copy, Default)]
struct Interest {
    read: bool,
    write: bool,
    /// An error is waited for, while nothing is read and written.
    error: bool,
    /// A read was put off: another round, at once.
    turn: bool,
    /// The turn was given away: another round, at once, whatever else is waited for.
    yielded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Read,
    Write,
}

impl<S: Read + Write + 'static> Io<S> {
    pub(crate) fn with_notifier(stream: S, wake: Arc<Notifier>) -> Self {
        let failed = Pollable::of(&stream).and_then(|stream| stream.set_nonblocking(true).err());
        Self {
            stream,
            wake,
            interest: Interest::default(),
            failed,
            hung_up: false,
            wrote: false,
            backoff: Backoff::default(),
        }
    }

    pub(crate) fn wake(&self) -> &Arc<Notifier> {
        &self.wake
    }

    /// Waits until a call that was pending is worth another attempt, another thread wakes this one, or the time is over.
    /// `is_woken_by_others` if another thread may: with a mailbox, or for a producer of output that is pending.
    ///
    /// # Errors
    ///
    /// If there is nothing to wait for, if poll(2) fails for lack of memory, or if no descriptor is left for other threads
    /// to wake this one.
    pub(crate) fn wait_for(
        &mut self,
        awaited: Awaited,
        time: Option<Duration>,
        is_woken_by_others: bool,
    ) -> io::Result<()> {
        if is_woken_by_others {
            self.wake.be_woken()?;
        }
        let is_ready = awaited.wait(&self.wake, Pollable::of(&self.stream).map(Pollable::as_fd), time)?;
        if awaited.is_error() {
            self.hung_up = is_ready;
        }
        Ok(())
    }

    /// Returns what the calls that were pending since the last one wait for.
    pub(crate) fn take_awaited(&mut self) -> Awaited {
        let interest = std::mem::take(&mut self.interest);
        let is_pollable = Pollable::of(&self.stream).is_some();
        if interest.yielded {
            return Awaited::Turn { yielded: true };
        }
        if interest.read || interest.write {
            if !is_pollable {
                return Awaited::Pause(self.backoff.next());
            }
            let mut events = PollFlags::empty();
            events.set(PollFlags::IN, interest.read);
            events.set(PollFlags::OUT, interest.write);
            return Awaited::Stream(events);
        }
        if interest.turn {
            return Awaited::Turn { yielded: false };
        }
        // After a hang-up without an error, none is waited for: nothing more can come.
        if interest.error && is_pollable && !self.hung_up {
            // poll(2) reports an error though no event is asked for.
            return Awaited::Stream(PollFlags::empty());
        }
        // Without the stream: poll(2) would report the end of the connection again and again.
        Awaited::Others
    }

    /// Calls the stream, and repeats an interrupted call. Pending if the stream would block, or if its own timeout is over.
    fn attempt<R>(&mut self, side: Side, mut call: impl FnMut(&mut S) -> io::Result<R>) -> Poll<io::Result<R>> {
        let is_pollable = Pollable::of(&self.stream).is_some();
        let begun = if is_pollable { None } else { Some(Instant::now()) };
        // A pollable stream waits in `wait_for`, where its own timeouts do not apply.
        let would_block =
            |error: &io::Error| error.kind() == ErrorKind::WouldBlock || (!is_pollable && is_timeout(error));
        let stream = &mut self.stream;
        let result = retry_on_intr(|| match call(stream) {
            Err(error) if would_block(&error) => Poll::Pending,
            result => Poll::Ready(result),
        });
        self.wrote |= side == Side::Write;
        if result.is_ready() {
            self.backoff.reset();
            return result;
        }
        match side {
            Side::Read => self.interest.read = true,
            Side::Write => self.interest.write = true,
        }
        if let Some(begun) = begun {
            self.backoff.failed_after(begun.elapsed());
        }
        result
    }

    /// Returns the stream, if it is a socket.
    fn socket(&self) -> Option<SockRef<'_>> {
        Pollable::of(&self.stream)?.as_socket()
    }

    /// Returns whether to put off a read.
    fn puts_off_reading(&mut self) -> bool {
        let wrote = std::mem::take(&mut self.wrote) && Pollable::of(&self.stream).is_none();
        if wrote {
            self.interest.turn = true;
        }
        wrote
    }
}

/// The event that a thread waits for, besides the time and other threads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Awaited {
    /// Another round, at once.
    Turn {
        yielded: bool,
    },
    Stream(PollFlags),
    /// Another attempt: there is no way to wait for the stream.
    Pause(Duration),
    Others,
}

impl Awaited {
    /// Returns whether the turn was given away, so that another round is due whatever the time is.
    pub(crate) fn is_yielded(self) -> bool {
        matches!(self, Self::Turn { yielded: true })
    }

    /// Returns whether an error of the stream alone is waited for.
    fn is_error(self) -> bool {
        matches!(self, Self::Stream(events) if events.is_empty())
    }

    /// Waits for it, until the time is over, or until another thread wakes this one. Returns whether the stream is ready.
    pub(crate) fn wait(
        self,
        wake: &Notifier,
        stream: Option<BorrowedFd<'_>>,
        time: Option<Duration>,
    ) -> io::Result<bool> {
        match self {
            Self::Turn { .. } => Ok(false),
            Self::Stream(events) => wake.wait(stream.map(|stream| (stream, events)), time),
            Self::Pause(pause) => wake.wait(None, time.into_iter().chain([pause]).min()),
            Self::Others => wake.wait(None, time),
        }
    }
}

impl<S: Read + Write + 'static> Transport for Io<S> {
    type Error = io::Error;

    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        if self.puts_off_reading() {
            return Poll::Pending;
        }
        self.attempt(Side::Read, |stream| stream.read(buffer))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, output: &Transmit<'_>) -> Poll<io::Result<usize>> {
        self.attempt(Side::Write, |stream| output.with_slices(|slices| stream.write_vectored(slices)))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.attempt(Side::Write, S::flush)
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.attempt(Side::Write, |stream| match Pollable::of(stream) {
            Some(stream) => stream.shut_down(),
            // There is no half-close. All output was flushed before.
            None => Ok(()),
        })
    }

    fn poll_error(&mut self, _: &mut Context<'_>) -> Poll<io::Error> {
        self.interest.error = true;
        let error = self.socket().and_then(|socket| error(&socket));
        error.map_or(Poll::Pending, Poll::Ready)
    }

    fn may_block(&self) -> bool {
        // A pollable stream waits in `wait_for`.
        Pollable::of(&self.stream).is_none()
    }

    fn unacknowledged(&self) -> Option<u64> {
        unacknowledged(&self.socket()?)
    }

    fn reset(&mut self) {
        if let Some(socket) = self.socket() {
            reset(&socket);
        }
    }

    /// The system shares its processors among threads, so the thread goes on at once.
    fn yield_now(&mut self, _: &mut Context<'_>) {
        self.interest.yielded = true;
    }
}

impl<S: Read + Write + 'static> IoWrapper for Io<S> {
    type Stream = S;

    /// Wraps a stream, for a thread that no other thread wakes but those that answer for a producer.
    fn new(stream: S) -> Self {
        Self::with_notifier(stream, Notifier::on_demand())
    }

    fn get_ref(&self) -> &S {
        &self.stream
    }

    fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// Returns the stream, blocking as it came.
    fn into_inner(self) -> S {
        if let Some(stream) = Pollable::of(&self.stream) {
            // If it could be set non-blocking, it can be set back.
            let _ = stream.set_nonblocking(false);
        }
        self.stream
    }
}

/// Returns whether the write side of such a stream can be shut down, so that its peer closes too. The output of a stream
/// that is not a socket ends only when it is dropped: if it lingered first, it and its peer would wait for each other.
pub(crate) fn can_linger<S: 'static>(stream: &S) -> bool {
    Pollable::of(stream).is_some_and(|stream| stream.as_socket().is_some())
}

/// Returns whether this is a timeout that the owner of the stream has set, and not one of the network (`ETIMEDOUT`).
fn is_timeout(error: &io::Error) -> bool {
    let by_the_network = cfg!(unix) && error.raw_os_error() == Some(rustix::io::Errno::TIMEDOUT.raw_os_error());
    error.kind() == ErrorKind::TimedOut && !by_the_network
}
