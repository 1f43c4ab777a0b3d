use std::any::Any;
use std::io;
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use std::{any, fmt};

use async_io::{Async, Timer};
use asynchat_core::Transmit;
use asynchat_core::drive::{IoWrapper, Sleep, Transport, retry_on_intr};
use futures_io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

asynchat_core::tcp_functions!();

/// The time between two looks for an error of a connection on which nothing is read and written: async-io has no wait for
/// an error alone.
const LOOK: Duration = Duration::from_secs(1);

/// A stream of futures-io, as core reads and writes it.
pub struct FuturesIo<S> {
    stream: S,
    /// The timer of the last yield, or of the next look for an error. Boxed, since most connections have none.
    timer: Option<Box<Timer>>,
}

/// Shows the type of the stream, which may hold what a peer sent (C20).
impl<S> fmt::Debug for FuturesIo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FuturesIo({})", any::type_name::<S>())
    }
}

/// The time until a task that yields is woken: over when async-io has looked at its I/O, and not before the timer is set.
const YIELD: Duration = Duration::from_micros(1);

impl<S: 'static> FuturesIo<S> {
    /// Returns the socket of the stream, if it is a TCP or Unix socket of a runtime that is known here. A bound cannot
    /// express "any stream, with more if it is a socket".
    fn socket(&self) -> Option<SockRef<'_>> {
        let stream: &dyn Any = &self.stream;
        #[cfg(feature = "smol")]
        if let Some(stream) = stream.downcast_ref::<::smol::net::TcpStream>() {
            return Some(stream.into());
        }
        #[cfg(all(feature = "smol", unix))]
        if let Some(stream) = stream.downcast_ref::<::smol::net::unix::UnixStream>() {
            return Some(stream.into());
        }
        #[cfg(feature = "async-std")]
        if let Some(stream) = stream.downcast_ref::<crate::async_std::Socket>() {
            return Some(stream.get_ref().into());
        }
        #[cfg(feature = "async-std")]
        if let Some(stream) = stream.downcast_ref::<::async_std::net::TcpStream>() {
            return Some(stream.into());
        }
        #[cfg(unix)]
        if let Some(stream) = stream.downcast_ref::<Async<UnixStream>>() {
            return Some(stream.into());
        }
        stream.downcast_ref::<Async<TcpStream>>().map(SockRef::from)
    }

    fn wake_after(&mut self, time: Duration, cx: &mut Context<'_>) {
        let timer = self.timer.insert(Box::new(Timer::after(time)));
        if Pin::new(&mut **timer).poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Transport for FuturesIo<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        retry_on_intr(|| Pin::new(&mut self.stream).poll_read(cx, buffer))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Transmit<'_>) -> Poll<io::Result<usize>> {
        // A stream that does not support vectored writes writes the first of the slices.
        retry_on_intr(|| output.with_slices(|slices| Pin::new(&mut self.stream).poll_write_vectored(cx, slices)))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        retry_on_intr(|| Pin::new(&mut self.stream).poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(retry_on_intr(|| Pin::new(&mut self.stream).poll_close(cx))) {
            // The peer is gone, so nobody sees the end of the output. That is no failure: tokio does not report it either.
            // If the connection was reset, the next read fails.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }

    /// async-io wakes the task together with those whose I/O is ready. A task that wakes itself would be polled before:
    /// the executors of smol and async-std look at I/O every 200 polls, or after 10 ms.
    fn yield_now(&mut self, cx: &mut Context<'_>) {
        self.wake_after(YIELD, cx);
    }

    fn poll_error(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(socket) = self.socket() else { return Poll::Pending };
        if let Some(error) = error(&socket) {
            return Poll::Ready(error);
        }
        self.wake_after(LOOK, cx);
        Poll::Pending
    }

    fn may_block(&self) -> bool {
        false
    }

    fn unacknowledged(&self) -> Option<u64> {
        unacknowledged(&self.socket()?)
    }

    fn reset(&mut self) {
        if let Some(socket) = self.socket() {
            reset(&socket);
        }
    }
}

impl<S> IoWrapper for FuturesIo<S> {
    type Stream = S;

    fn new(stream: S) -> Self {
        Self { stream, timer: None }
    }

    fn get_ref(&self) -> &S {
        &self.stream
    }

    fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    fn into_inner(self) -> S {
        self.stream
    }
}

/// The monotonic time of the system, and the timers of async-io.
pub type AsyncIoClock = asynchat_core::drive::RuntimeClock<AsyncIoSleep>;

/// A timer of async-io, whose reactor serves all runtimes of the process.
#[derive(Debug)]
pub struct AsyncIoSleep(Timer);

impl Sleep for AsyncIoSleep {
    type Runtime = ();

    fn runtime() {}

    fn now() -> Instant {
        Instant::now()
    }

    fn until(at: Instant) -> Self {
        Self(Timer::at(at))
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
