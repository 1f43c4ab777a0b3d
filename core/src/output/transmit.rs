use bytes::Buf;

use crate::output::queue::ProducerQueue;

/// How many slices one write is given. Small chunks have been copied together before, so that a queue is seldom more.
#[cfg(feature = "std")]
const SLICES: usize = 16;

/// What is ready to be sent: the view that [`ProducerQueue::stage`] returns.
///
/// It is a [`Buf`], made of the queue's own memory: large chunks where they are, small ones copied together.
/// [`advance`](Buf::advance) drops what was sent from the queue itself; what was not stays staged when the view goes.
/// With the feature `std`, `chunks_vectored` fills a vectored write, and `with_slices` lends one what it takes.
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
pub struct Transmit<'q> {
    pub(super) queue: &'q mut ProducerQueue,
}

impl<'q> Transmit<'q> {
    pub(super) fn new(queue: &'q mut ProducerQueue) -> Self {
        Self { queue }
    }

    /// Lends what is staged to a vectored write: as many of the chunks as one such write is given.
    #[cfg(feature = "std")]
    pub fn with_slices<R>(&self, write: impl FnOnce(&[std::io::IoSlice<'_>]) -> R) -> R {
        let mut slices = [std::io::IoSlice::new(&[]); SLICES];
        let filled = self.chunks_vectored(&mut slices);
        write(slices.get(..filled).unwrap_or_default())
    }
}

impl Buf for Transmit<'_> {
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
