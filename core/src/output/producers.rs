//! The stock producers, one per file.

use core::num::NonZeroUsize;

/// The most empty chunks in a row of which a producer is made: an endless source of them would hang its thread. They take
/// about 10 ms.
const MAX_EMPTY_CHUNKS: usize = 1_000_000;

/// The error of a producer whose source gives only empty chunks.
const ONLY_EMPTY_CHUNKS: &str = "the source of a producer gave 1,000,000 empty chunks in a row";

mod closure;
mod iterator;
mod map_chunks;
#[cfg(feature = "std")]
mod read;
mod simple;
#[cfg(feature = "futures")]
mod stream;
mod with_tail;

pub use closure::FnProducer;
pub use iterator::IterProducer;
pub use map_chunks::MapChunks;
#[cfg(feature = "std")]
pub use read::ReadProducer;
pub use simple::SimpleProducer;
#[cfg(feature = "futures")]
pub use stream::StreamProducer;
pub use with_tail::WithTail;

/// The default chunk size of a [`SimpleProducer`] and of a `ReadProducer`: 16 KiB.
///
/// asynchat used 512 bytes, from the time when one chunk was one `send`. 16 KiB is the largest payload of a TLS record
/// (RFC 8446 §5.1). It makes the cost of a system call small beside its bytes, and ten thousand connections that send a
/// file hold 160 MiB.
///
/// # Examples
///
/// ```
/// assert_eq!(asynchat_core::DEFAULT_CHUNK_SIZE.get(), 16 * 1024);
/// ```
pub const DEFAULT_CHUNK_SIZE: NonZeroUsize = NonZeroUsize::new(16 * 1024).unwrap();
