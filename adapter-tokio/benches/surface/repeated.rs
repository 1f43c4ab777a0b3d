//! The stream in memory, several times: what a program does once for a connection then hardly counts, and the stream stays
//! in the second-level cache.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, ReadBuf};

/// The number of times.
pub(crate) const TIMES: usize = 16;

/// A reader of a stream that is repeated.
pub(crate) struct Repeated {
    stream: Bytes,
    at: usize,
    left: usize,
}

impl Repeated {
    pub(crate) fn new(stream: Bytes) -> Self {
        Self { stream, at: 0, left: TIMES }
    }

    /// Returns the next bytes, `size` at most.
    fn next_bytes(&mut self, size: usize) -> &[u8] {
        if self.at == self.stream.len() && self.left > 1 {
            (self.at, self.left) = (0, self.left - 1);
        }
        let from = self.at;
        self.at = self.stream.len().min(from + size);
        &self.stream[from..self.at]
    }
}

impl AsyncRead for Repeated {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let size = buffer.remaining();
        buffer.put_slice(self.next_bytes(size));
        Poll::Ready(Ok(()))
    }
}

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.next_bytes(buffer.len());
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}
