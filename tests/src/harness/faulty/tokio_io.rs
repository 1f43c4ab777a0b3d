//! `Faulty` as a stream of tokio. The futures-io implementation uses the same helpers.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Faulty, Operation, Outcome, failed};

impl Faulty {
    pub(super) fn poll_read_bytes(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<Vec<u8>>> {
        match self.begin(Operation::Read) {
            Outcome::Proceed => Poll::Ready(Ok(self.read_bytes(room))),
            Outcome::Zero => Poll::Ready(Ok(Vec::new())),
            Outcome::Pending { wake } => pending(cx, wake),
            Outcome::Error(kind) => Poll::Ready(failed(kind)),
        }
    }

    pub(super) fn poll_write_slices<'s>(
        &mut self,
        cx: &mut Context<'_>,
        slices: impl IntoIterator<Item = &'s [u8]>,
    ) -> Poll<io::Result<usize>> {
        match self.begin(Operation::Write) {
            Outcome::Proceed => Poll::Ready(Ok(self.accept(slices))),
            Outcome::Zero => Poll::Ready(Ok(0)),
            Outcome::Pending { wake } => pending(cx, wake),
            Outcome::Error(kind) => Poll::Ready(failed(kind)),
        }
    }

    pub(super) fn poll_complete(&mut self, cx: &mut Context<'_>, operation: Operation) -> Poll<io::Result<()>> {
        match self.begin(operation) {
            Outcome::Proceed | Outcome::Zero => {
                self.complete(operation);
                Poll::Ready(Ok(()))
            }
            Outcome::Pending { wake } => pending(cx, wake),
            Outcome::Error(kind) => Poll::Ready(failed(kind)),
        }
    }
}

impl AsyncRead for Faulty {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_read_bytes(cx, buffer.remaining()).map_ok(|piece| buffer.put_slice(&piece))
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_slices(cx, [data])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slices(cx, slices.iter().map(|slice| &**slice))
    }

    /// A stream that takes one byte at a time stands for streams without vectored writes.
    fn is_write_vectored(&self) -> bool {
        self.plan.cut > 1
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_complete(cx, Operation::Flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_complete(cx, Operation::Shutdown)
    }
}

fn pending<T>(cx: &Context<'_>, wake: bool) -> Poll<T> {
    if wake {
        cx.waker().wake_by_ref();
    }
    Poll::Pending
}
