//! As tokio's stream. The futures-io face is made of this one's helpers.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Faulty, Operation, Verdict, failed};

impl Faulty {
    pub(super) fn poll_take(&mut self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<Vec<u8>>> {
        match self.judge(Operation::Read) {
            Verdict::GoesOn => Poll::Ready(Ok(self.take(room))),
            Verdict::Nothing => Poll::Ready(Ok(Vec::new())),
            Verdict::Pending { wake } => pending(cx, wake),
            Verdict::Fails(kind) => Poll::Ready(failed(kind)),
        }
    }

    pub(super) fn poll_give<'s>(
        &mut self,
        cx: &mut Context<'_>,
        slices: impl IntoIterator<Item = &'s [u8]>,
    ) -> Poll<io::Result<usize>> {
        match self.judge(Operation::Write) {
            Verdict::GoesOn => Poll::Ready(Ok(self.give(slices))),
            Verdict::Nothing => Poll::Ready(Ok(0)),
            Verdict::Pending { wake } => pending(cx, wake),
            Verdict::Fails(kind) => Poll::Ready(failed(kind)),
        }
    }

    pub(super) fn poll_finish(&mut self, cx: &mut Context<'_>, operation: Operation) -> Poll<io::Result<()>> {
        match self.judge(operation) {
            Verdict::GoesOn | Verdict::Nothing => {
                self.finish(operation);
                Poll::Ready(Ok(()))
            }
            Verdict::Pending { wake } => pending(cx, wake),
            Verdict::Fails(kind) => Poll::Ready(failed(kind)),
        }
    }
}

impl AsyncRead for Faulty {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_take(cx, buffer.remaining()).map_ok(|piece| buffer.put_slice(&piece))
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_give(cx, [data])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_give(cx, slices.iter().map(|slice| &**slice))
    }

    /// A stream that takes one byte at a time stands for those that have no vectored write.
    fn is_write_vectored(&self) -> bool {
        self.plan.cut > 1
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_finish(cx, Operation::Flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_finish(cx, Operation::Shutdown)
    }
}

fn pending<T>(cx: &Context<'_>, wake: bool) -> Poll<T> {
    if wake {
        cx.waker().wake_by_ref();
    }
    Poll::Pending
}
