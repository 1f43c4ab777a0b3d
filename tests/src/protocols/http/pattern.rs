//! A lazy producer of any number of bytes.

use std::task::{Context, Poll};

use asynchat_core::{BoxError, Producer};
use bytes::Bytes;

/// The line that the content repeats.
const LINE: [u8; 64] = *b"asynchat made these sixty-four bytes just as you came for them.\n";

/// As long as the default write size. All chunks are slices of this one block, so no chunk is allocated.
static BLOCK: [u8; 64 * 1024] = {
    let mut block = [0; 64 * 1024];
    let (lines, _) = block.as_chunks_mut::<64>();
    let mut index = 0;
    while index < lines.len() {
        lines[index] = LINE;
        index += 1;
    }
    block
};

/// Produces a given number of bytes: [`LINE`], repeated.
#[derive(Debug)]
pub(super) struct PatternProducer {
    remaining: u64,
}

impl PatternProducer {
    pub(super) fn new(length: u64) -> Self {
        Self { remaining: length }
    }

    /// Wraps the bytes in chunked coding (RFC 9112 §7.1).
    pub(super) fn chunked(self) -> impl Producer {
        self.map_chunks(|chunk| [chunk_size_line(chunk.len()), chunk, Bytes::from_static(b"\r\n")])
            .with_tail("0\r\n\r\n")
    }
}

impl Producer for PatternProducer {
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(BLOCK.len());
        self.remaining -= length as u64;
        Poll::Ready(Ok((length > 0).then(|| Bytes::from_static(&BLOCK[..length]))))
    }
}

/// Returns the `chunk-size` line. Every chunk but the last is a whole block, whose line is not allocated.
fn chunk_size_line(length: usize) -> Bytes {
    if length == BLOCK.len() { Bytes::from_static(b"10000\r\n") } else { format!("{length:x}\r\n").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(mut producer: impl Producer) -> Vec<Bytes> {
        std::iter::from_fn(|| producer.more_now().unwrap()).collect()
    }

    #[test]
    fn pattern_continues_across_chunks() {
        for length in [0, 1, 65_535, 65_536, 65_537, 200_000] {
            let bytes = collect(PatternProducer::new(length)).concat();
            assert_eq!(bytes.len() as u64, length);
            assert!(bytes.iter().zip(LINE.iter().cycle()).all(|(one, other)| one == other));
        }
    }

    #[test]
    fn pattern_chunks_share_one_block() {
        let chunks = collect(PatternProducer::new(3 * 65_536).chunked());
        assert_eq!(chunks.len(), 3 * 3 + 1);
        assert_eq!(chunks[0], format!("{:x}\r\n", BLOCK.len()));
        assert_eq!(chunks[0].as_ptr(), chunks[3].as_ptr());
        assert_eq!(chunks[1].as_ptr(), chunks[4].as_ptr());
    }

    #[test]
    fn chunked_coding_of_no_content_is_last_chunk() {
        assert_eq!(collect(PatternProducer::new(0).chunked()).concat(), b"0\r\n\r\n");
        assert_eq!(collect(PatternProducer::new(10).chunked()).concat(), b"a\r\nasynchat m\r\n0\r\n\r\n");
    }
}
