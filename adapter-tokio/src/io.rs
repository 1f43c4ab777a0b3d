use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use asynchat_core::{Clock, Staged, Transport, Wraps};
use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How many slices one write is given. Small chunks have been copied together before, so that a queue is seldom more.
const SLICES: usize = 16;

/// tokio's stream of bytes as core knows one.
#[derive(Debug)]
pub struct Io<S>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Io<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut buffer = ReadBuf::new(buffer);
            match ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer)) {
                Ok(()) => return Poll::Ready(Ok(buffer.filled().len())),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Staged<'_>) -> Poll<io::Result<usize>> {
        loop {
            let stream = Pin::new(&mut self.0);
            let result = if stream.is_write_vectored() && output.chunk().len() < output.remaining() {
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
        uninterrupted(|| Pin::new(&mut self.0).poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.0).poll_shutdown(cx))
    }
}

fn uninterrupted(mut call: impl FnMut() -> Poll<io::Result<()>>) -> Poll<io::Result<()>> {
    loop {
        match ready!(call()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Poll::Ready(result),
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

/// tokio's time, counted from when this was made. The timer is there only while an alarm is set, so that an idle
/// connection has none.
#[derive(Debug)]
pub struct Timer {
    origin: Instant,
    alarm: Option<(Duration, Pin<Box<Sleep>>)>,
}

impl Default for Timer {
    fn default() -> Self {
        Self { origin: Instant::now(), alarm: None }
    }
}

impl Timer {
    /// Waits until this time; for ever if there is none.
    pub(crate) async fn wait_until(&self, at: Option<Duration>) {
        match at.and_then(|at| self.origin.checked_add(at)) {
            Some(instant) => tokio::time::sleep_until(instant).await,
            None => std::future::pending().await,
        }
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
        let (set, sleep) = self.alarm.get_or_insert_with(|| (at, Box::pin(tokio::time::sleep_until(instant))));
        if *set != at {
            *set = at;
            sleep.as_mut().reset(instant);
        }
        ready!(sleep.as_mut().poll(cx));
        self.alarm = None;
        Poll::Ready(())
    }
}
