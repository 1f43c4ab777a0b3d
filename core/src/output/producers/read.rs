use core::fmt;
use core::num::NonZeroUsize;
use std::io::{self, Read};

use bytes::{Bytes, BytesMut};

use crate::error::BoxError;
use crate::output::producer::Producer;
use crate::output::producers::DEFAULT_CHUNK_SIZE;

/// A producer that reads: a file, a decompressor, anything that is [`Read`].
///
/// It holds one buffer, made when it is first asked and used again once the chunks cut from it have been sent; at
/// the end of the data the buffer is dropped.
///
/// The reader is called from the loop that serves the connection. One that waits (a pipe, a socket) stops the loop
/// while it does, and one that would rather not ([`WouldBlock`](io::ErrorKind::WouldBlock)) fails the stream.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Producer, ReadProducer};
///
/// let file: &[u8] = b"what is in the file"; // or a std::fs::File
/// let mut producer = ReadProducer::new(file);
/// assert_eq!(producer.more()?.unwrap(), "what is in the file");
/// assert_eq!(producer.more()?, None);
/// # Ok::<(), asynchat_core::BoxError>(())
/// ```
pub struct ReadProducer<R> {
    reader: R,
    chunk_size: usize,
    /// Room to read into, all of it zeroed or read over before.
    buffer: BytesMut,
}

impl<R: Read> ReadProducer<R> {
    /// A producer of what `reader` gives, in chunks of at most [`DEFAULT_CHUNK_SIZE`].
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Producer, ReadProducer};
    ///
    /// let mut producer = ReadProducer::new(std::io::repeat(b'x'));
    /// assert_eq!(producer.more()?.unwrap().len(), 16 * 1024);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn new(reader: R) -> Self {
        Self::with_chunk_size(reader, DEFAULT_CHUNK_SIZE)
    }

    /// A producer of what `reader` gives, in chunks of at most `chunk_size`, which is also what it holds in memory.
    ///
    /// # Panics
    ///
    /// Not here, but `more` does if `chunk_size` is more than a buffer can hold (`isize::MAX`).
    ///
    /// # Examples
    ///
    /// ```
    /// use core::num::NonZeroUsize;
    ///
    /// use asynchat_core::{Producer, ReadProducer};
    ///
    /// let mut producer = ReadProducer::with_chunk_size(&b"abc"[..], NonZeroUsize::new(2).unwrap());
    /// assert_eq!(producer.more()?.unwrap(), "ab");
    /// assert_eq!(producer.more()?.unwrap(), "c");
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn with_chunk_size(reader: R, chunk_size: NonZeroUsize) -> Self {
        Self { reader, chunk_size: chunk_size.get(), buffer: BytesMut::new() }
    }

    /// Makes room for a read of at least half a chunk.
    ///
    /// What a short read left free is used before the buffer is renewed: a reader that gives a little at a time would
    /// otherwise pin a whole buffer with every little chunk. Half is where it stops, so that reads do not dwindle.
    fn make_room(&mut self) {
        if self.buffer.len() < self.chunk_size.div_ceil(2) {
            self.buffer.clear();
            self.buffer.resize(self.chunk_size, 0);
        }
    }
}

impl<R: Read> Producer for ReadProducer<R> {
    fn more(&mut self) -> Result<Option<Bytes>, BoxError> {
        self.make_room();
        let length = loop {
            match self.reader.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        if length == 0 {
            self.buffer = BytesMut::new();
            return Ok(None);
        }
        if length > self.buffer.len() {
            return Err(io::Error::other("the reader claims to have read more than it was given room for").into());
        }
        Ok(Some(self.buffer.split_to(length).freeze()))
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

    /// Does what it is told, one call after the other; then it is at its end.
    struct Scripted(alloc::vec::IntoIter<io::Result<&'static [u8]>>);

    impl Scripted {
        fn new(script: impl IntoIterator<Item = io::Result<&'static [u8]>>) -> Self {
            Self(script.into_iter().collect::<Vec<_>>().into_iter())
        }
    }

    impl Read for Scripted {
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
    fn an_interrupted_read_is_tried_again() {
        let interrupted = || Err(io::ErrorKind::Interrupted.into());
        let mut producer = sized(Scripted::new([interrupted(), interrupted(), Ok(&b"data"[..])]), 8);
        assert_eq!(producer.more().unwrap().unwrap(), "data");
        assert_eq!(producer.more().unwrap(), None);
    }

    #[test]
    fn any_other_error_comes_through_whole() {
        let mut producer = sized(Scripted::new([Ok(&b"data"[..]), Err(io::ErrorKind::PermissionDenied.into())]), 8);
        assert_eq!(producer.more().unwrap().unwrap(), "data");
        let error = producer.more().unwrap_err().downcast::<io::Error>().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_reader_that_claims_too_much_is_an_error() {
        struct Liar;
        impl Read for Liar {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                Ok(buffer.len() + 1)
            }
        }
        assert!(sized(Liar, 8).more().is_err());
    }

    // O3
    #[test]
    fn nothing_is_read_or_held_before_it_is_asked_for() {
        let producer = sized(io::repeat(0), 1 << 20);
        assert_eq!(producer.buffer.capacity(), 0);
    }

    #[test]
    fn the_buffer_is_used_again_once_its_chunks_are_gone() {
        let mut producer = sized(io::repeat(b'x'), 64);
        let first = producer.more().unwrap().unwrap().as_ptr();
        for _ in 0..10 {
            assert_eq!(producer.more().unwrap().unwrap().as_ptr(), first);
        }
    }

    #[test]
    fn short_reads_share_a_buffer_and_none_is_written_over() {
        let mut producer = sized(Scripted::new([Ok(&b"a"[..]), Ok(b"b"), Ok(b"cdefghi"), Ok(b"j")]), 8);
        let chunks: Vec<Bytes> = core::iter::from_fn(|| producer.more().unwrap()).collect();
        assert_eq!(chunks, ["a", "b", "cdefgh", "j"]);
        assert_eq!(chunks[1].as_ptr_range(), chunks[0].as_ptr_range().end..chunks[2].as_ptr());
    }

    #[test]
    fn the_buffer_is_dropped_at_the_end_of_the_data() {
        let mut producer = sized(&b"data"[..], 64);
        producer.more().unwrap();
        assert!(producer.buffer.capacity() > 0);
        assert_eq!(producer.more().unwrap(), None);
        assert_eq!(producer.buffer.capacity(), 0);
    }

    #[test]
    fn a_chunk_of_one_byte_can_be_asked_for() {
        let mut producer = sized(&b"ab"[..], 1);
        assert_eq!(producer.more().unwrap().unwrap(), "a");
        assert_eq!(producer.more().unwrap().unwrap(), "b");
        assert_eq!(producer.more().unwrap(), None);
    }
}
