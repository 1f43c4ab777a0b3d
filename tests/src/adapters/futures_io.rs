//! Runs the scenarios on asynchat-async-std: the parts that are the same on all of its runtimes.

use std::marker::PhantomData;
use std::net::{TcpListener, TcpStream};

use asynchat_async_std::{Connection, drive};
use asynchat_core::drive::{ConnectionHandle, Ended, Peer};
use asynchat_core::{Config, Error, Handler, Terminator};
use futures_io::{AsyncRead, AsyncWrite};

use super::block_on::{BlockOnConnection, Executor, RuntimeStream};
use super::cancellation::poll_times;
use super::serve::{RuntimeListener, serve, serve_by_lines, serve_drive};
use super::{Adapter, CancelDrive, Serving, Settings};
use crate::harness::faulty::Faulty;

/// A runtime for which asynchat-async-std has a server.
pub trait Runtime: 'static {
    /// The socket of the runtime.
    type Tcp: AsyncRead + AsyncWrite + Unpin + Send + RuntimeStream<Std = TcpStream> + 'static;

    /// Runs futures in the runtime.
    type Executor: Executor + Send + Sync + 'static;

    /// Runs futures over a faulty stream, which needs no runtime.
    type FaultyExecutor: Executor;

    /// Its listener.
    type Listener: RuntimeListener;
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

    fn serve_drive<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: Fn(&ConnectionHandle) -> H + Send + Sync + 'static,
    {
        serve_drive::<R::Listener, _, _, _>(R::Executor::default(), listener, settings, handler_for)
    }

    fn serve_lines(listener: TcpListener, settings: Settings) -> Serving {
        serve_by_lines::<R::Listener, _>(R::Executor::default(), listener, settings)
    }

    fn drive_to_upgrade<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<Ended<TcpStream>, Error> {
        R::Executor::default().block_on(async {
            let stream = R::Tcp::from_std(stream);
            Ok(drive(stream, handler, config).await?.map_stream(RuntimeStream::into_std))
        })
    }

    fn drive_faulty_to_upgrade<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<Ended<Faulty>, Error> {
        R::FaultyExecutor::default().block_on(drive(stream, handler, config))
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        BlockOnConnection::new(stream, terminator, config)
    }

    fn connect_with_unread(stream: TcpStream, unread: &[u8], terminator: impl Into<Terminator>) -> Self::Tcp {
        BlockOnConnection::with_unread(stream, unread, terminator)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        BlockOnConnection::new(stream, terminator, config)
    }
}

impl<R: Runtime> CancelDrive for FuturesIo<R> {
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>> {
        R::FaultyExecutor::default()
            .block_on(poll_times(drive(stream, handler, config), polls))
            .map(|ended| ended.map(drop))
    }
}
