//! The pull-style connection of every adapter with futures, which is core's, behind the face that blocks.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::thread;

use asynchat_core::drive::{Bind, Clock, Connection, IoWrapper, Peer, Server, Transport};
use asynchat_core::{Config, End, Error, Handler, Producer, PushError, Terminator};
use bytes::Bytes;

use super::patience::{attempt, impatiently};
use super::{Cancel, Parts, Pull, Pulled, Refused, Serving};
use crate::harness::faulty::Faulty;

/// What runs a future to its end on the calling thread.
pub trait Executor: Default {
    /// Does so.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

/// A stream that a runtime can poll, and what it is outside.
pub trait Native: Sized {
    /// What it is outside.
    type Std;

    /// Called within the runtime.
    fn out_of(stream: Self::Std) -> Self;

    /// And back.
    fn back(self) -> Self::Std;
}

impl Native for Faulty {
    type Std = Self;

    fn out_of(stream: Self) -> Self {
        stream
    }

    fn back(self) -> Self {
        self
    }
}

/// Runs the server of a listener `L` on a thread, as [`Adapter::serve`](super::Adapter::serve) does.
pub(super) fn serve<L, E, H, F>(executor: E, config: Config, connection_limit: usize, handler_for: F) -> Serving
where
    L: Bind<&'static str>,
    E: Executor + Send + 'static,
    H: Handler + Send + 'static,
    F: FnMut(Peer) -> H + Send + 'static,
{
    let server = executor.block_on(Server::<L>::bind("127.0.0.1:0")).unwrap();
    let server = server.with_config(config).with_connection_limit(connection_limit);
    let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
    let thread = thread::spawn(move || executor.block_on(server.serve(handler_for)));
    Serving::new(address, move || shutdown.shutdown(), thread)
}

/// A socket of std's is blocking outside, and not within.
pub(super) fn unblocked(stream: std::net::TcpStream) -> std::net::TcpStream {
    stream.set_nonblocking(true).unwrap();
    stream
}

/// And back.
pub(super) fn blocking(stream: std::net::TcpStream) -> std::net::TcpStream {
    stream.set_nonblocking(false).unwrap();
    stream
}

/// A connection, and what it blocks on.
#[derive(Debug)]
pub struct Awaited<C, E> {
    // Before the executor, which has to outlive it.
    connection: C,
    executor: E,
    drop_after: Option<usize>,
}

impl<T, K, E> Awaited<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: Native>,
    K: Clock + Default,
    E: Executor,
{
    /// A connection over that stream.
    pub fn new(stream: <T::Stream as Native>::Std, terminator: impl Into<Terminator>, config: Config) -> Self {
        let executor = E::default();
        let connection =
            executor.block_on(async { Connection::with_config(T::Stream::out_of(stream), terminator, config) });
        Self { connection, executor, drop_after: None }
    }

    fn run<R>(&mut self, make: impl AsyncFnMut(&mut Connection<T, K>) -> R) -> R {
        self.executor.block_on(impatiently(&mut self.connection, self.drop_after, make))
    }
}

impl<T, K, E> Pull for Awaited<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: Native>,
    K: Clock + Default,
    E: Executor,
{
    type Stream = <T::Stream as Native>::Std;

    fn next_event(&mut self) -> Result<Option<Pulled>, Error> {
        self.run(async |connection| Ok(connection.next_event().await?.map(Pulled::from)))
    }

    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.run(async |connection| Ok(connection.next_frame().await?.map(<[u8]>::to_vec)))
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

    fn close(&mut self) -> Result<(), Error> {
        self.run(async |connection| connection.close().await)
    }

    fn into_inner(self) -> Result<Self::Stream, Refused<Self>> {
        let Self { connection, executor, drop_after } = self;
        match connection.into_inner() {
            Ok(stream) => Ok(stream.back()),
            Err(error) => {
                let (unread, unsent) = (error.unread(), error.unsent());
                let connection = Self { connection: error.into_connection(), executor, drop_after };
                Err(Refused { unread, unsent, connection })
            }
        }
    }

    fn into_parts(self) -> Parts<Self::Stream> {
        let parts = self.connection.into_parts();
        Parts { stream: parts.stream.back(), unread: parts.unread, unsent: parts.unsent.unsent_len() }
    }
}

impl<T, K, E> Cancel for Awaited<Connection<T, K>, E>
where
    T: Transport + IoWrapper<Stream: Native>,
    K: Clock + Default,
    E: Executor,
{
    fn drop_after(&mut self, polls: usize) {
        self.drop_after = Some(polls);
    }

    fn give_up_a_frame(&mut self, polls: usize) -> bool {
        self.executor.block_on(attempt(self.connection.next_frame(), polls)).is_none()
    }
}
