//! The stock producers, one to a file.

use core::num::NonZeroUsize;

mod closure;
mod iterator;
mod map_chunks;
#[cfg(feature = "std")]
mod read;
mod simple;
mod with_tail;

pub use closure::FnProducer;
pub use iterator::IterProducer;
pub use map_chunks::MapChunks;
#[cfg(feature = "std")]
pub use read::ReadProducer;
pub use simple::SimpleProducer;
pub use with_tail::WithTail;

/// The chunk size of a [`SimpleProducer`] or a `ReadProducer` that was not given one: 16 KiB.
///
/// asynchat's 512 bytes date from when a chunk was one `send`. 16 KiB is the most a TLS record holds, makes the cost
/// of a read or a write small beside its bytes, and is little enough that ten thousand connections in the midst of a
/// file hold 160 MiB.
///
/// # Examples
///
/// ```
/// assert_eq!(asynchat_core::DEFAULT_CHUNK_SIZE.get(), 16 * 1024);
/// ```
pub const DEFAULT_CHUNK_SIZE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16 * 1024 - 1);
