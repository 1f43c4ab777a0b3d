//! The binding of asynchat-tokio.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::TcpStream;
use std::thread;

use asynchat_core::{Config, End, Error, Handler, Peer, Producer, PushError, Terminator};
use asynchat_tokio::{Connection, Server};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};

use super::patience::{attempt, impatiently};
use super::{Abandon, Adapter, Cancel, Parts, Pull, Pulled, Refused, Serving};
use crate::faulty::Faulty;

/// asynchat-tokio.
#[derive(Debug)]
pub struct Tokio;

impl Adapter for Tokio {
    type Tcp = TokioPull<tokio::net::TcpStream>;
    type Faulty = TokioPull<Faulty>;

    fn serve<H, F>(config: Config, connection_limit: usize, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static,
    {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let server = runtime.block_on(Server::bind("127.0.0.1:0")).unwrap();
        let server = server.with_config(config).with_connection_limit(connection_limit);
        let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
        let thread = thread::spawn(move || runtime.block_on(server.serve(handler_for)));
        Serving::new(address, move || shutdown.shutdown(), thread)
    }

    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error> {
        let runtime = runtime();
        runtime.block_on(async { asynchat_tokio::drive(tokio::net::TcpStream::out_of(stream), handler, config).await })
    }

    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error> {
        runtime().block_on(asynchat_tokio::drive(stream, handler, config))
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        TokioPull::new(stream, terminator, config)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        TokioPull::new(stream, terminator, config)
    }
}

impl Abandon for Tokio {
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>> {
        runtime().block_on(attempt(asynchat_tokio::drive(stream, handler, config), polls))
    }
}

/// A connection, and the runtime that it blocks on.
#[derive(Debug)]
pub struct TokioPull<S> {
    // Before the runtime, which has to outlive it.
    connection: Connection<S>,
    runtime: Runtime,
    drop_after: Option<usize>,
}

impl<S: Native + AsyncRead + AsyncWrite + Unpin> TokioPull<S> {
    fn new(stream: S::Std, terminator: impl Into<Terminator>, config: Config) -> Self {
        let runtime = runtime();
        let connection = {
            let _context = runtime.enter();
            Connection::with_config(S::out_of(stream), terminator, config)
        };
        Self { connection, runtime, drop_after: None }
    }

    fn run<T>(&mut self, make: impl AsyncFnMut(&mut Connection<S>) -> T) -> T {
        self.runtime.block_on(impatiently(&mut self.connection, self.drop_after, make))
    }
}

impl<S: Native + AsyncRead + AsyncWrite + Unpin> Pull for TokioPull<S> {
    type Stream = S::Std;

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

    fn into_inner(self) -> Result<S::Std, Refused<Self>> {
        let Self { connection, runtime, drop_after } = self;
        let _context = runtime.enter();
        match connection.into_inner() {
            Ok(stream) => Ok(stream.back()),
            Err(error) => {
                let (unread, unsent) = (error.unread(), error.unsent());
                let connection = error.into_connection();
                drop(_context);
                Err(Refused { unread, unsent, connection: Self { connection, runtime, drop_after } })
            }
        }
    }

    fn into_parts(self) -> Parts<S::Std> {
        let _context = self.runtime.enter();
        let parts = self.connection.into_parts();
        Parts { stream: parts.stream.back(), unread: parts.unread, unsent: parts.unsent.queued() }
    }
}

impl<S: Native + AsyncRead + AsyncWrite + Unpin> Cancel for TokioPull<S> {
    fn drop_after(&mut self, polls: usize) {
        self.drop_after = Some(polls);
    }

    fn give_up_a_frame(&mut self, polls: usize) -> bool {
        self.runtime.block_on(attempt(self.connection.next_frame(), polls)).is_none()
    }
}

/// A stream that tokio can poll, and what it is outside of tokio.
pub trait Native {
    /// What it is outside.
    type Std;

    /// Within a runtime.
    fn out_of(stream: Self::Std) -> Self;

    /// And back.
    fn back(self) -> Self::Std;
}

impl Native for tokio::net::TcpStream {
    type Std = TcpStream;

    fn out_of(stream: TcpStream) -> Self {
        stream.set_nonblocking(true).unwrap();
        Self::from_std(stream).unwrap()
    }

    fn back(self) -> TcpStream {
        let stream = self.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream
    }
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

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
