use core::fmt;
use core::num::NonZeroUsize;
use core::task::{Context, Poll, ready};
use std::io::{self, Read};

use bytes::{Bytes, BytesMut};

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::DEFAULT_CHUNK_SIZE;
use crate::retry_on_intr::retry_on_intr;

/// A producer that reads from a file, a decompressor, or any other [`Read`].
///
/// It holds one buffer. It allocates the buffer when it is first asked, uses it again after the chunks of the buffer
/// have been sent, and drops it at the end of the data.
///
/// The loop that serves the connection calls the reader. A reader that blocks (a pipe, a socket) blocks the loop. A
/// reader that returns [`WouldBlock`](io::ErrorKind::WouldBlock) fails the stream.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Producer, ReadProducer};
///
/// let file: &[u8] = b"contents of the file"; // or a std::fs::File
/// let mut producer = ReadProducer::new(file);
/// assert_eq!(producer.more_now()?.unwrap(), "contents of the file");
/// assert_eq!(producer.more_now()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
pub struct ReadProducer<R> {
    reader: R,
    chunk_size: usize,
    /// The space for the next read. Each byte of it is initialised.
    buffer: BytesMut,
}

impl<R: Read> ReadProducer<R> {
    /// Creates a producer of the data of `reader`, in chunks of at most [`DEFAULT_CHUNK_SIZE`].
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Producer, ReadProducer};
    ///
    /// let mut producer = ReadProducer::new(std::io::repeat(b'x'));
    /// assert_eq!(producer.more_now()?.unwrap().len(), 16 * 1024);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn new(reader: R) -> Self {
        Self::with_chunk_size(reader, DEFAULT_CHUNK_SIZE)
    }

    /// Creates a producer of the data of `reader`, in chunks of at most `chunk_size` bytes. Its buffer has that size.
    ///
    /// # Panics
    ///
    /// Does not panic itself. `poll_more` panics if `chunk_size` is larger than a buffer can be (`isize::MAX`).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::num::NonZeroUsize;
    ///
    /// use asynchat_core::{Producer, ReadProducer};
    ///
    /// let mut producer = ReadProducer::with_chunk_size(&b"abc"[..], NonZeroUsize::new(2).unwrap());
    /// assert_eq!(producer.more_now()?.unwrap(), "ab");
    /// assert_eq!(producer.more_now()?.unwrap(), "c");
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn with_chunk_size(reader: R, chunk_size: NonZeroUsize) -> Self {
        Self { reader, chunk_size: chunk_size.get(), buffer: BytesMut::new() }
    }

    /// Makes room for a read of at least half a chunk.
    ///
    /// The space that a short read left free is used first. Otherwise a reader that returns a few bytes at a time would
    /// pin a whole buffer with each small chunk. The limit is half a chunk, so that reads do not become tiny.
    fn make_room(&mut self) {
        if self.buffer.len() < self.chunk_size.div_ceil(2) {
            self.buffer.clear();
            self.buffer.resize(self.chunk_size, 0);
        }
    }
}

impl<R: Read> Producer for ReadProducer<R> {
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        self.make_room();
        let length = ready!(retry_on_intr(|| Poll::Ready(self.reader.read(&mut self.buffer))))?;
        if length == 0 {
            self.buffer = BytesMut::new();
            return Poll::Ready(Ok(None));
        }
        if length > self.buffer.len() {
            let error = io::Error::other("the reader returned a length beyond its buffer");
            return Poll::Ready(Err(error.into()));
        }
        Poll::Ready(Ok(Some(self.buffer.split_to(length).freeze())))
    }
}

impl<R> fmt::Debug for ReadProducer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadProducer").field("chunk_size", &self.chunk_size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// Returns the scripted results, one per call, then the end of the data.
    struct ScriptedReader(alloc::vec::IntoIter<io::Result<&'static [u8]>>);

    impl ScriptedReader {
        fn new(script: impl IntoIterator<Item = io::Result<&'static [u8]>>) -> Self {
            Self(script.into_iter().collect::<Vec<_>>().into_iter())
        }
    }

    impl Read for ScriptedReader {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.next() {
                Some(Ok(mut data)) => data.read(buffer),
                Some(Err(error)) => Err(error),
                None => Ok(0),
            }
        }
    }

    fn sized(reader: impl Read, chunk_size: usize) -> ReadProducer<impl Read> {
        ReadProducer::with_chunk_size(reader, NonZeroUsize::new(chunk_size).unwrap())
    }

    #[test]
    fn read_producer_retries_interrupted_reads() {
        let interrupted = || Err(io::ErrorKind::Interrupted.into());
        let mut producer = sized(ScriptedReader::new([interrupted(), interrupted(), Ok(&b"data"[..])]), 8);
        assert_eq!(producer.more_now().unwrap().unwrap(), "data");
        assert_eq!(producer.more_now().unwrap(), None);
    }

    #[test]
    fn read_producer_passes_other_errors_through() {
        let mut producer =
            sized(ScriptedReader::new([Ok(&b"data"[..]), Err(io::ErrorKind::PermissionDenied.into())]), 8);
        assert_eq!(producer.more_now().unwrap().unwrap(), "data");
        let error = producer.more_now().unwrap_err().downcast::<io::Error>().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn read_producer_rejects_impossible_read_length() {
        struct FaultyReader;
        impl Read for FaultyReader {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                Ok(buffer.len() + 1)
            }
        }
        assert!(sized(FaultyReader, 8).more_now().is_err());
    }

    // O3
    #[test]
    fn read_producer_allocates_when_first_asked() {
        let producer = sized(io::repeat(0), 1 << 20);
        assert_eq!(producer.buffer.capacity(), 0);
    }

    #[test]
    fn read_producer_reuses_its_buffer() {
        let mut producer = sized(io::repeat(b'x'), 64);
        let first = producer.more_now().unwrap().unwrap().as_ptr();
        for _ in 0..10 {
            assert_eq!(producer.more_now().unwrap().unwrap().as_ptr(), first);
        }
    }

    #[test]
    fn read_producer_shares_buffer_between_short_reads() {
        let mut producer = sized(ScriptedReader::new([Ok(&b"a"[..]), Ok(b"b"), Ok(b"cdefghi"), Ok(b"j")]), 8);
        let chunks: Vec<Bytes> = core::iter::from_fn(|| producer.more_now().unwrap()).collect();
        assert_eq!(chunks, ["a", "b", "cdefgh", "j"]);
        assert_eq!(chunks[1].as_ptr_range(), chunks[0].as_ptr_range().end..chunks[2].as_ptr());
    }

    #[test]
    fn read_producer_frees_buffer_at_end() {
        let mut producer = sized(&b"data"[..], 64);
        producer.more_now().unwrap();
        assert!(producer.buffer.capacity() > 0);
        assert_eq!(producer.more_now().unwrap(), None);
        assert_eq!(producer.buffer.capacity(), 0);
    }

    #[test]
    fn read_producer_reads_chunks_of_one_byte() {
        let mut producer = sized(&b"ab"[..], 1);
        assert_eq!(producer.more_now().unwrap().unwrap(), "a");
        assert_eq!(producer.more_now().unwrap().unwrap(), "b");
        assert_eq!(producer.more_now().unwrap(), None);
    }
}
