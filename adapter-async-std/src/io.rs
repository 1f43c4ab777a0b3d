use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use asynchat_core::{Clock, Staged, Transport, Wraps};
use bytes::Buf;
use futures_io::{AsyncRead, AsyncWrite};

/// How many slices one write is given. Small chunks have been copied together before, so that a queue is seldom more.
const SLICES: usize = 16;

/// A stream of bytes of futures-io's as core knows one.
#[derive(Debug)]
pub struct Io<S>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Io<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match ready!(Pin::new(&mut self.0).poll_read(cx, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Staged<'_>) -> Poll<io::Result<usize>> {
        loop {
            let stream = Pin::new(&mut self.0);
            // A stream that cannot write several slices at once writes the first of them.
            let result = if output.chunk().len() < output.remaining() {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let filled = output.chunks_vectored(&mut slices);
                stream.poll_write_vectored(cx, slices.get(..filled).unwrap_or_default())
            } else {
                stream.poll_write(cx, output.chunk())
            };
            match ready!(result) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.0).poll_close(cx)) {
            // The peer has gone, so there is nobody left to see the end of the output. That is not a failure of ours, nor
            // one under tokio, which says nothing of it either; if the connection was reset, reading tells.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}

impl<S> Wraps for Io<S> {
    type Stream = S;

    fn wrap(stream: S) -> Self {
        Self(stream)
    }

    fn stream(&self) -> &S {
        &self.0
    }

    fn into_stream(self) -> S {
        self.0
    }
}

/// The system's monotonic time, counted from when this was made. The timer is there only while an alarm is set, so that
/// an idle connection has none, neither here nor in the reactor.
#[derive(Debug)]
pub struct Timer {
    origin: Instant,
    alarm: Option<(Duration, Box<async_io::Timer>)>,
}

impl Default for Timer {
    fn default() -> Self {
        Self { origin: Instant::now(), alarm: None }
    }
}

impl Clock for Timer {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()> {
        // A time too far away to be named never comes.
        let Some((at, instant)) = at.and_then(|at| Some((at, self.origin.checked_add(at)?))) else {
            self.alarm = None;
            return Poll::Pending;
        };
        let (set, timer) = self.alarm.get_or_insert_with(|| (at, Box::new(async_io::Timer::at(instant))));
        if *set != at {
            *set = at;
            timer.set_at(instant);
        }
        ready!(Pin::new(&mut **timer).poll(cx));
        self.alarm = None;
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests;
