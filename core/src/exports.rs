//! The names that a protocol author uses. The root of this crate re-exports them, and so does each adapter through
//! [`drive::exports`](crate::drive::exports): a name that is added here appears everywhere.

#[doc(inline)]
pub use crate::chat::{Channel, Chat, Config, ConfigError, Handler, Keepalive, MemoryBudget, MinRate, Timeout};
#[doc(inline)]
pub use crate::error::{Blame, BoxError, Cause, Error};
#[doc(inline)]
pub use crate::framing::{
    Delimiter, DelimiterSet, DelimiterSetError, EmptyDelimiter, End, Event, FrameTooLong, Framer, Frames, Input,
    IntoTerminator, ReceiveBuffer, Terminator,
};
#[cfg(feature = "futures")]
#[doc(inline)]
pub use crate::output::StreamProducer;
#[doc(inline)]
pub use crate::output::{
    DEFAULT_CHUNK_SIZE, FnProducer, IterProducer, MapChunks, Producer, ProducerQueue, PushError, SimpleProducer,
    Transmit, WithTail,
};
#[cfg(feature = "std")]
#[doc(inline)]
pub use crate::output::{Deferred, DeferredProducer, ReadProducer, deferred};
/// The crate of [`Bytes`], and of `Buf`, which a test of a handler reads [`Transmit`] with.
#[doc(no_inline)]
pub use bytes::{self, Bytes};
pub use forward_handler;
