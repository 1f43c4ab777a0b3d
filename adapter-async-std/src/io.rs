use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use std::{any, fmt};

use asynchat_core::Transmit;
use asynchat_core::drive::{IoWrapper, Sleep, Transport, retry_on_intr};
use futures_io::{AsyncRead, AsyncWrite};

/// A stream of futures-io, as core reads and writes it.
pub struct FuturesIo<S>(S);

/// Shows the type of the stream, which may hold what a peer sent (C20).
impl<S> fmt::Debug for FuturesIo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FuturesIo({})", any::type_name::<S>())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for FuturesIo<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        retry_on_intr(|| Pin::new(&mut self.0).poll_read(cx, buffer))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Transmit<'_>) -> Poll<io::Result<usize>> {
        // A stream that does not support vectored writes writes the first of the slices.
        retry_on_intr(|| output.with_slices(|slices| Pin::new(&mut self.0).poll_write_vectored(cx, slices)))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        retry_on_intr(|| Pin::new(&mut self.0).poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(retry_on_intr(|| Pin::new(&mut self.0).poll_close(cx))) {
            // The peer is gone, so nobody sees the end of the output. That is no failure: tokio does not report it either.
            // If the connection was reset, the next read fails.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}

impl<S> IoWrapper for FuturesIo<S> {
    type Stream = S;

    fn new(stream: S) -> Self {
        Self(stream)
    }

    fn get_ref(&self) -> &S {
        &self.0
    }

    fn get_mut(&mut self) -> &mut S {
        &mut self.0
    }

    fn into_inner(self) -> S {
        self.0
    }
}

/// The monotonic time of the system, and the timers of async-io.
pub type AsyncIoClock = asynchat_core::drive::RuntimeClock<AsyncIoSleep>;

/// A timer of async-io, and the time at which it goes off, which the timer does not tell. Boxed, since most of the time
/// there is none.
#[derive(Debug)]
pub struct AsyncIoSleep(Box<(async_io::Timer, Instant)>);

impl Sleep for AsyncIoSleep {
    fn now() -> Instant {
        Instant::now()
    }

    fn until(at: Instant) -> Self {
        Self(Box::new((async_io::Timer::at(at), at)))
    }

    fn at(&self) -> Instant {
        self.0.1
    }

    fn reset(&mut self, at: Instant) {
        self.0.0.set_at(at);
        self.0.1 = at;
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0.0).poll(cx).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
