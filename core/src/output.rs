//! Output: the queue, the producers in it, and the bytes that are staged for a write.
//!
//! | file | its job |
//! |---|---|
//! | `queue.rs` | [`ProducerQueue`]: the type and its state |
//! | `queue/push.rs` | the producing side: push, close, discard |
//! | `queue/consume.rs` | the consuming side: stage and advance, or chunk by chunk |
//! | `queue/entries.rs` | pushed chunks and producers that are not staged yet |
//! | `queue/staging.rs` | the bytes of the next writes: small chunks coalesced, large chunks shared |
//! | `queue/state.rs` | open, closing, closed, failed |
//! | `transmit.rs` | [`Transmit`]: a [`Buf`](bytes::Buf) over the staged bytes |
//! | `deferred.rs` | `Deferred`: a reply that is sent later |
//! | `producer.rs` | [`Producer`]: output that is generated on demand |
//! | `producers/` | the stock producers, one per file |
//! | `push_error.rs` | [`PushError`]: why a push was refused |

#[cfg(feature = "std")]
mod deferred;
mod producer;
mod producers;
mod push_error;
mod queue;
mod transmit;

#[cfg(feature = "std")]
pub use deferred::{Deferred, DeferredProducer, deferred};
pub use producer::Producer;
#[cfg(test)]
pub(crate) use producer::noop_context;
#[cfg(feature = "std")]
pub use producers::ReadProducer;
#[cfg(feature = "futures")]
pub use producers::StreamProducer;
pub use producers::{DEFAULT_CHUNK_SIZE, FnProducer, IterProducer, MapChunks, SimpleProducer, WithTail};
pub use push_error::PushError;
pub use queue::ProducerQueue;
pub use transmit::Transmit;
