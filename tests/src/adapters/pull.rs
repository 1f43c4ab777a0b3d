//! An adapter's `Connection` and its halves, as blocking calls.

use asynchat_core::drive::ConnectionHandle;
use asynchat_core::{End, Error, Producer, PushError, Terminator};
use bytes::Bytes;

/// An adapter's `Connection`. Data that it lends is returned as a copy.
pub trait PullConnection: Sized {
    /// The stream below the connection, as std knows it.
    type Stream;

    /// `Connection::next_event`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error>;

    /// `Connection::next_frame`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error>;

    /// `Connection::next_frame_owned`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error>;

    /// `Connection::partial`.
    fn partial(&self) -> Vec<u8>;

    /// `Connection::end`.
    fn end(&self) -> Option<End>;

    /// `Connection::set_terminator`.
    fn set_terminator(&mut self, terminator: impl Into<Terminator>);

    /// `Connection::set_max_frame_len`.
    fn set_max_frame_len(&mut self, max_len: usize);

    /// `Connection::discard_input`.
    fn discard_input(&mut self);

    /// `Connection::handle`.
    fn handle(&mut self) -> ConnectionHandle;

    /// `Connection::push_slice`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError>;

    /// `Connection::push`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError>;

    /// `Connection::push_with_producer`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError>;

    /// `Connection::queued`.
    fn queued(&self) -> usize;

    /// `Connection::flush`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn flush(&mut self) -> Result<(), Error>;

    /// `Connection::finish`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn finish(&mut self) -> Result<(), Error>;

    /// `Connection::abort`.
    fn abort(self);

    /// `Connection::close`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn close(&mut self) -> Result<(), Error>;

    /// `Connection::into_inner`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn into_inner(self) -> Result<Self::Stream, IntoInnerFailure<Self>>;

    /// `Connection::into_parts`.
    fn into_parts(self) -> Parts<Self::Stream>;
}

/// A connection that can be split between two threads.
pub trait SplitPull: PullConnection {
    /// The half that reads.
    type Reader: PullReader<Writer = Self::Writer, Whole = Self> + Send + 'static;
    /// The half that writes.
    type Writer: PullWriter + Send + 'static;

    /// `Connection::into_split`.
    fn into_split(self) -> (Self::Reader, Self::Writer);
}

/// An adapter's `ReadHalf`.
pub trait PullReader {
    /// The other half.
    type Writer;
    /// The connection.
    type Whole;

    /// `ReadHalf::next_frame`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error>;

    /// `ReadHalf::next_event`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error>;

    /// `ReadHalf::set_terminator`.
    fn set_terminator(&mut self, terminator: impl Into<Terminator>);

    /// `ReadHalf::handle`.
    fn handle(&self) -> ConnectionHandle;

    /// `ReadHalf::reunite`, with the halves of the same connection.
    fn reunite(self, writer: Self::Writer) -> Self::Whole;
}

/// An adapter's `WriteHalf`.
pub trait PullWriter {
    /// `WriteHalf::push`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError>;

    /// `WriteHalf::flush`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn flush(&mut self) -> Result<(), Error>;

    /// `WriteHalf::finish`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn finish(&mut self) -> Result<(), Error>;

    /// `WriteHalf::close`.
    ///
    /// # Errors
    ///
    /// Those of the method.
    fn close(&mut self) -> Result<(), Error>;

    /// `WriteHalf::abort`.
    fn abort(self);
}

/// A connection whose calls are futures, which can be cancelled.
pub trait CancelConnection: PullConnection {
    /// Cancels every future of later calls after `polls` polls and creates it again, until one is ready.
    fn drop_after(&mut self, polls: usize);

    /// Polls `next_frame` `polls` times and drops it. Returns whether it was still pending.
    fn cancel_next_frame(&mut self, polls: usize) -> bool;
}

/// An `Event` that owns its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnedEvent {
    /// `Event::Data`.
    Data(Vec<u8>),
    /// `Event::Terminator`.
    Terminator,
}

impl From<asynchat_core::Event<'_>> for OwnedEvent {
    fn from(event: asynchat_core::Event<'_>) -> Self {
        match event {
            asynchat_core::Event::Data(data) => Self::Data(data.to_vec()),
            asynchat_core::Event::Terminator => Self::Terminator,
        }
    }
}

/// An adapter's `IntoInnerError`: the stream cannot be returned.
#[derive(Debug)]
pub struct IntoInnerFailure<P> {
    /// The number of bytes of input that are unread.
    pub unread: usize,
    /// The number of bytes of output that are unsent.
    pub unsent: usize,
    /// The connection.
    pub connection: P,
}

/// An adapter's `Parts`.
#[derive(Debug)]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The input that was read and not returned.
    pub unread: Bytes,
    /// The number of bytes of output that were not sent.
    pub unsent: usize,
}
