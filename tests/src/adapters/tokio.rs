//! The binding of asynchat-tokio.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::{TcpListener, TcpStream};

use asynchat_core::drive::Peer;
use asynchat_core::{Config, Error, Handler, Terminator};
use asynchat_tokio::{Connection, TokioListener};
use tokio::runtime::{Builder, Runtime};

use super::awaited::{Awaited, Executor, Native, NativeListener, blocking, serve, unblocked};
use super::patience::attempt;
use super::{Abandon, Adapter, Serving, Settings};
use crate::harness::faulty::Faulty;

/// asynchat-tokio.
#[derive(Debug)]
pub struct Tokio;

impl Adapter for Tokio {
    type Tcp = Awaited<Connection<tokio::net::TcpStream>, OneThread>;
    type Faulty = Awaited<Connection<Faulty>, OneThread>;

    fn serve_on<H, F>(listener: TcpListener, settings: Settings, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static,
    {
        serve::<TokioListener, _, _, _>(TwoThreads::default(), listener, settings, handler_for)
    }

    fn drive<H: Handler>(stream: TcpStream, handler: H, config: Config) -> Result<(), Error> {
        OneThread::default()
            .block_on(async { asynchat_tokio::drive(tokio::net::TcpStream::out_of(stream), handler, config).await })
    }

    fn drive_faulty<H: Handler>(stream: Faulty, handler: H, config: Config) -> Result<(), Error> {
        OneThread::default().block_on(asynchat_tokio::drive(stream, handler, config))
    }

    fn connect(stream: TcpStream, terminator: impl Into<Terminator>, config: Config) -> Self::Tcp {
        Awaited::new(stream, terminator, config)
    }

    fn connect_faulty(stream: Faulty, terminator: impl Into<Terminator>, config: Config) -> Self::Faulty {
        Awaited::new(stream, terminator, config)
    }
}

impl Abandon for Tokio {
    fn drive_for<H: Handler>(stream: Faulty, handler: H, config: Config, polls: usize) -> Option<Result<(), Error>> {
        OneThread::default().block_on(attempt(asynchat_tokio::drive(stream, handler, config), polls))
    }
}

/// A runtime of tokio's on the calling thread.
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

/// A runtime of tokio's on two threads of its own.
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

impl NativeListener for TokioListener {
    fn out_of(listener: TcpListener) -> Self {
        tokio::net::TcpListener::from_std(listener).unwrap().into()
    }
}

impl Native for tokio::net::TcpStream {
    type Std = TcpStream;

    fn out_of(stream: TcpStream) -> Self {
        Self::from_std(unblocked(stream)).unwrap()
    }

    fn back(self) -> TcpStream {
        blocking(self.into_std().unwrap())
    }
}
