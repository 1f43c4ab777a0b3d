use bytes::Buf;

use super::ProducerQueue;

/// What is ready to be sent: the view that [`ProducerQueue::stage`] returns.
///
/// It is a [`Buf`], made of the queue's own memory: large chunks where they are, small ones copied together.
/// [`advance`](Buf::advance) drops what was sent from the queue itself; what was not stays staged when the view goes.
/// With the feature `std`, `chunks_vectored` fills a vectored write.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "std")] {
/// use std::io::{IoSlice, Write};
///
/// use asynchat_core::ProducerQueue;
/// use bytes::Buf;
///
/// let mut socket = Vec::new();
/// let mut queue = ProducerQueue::new();
/// queue.push("HTTP/1.1 200 OK\r\n\r\n")?;
/// queue.push(vec![b'x'; 5000])?;
///
/// let mut staged = queue.stage(65_536)?;
/// let mut slices = [IoSlice::new(&[]); 64];
/// let filled = staged.chunks_vectored(&mut slices);
/// assert_eq!(filled, 2);
/// let written = socket.write_vectored(&slices[..filled])?;
/// staged.advance(written);
/// assert_eq!(written, 5019);
/// assert!(queue.is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Debug)]
pub struct Staged<'q> {
    pub(super) queue: &'q mut ProducerQueue,
}

impl<'q> Staged<'q> {
    pub(super) fn new(queue: &'q mut ProducerQueue) -> Self {
        Self { queue }
    }
}

impl Buf for Staged<'_> {
    fn remaining(&self) -> usize {
        self.queue.staging.length()
    }

    fn chunk(&self) -> &[u8] {
        self.queue.staging.front()
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'b>(&'b self, slices: &mut [std::io::IoSlice<'b>]) -> usize {
        self.queue.staging.io_slices(slices)
    }

    /// As [`ProducerQueue::advance`].
    ///
    /// # Panics
    ///
    /// If `count` is more than [`remaining`](Buf::remaining).
    fn advance(&mut self, count: usize) {
        self.queue.advance(count);
    }
}
