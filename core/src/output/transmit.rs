use bytes::Buf;

#[cfg(feature = "std")]
use crate::invariant;
use crate::output::queue::ProducerQueue;

/// The number of slices in one vectored write. Staging copies small chunks together, so a queue seldom has more slices.
#[cfg(feature = "std")]
const MAX_IO_SLICES: usize = 16;

/// The bytes to write next: a [`Buf`] over the staged bytes of a [`ProducerQueue`].
///
/// It borrows the memory of the queue: large chunks where they lie, small ones copied together.
/// [`advance`](Buf::advance) drops the written bytes from the queue. Bytes that are not advanced over stay staged when
/// the view is dropped, so a write that is cancelled loses nothing. With the feature `std`, `chunks_vectored` fills the
/// slices of a vectored write, and `with_slices` calls a vectored write with them.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "std")] {
/// use std::io::{IoSlice, Write};
/// use std::task::{Context, Waker};
///
/// use asynchat_core::ProducerQueue;
/// use bytes::Buf;
///
/// let mut socket = Vec::new();
/// let cx = &mut Context::from_waker(Waker::noop());
/// let mut queue = ProducerQueue::new();
/// queue.push("HTTP/1.1 200 OK\r\n\r\n")?;
/// queue.push(vec![b'x'; 5000])?;
///
/// let mut transmit = queue.stage(cx, 65_536)?;
/// let mut slices = [IoSlice::new(&[]); 64];
/// let filled = transmit.chunks_vectored(&mut slices);
/// assert_eq!(filled, 2);
/// let written = socket.write_vectored(&slices[..filled])?;
/// transmit.advance(written);
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

    /// Calls `write` with the staged bytes as the slices of one vectored write: at most 16, from the front.
    #[cfg(feature = "std")]
    pub fn with_slices<R>(&self, write: impl FnOnce(&[std::io::IoSlice<'_>]) -> R) -> R {
        let mut slices = [std::io::IoSlice::new(&[]); MAX_IO_SLICES];
        let filled = self.chunks_vectored(&mut slices);
        write(invariant::head(&slices, filled))
    }
}

impl Buf for Transmit<'_> {
    fn remaining(&self) -> usize {
        self.queue.staging.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.queue.staging.chunk()
    }

    #[cfg(feature = "std")]
    fn chunks_vectored<'b>(&'b self, slices: &mut [std::io::IoSlice<'b>]) -> usize {
        self.queue.staging.chunks_vectored(slices)
    }

    /// Calls [`ProducerQueue::advance`].
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than [`remaining`](Buf::remaining).
    fn advance(&mut self, count: usize) {
        self.queue.advance(count);
    }
}
