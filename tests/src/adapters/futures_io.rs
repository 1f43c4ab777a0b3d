//! Runs the scenarios on asynchat-async-std: the parts that are the same on all of its runtimes.

use std::marker::PhantomData;
use std::net::{TcpListener, TcpStream};

use asynchat_async_std::{Connection, drive};
use asynchat_core::drive::{Listener, Peer};
use asynchat_core::{Config, Error, Handler, Terminator};
use futures_io::{AsyncRead, AsyncWrite};

use super::block_on::{BlockOnConnection, Executor, RuntimeListener, RuntimeStream, serve};
use super::cancellation::poll_times;
use super::{Adapter, CancelDrive, Serving, Settings};
use crate::harness::faulty::Faulty;

/// A runtime for which asynchat-async-std has a server.
pub trait Runtime: 'static {
    /// The socket of the runtime.
    type Tcp: AsyncRead + AsyncWrite + Unpin + RuntimeStream<Std = TcpStream>;

    /// Runs futures in the runtime.
    type Executor: Executor + Send + 'static;

    /// Runs futures over a faulty stream, which needs no runtime.
    type FaultyExecutor: Executor;

    /// Its listener.
    type Listener: Listener + RuntimeListener;
}

/// asynchat-async-std with the runtime `R`.
#[derive(Debug)]
pub struct FuturesIo<R>(PhantomData<R>);

impl<R: Runtime> Adapter for FuturesIo<R> {
    type Tcp = BlockOnConnection<Connection<R::Tcp>, R::Executor>;
    type Faulty = BlockOnConnection<Connection<Faulty>, R::FaultyExecutor>;

    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H + Send + 'static,
    {
        serve::<R::Listener, _, _, _>(R::Executor::default(), listener, settings, handler_for)
    }

    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error> {
        R::Executor::default().block_on(async { drive(R::Tcp::from_std(stream), handler, config).await })
    }

    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error> {
        R::FaultyExecutor::default().block_on(drive(stream, handler, config))
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        BlockOnConnection::new(stream, terminator, config)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        BlockOnConnection::new(stream, terminator, config)
    }
}

impl<R: Runtime> CancelDrive for FuturesIo<R> {
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>> {
        R::FaultyExecutor::default().block_on(poll_times(drive(stream, handler, config), polls))
    }
}
