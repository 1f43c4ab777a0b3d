//! Runs the scenarios on asynchat-tokio.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::{TcpListener, TcpStream};

use asynchat_core::drive::{ConnectionHandle, Ended, Peer};
use asynchat_core::{Config, Error, Handler, Terminator};
use asynchat_tokio::{Connection, TokioListener};
use tokio::runtime::{Builder, Runtime};

use super::block_on::{BlockOnConnection, Executor, RuntimeStream, set_blocking, set_nonblocking};
use super::cancellation::poll_times;
use super::serve::{RuntimeListener, serve, serve_by_lines, serve_drive, serve_incoming};
use super::{Adapter, CancelDrive, Serving, Settings};
use crate::harness::faulty::Faulty;

/// asynchat-tokio.
#[derive(Debug)]
pub struct Tokio;

impl Adapter for Tokio {
    type Tcp = BlockOnConnection<Connection<tokio::net::TcpStream>, OneThread>;
    type Faulty = BlockOnConnection<Connection<Faulty>, OneThread>;

    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H + Send + 'static,
    {
        serve::<TokioListener, _, _, _>(TwoThreads::default(), listener, settings, handler_for)
    }

    fn serve_drive<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: Fn(&ConnectionHandle) -> H + Send + Sync + 'static,
    {
        serve_drive::<TokioListener, _, _, _>(TwoThreads::default(), listener, settings, handler_for)
    }

    fn serve_lines(listener: TcpListener, settings: Settings) -> Serving {
        serve_by_lines::<TokioListener, _>(TwoThreads::default(), listener, settings)
    }

    fn drive_to_upgrade<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<Ended<TcpStream>, Error> {
        OneThread::default().block_on(async {
            let stream = <tokio::net::TcpStream as RuntimeStream>::from_std(stream);
            Ok(asynchat_tokio::drive(stream, handler, config).await?.map_stream(RuntimeStream::into_std))
        })
    }

    fn drive_faulty_to_upgrade<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<Ended<Faulty>, Error> {
        OneThread::default().block_on(asynchat_tokio::drive(stream, handler, config))
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

impl CancelDrive for Tokio {
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>> {
        OneThread::default()
            .block_on(poll_times(asynchat_tokio::drive(stream, handler, config), polls))
            .map(|ended| ended.map(drop))
    }
}

/// A tokio runtime on the calling thread.
#[derive(Debug)]
pub struct OneThread(Runtime);

impl Default for OneThread {
    fn default() -> Self {
        Self(Builder::new_current_thread().enable_all().build().unwrap())
    }
}

impl Executor for OneThread {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

/// A tokio runtime with two worker threads.
#[derive(Debug)]
struct TwoThreads(Runtime);

impl Default for TwoThreads {
    fn default() -> Self {
        Self(Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
    }
}

impl Executor for TwoThreads {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl RuntimeListener for TokioListener {
    serve_incoming!(asynchat_tokio::Tokio);

    fn from_std(listener: TcpListener) -> Self {
        tokio::net::TcpListener::from_std(listener).unwrap().into()
    }
}

impl RuntimeStream for tokio::net::TcpStream {
    type Std = TcpStream;

    fn from_std(stream: TcpStream) -> Self {
        Self::from_std(set_nonblocking(stream)).unwrap()
    }

    fn into_std(self) -> TcpStream {
        set_blocking(self.into_std().unwrap())
    }
}
