use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use asynchat_core::Staged;
use asynchat_core::drive::{Sleep, Transport, Wraps, uninterrupted};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// tokio's stream of bytes as core knows one.
#[derive(Debug)]
pub struct Io<S>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Io<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        uninterrupted(|| {
            let mut buffer = ReadBuf::new(buffer);
            Pin::new(&mut self.0).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
        })
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Staged<'_>) -> Poll<io::Result<usize>> {
        // A stream that cannot write several slices at once writes the first of them.
        uninterrupted(|| output.with_slices(|slices| Pin::new(&mut self.0).poll_write_vectored(cx, slices)))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.0).poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        uninterrupted(|| Pin::new(&mut self.0).poll_shutdown(cx))
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

/// tokio's time, which its tests can stop.
pub(crate) type Timer = asynchat_core::drive::Timer<Alarm>;

/// tokio's timer, which must not be moved once it is set.
#[derive(Debug)]
pub struct Alarm(Pin<Box<tokio::time::Sleep>>);

impl Sleep for Alarm {
    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn until(at: Instant) -> Self {
        Self(Box::pin(tokio::time::sleep_until(at.into())))
    }

    fn at(&self) -> Instant {
        self.0.deadline().into_std()
    }

    fn reset(&mut self, at: Instant) {
        self.0.as_mut().reset(at.into());
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}
