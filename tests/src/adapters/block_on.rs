//! Core's `Connection`, which every adapter with futures uses, as blocking calls.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::sync::Arc;

use asynchat_core::drive::{Clock, Connection, ConnectionHandle, IoWrapper, ReadHalf, Transport, WriteHalf};
use asynchat_core::{Config, End, Error, Producer, PushError, Terminator};
use bytes::Bytes;

use super::cancellation::{poll_times, with_cancellation};
use super::{CancelConnection, IntoInnerFailure, OwnedEvent, Parts, PullConnection, PullReader, PullWriter, SplitPull};
use crate::harness::faulty::Faulty;

/// Runs futures on the calling thread.
pub trait Executor: Default {
    /// Blocks until the future is ready.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

/// A stream of a runtime, which converts from and into one that blocks.
pub trait RuntimeStream: Sized {
    /// The stream that blocks.
    type Std;

    /// Converts a stream that blocks. Call it within the runtime.
    fn from_std(stream: Self::Std) -> Self;

    /// Converts back into a stream that blocks.
    fn into_std(self) -> Self::Std;
}

impl RuntimeStream for Faulty {
    type Std = Self;

    fn from_std(stream: Self) -> Self {
        stream
    }

    fn into_std(self) -> Self {
        self
    }
}

/// Sets a socket of std to nonblocking, as runtimes need it.
pub(super) fn set_nonblocking(stream: std::net::TcpStream) -> std::net::TcpStream {
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Sets a socket of std to blocking, as the scenarios use it.
pub(super) fn set_blocking(stream: std::net::TcpStream) -> std::net::TcpStream {
    stream.set_nonblocking(false).unwrap();
    stream
}

/// A connection whose futures are run by blocking on an executor.
#[derive(Debug)]
pub struct BlockOnConnection<C, E> {
    // Declared first, so that it is dropped before its executor.
    connection: C,
    executor: E,
    drop_after: Option<usize>,
}

impl<T, K, E> BlockOnConnection<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: RuntimeStream>,
    K: Clock + Default,
    E: Executor,
{
    /// Creates a connection over a stream from which these bytes have been read.
    pub fn with_unread(
        stream: <T::Stream as RuntimeStream>::Std,
        unread: &[u8],
        terminator: impl Into<Terminator>,
    ) -> Self {
        let executor = E::default();
        let connection =
            executor.block_on(async { Connection::with_unread(T::Stream::from_std(stream), unread, terminator) });
        Self { connection, executor, drop_after: None }
    }

    /// Creates a connection over a stream.
    pub fn new(stream: <T::Stream as RuntimeStream>::Std, terminator: impl Into<Terminator>, config: Config) -> Self {
        let executor = E::default();
        let connection =
            executor.block_on(async { Connection::with_config(T::Stream::from_std(stream), terminator, config) });
        Self { connection, executor, drop_after: None }
    }

    fn run<R>(&mut self, make: impl AsyncFnMut(&mut Connection<T, K>) -> R) -> R {
        self.executor.block_on(with_cancellation(&mut self.connection, self.drop_after, make))
    }
}

impl<T, K, E> PullConnection for BlockOnConnection<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: RuntimeStream>,
    K: Clock + Default,
    E: Executor,
{
    type Stream = <T::Stream as RuntimeStream>::Std;

    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error> {
        self.run(async |connection| Ok(connection.next_event().await?.map(OwnedEvent::from)))
    }

    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.run(async |connection| Ok(connection.next_frame().await?.map(<[u8]>::to_vec)))
    }

    fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error> {
        self.run(async |connection| connection.next_frame_owned().await)
    }

    fn partial(&self) -> Vec<u8> {
        self.connection.partial().to_vec()
    }

    fn end(&self) -> Option<End> {
        self.connection.end()
    }

    fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.connection.set_terminator(terminator);
    }

    fn set_max_frame_len(&mut self, max_len: usize) {
        self.connection.set_max_frame_len(max_len);
    }

    fn discard_input(&mut self) {
        self.connection.discard_input();
    }

    fn handle(&mut self) -> ConnectionHandle {
        self.connection.handle()
    }

    fn push_slice(&mut self, data: &[u8]) -> Result<(), PushError> {
        self.connection.push_slice(data)
    }

    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.connection.push(data)
    }

    fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.connection.push_with_producer(producer)
    }

    fn queued(&self) -> usize {
        self.connection.queued()
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.run(async |connection| connection.flush().await)
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.run(async |connection| connection.finish().await)
    }

    fn abort(self) {
        self.connection.abort();
    }

    fn close(&mut self) -> Result<(), Error> {
        self.run(async |connection| connection.close().await)
    }

    fn into_inner(self) -> Result<Self::Stream, IntoInnerFailure<Self>> {
        let Self { connection, executor, drop_after } = self;
        match connection.into_inner() {
            Ok(stream) => Ok(stream.into_std()),
            Err(error) => {
                let (unread, unsent) = (error.unread(), error.unsent());
                let connection = Self { connection: error.into_connection(), executor, drop_after };
                Err(IntoInnerFailure { unread, unsent, connection })
            }
        }
    }

    fn into_parts(self) -> Parts<Self::Stream> {
        let parts = self.connection.into_parts();
        Parts { stream: parts.stream.into_std(), unread: parts.unread, unsent: parts.unsent.unsent_len() }
    }
}

impl<T, K, E> CancelConnection for BlockOnConnection<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: RuntimeStream>,
    K: Clock + Default,
    E: Executor,
{
    fn drop_after(&mut self, polls: usize) {
        self.drop_after = Some(polls);
    }

    fn cancel_next_frame(&mut self, polls: usize) -> bool {
        self.executor.block_on(poll_times(self.connection.next_frame(), polls)).is_none()
    }
}

/// A half of a connection, whose futures are run by blocking on the executor of both.
#[derive(Debug)]
pub struct BlockOnHalf<H, E> {
    // Declared first, so that it is dropped before its executor.
    half: H,
    executor: Arc<E>,
}

impl<T, K, E> SplitPull for BlockOnConnection<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: RuntimeStream> + Send + 'static,
    K: Clock + Default + Send + 'static,
    E: Executor + Send + Sync + 'static,
{
    type Reader = BlockOnHalf<ReadHalf<T, K>, E>;
    type Writer = BlockOnHalf<WriteHalf<T, K>, E>;

    fn into_split(self) -> (Self::Reader, Self::Writer) {
        let executor = Arc::new(self.executor);
        let (reader, writer) = self.connection.into_split();
        (BlockOnHalf { half: reader, executor: Arc::clone(&executor) }, BlockOnHalf { half: writer, executor })
    }
}

impl<T: Transport, K: Clock, E: Executor> PullReader for BlockOnHalf<ReadHalf<T, K>, E> {
    type Writer = BlockOnHalf<WriteHalf<T, K>, E>;
    type Whole = BlockOnConnection<Connection<T, K>, E>;

    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.executor.block_on(async { Ok(self.half.next_frame().await?.map(<[u8]>::to_vec)) })
    }

    fn next_event(&mut self) -> Result<Option<OwnedEvent>, Error> {
        self.executor.block_on(async { Ok(self.half.next_event().await?.map(OwnedEvent::from)) })
    }

    fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.half.set_terminator(terminator);
    }

    fn handle(&self) -> ConnectionHandle {
        self.half.handle()
    }

    fn reunite(self, writer: Self::Writer) -> Self::Whole {
        let connection = self.half.reunite(writer.half).unwrap();
        drop(writer.executor);
        BlockOnConnection { connection, executor: Arc::into_inner(self.executor).unwrap(), drop_after: None }
    }
}

impl<T: Transport, K: Clock, E: Executor> PullWriter for BlockOnHalf<WriteHalf<T, K>, E> {
    fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.half.push(data)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.executor.block_on(self.half.flush())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.executor.block_on(self.half.finish())
    }

    fn close(&mut self) -> Result<(), Error> {
        self.executor.block_on(self.half.close())
    }

    fn abort(self) {
        self.half.abort();
    }
}
