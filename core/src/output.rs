//! Output: the queue, the producers in it, and what is staged for a write.

mod producer;
mod producers;
mod push_error;
mod queue;
mod transmit;

pub use producer::Producer;
#[cfg(feature = "std")]
pub use producers::ReadProducer;
pub use producers::{DEFAULT_CHUNK_SIZE, FnProducer, IterProducer, MapChunks, SimpleProducer, WithTail};
pub use push_error::PushError;
pub use queue::ProducerQueue;
pub use transmit::Transmit;
