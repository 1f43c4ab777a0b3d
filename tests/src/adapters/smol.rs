//! Runs the scenarios on asynchat-async-std with smol. Faulty streams run without any runtime.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use asynchat_async_std::smol::SmolListener;
use smol::Async;

use super::block_on::{Executor, RuntimeStream, set_blocking};
use super::futures_io::{FuturesIo, Runtime};
use super::serve::{RuntimeListener, serve_incoming};

/// asynchat-async-std with smol.
pub type Smol = FuturesIo<OnSmol>;

/// The runtime smol.
#[derive(Debug, Default)]
pub struct OnSmol;

impl Runtime for OnSmol {
    type Tcp = smol::net::TcpStream;
    type Executor = Self;
    type FaultyExecutor = OnNone;
    type Listener = SmolListener;
}

impl Executor for OnSmol {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::block_on(future)
    }
}

/// No runtime: the thread polls, and sleeps until it is woken.
#[derive(Debug, Default)]
pub struct OnNone;

impl Executor for OnNone {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_lite::future::block_on(future)
    }
}

impl RuntimeListener for SmolListener {
    serve_incoming!(asynchat_async_std::smol::Smol);

    fn from_std(listener: TcpListener) -> Self {
        smol::net::TcpListener::try_from(listener).unwrap().into()
    }
}

impl RuntimeStream for smol::net::TcpStream {
    type Std = TcpStream;

    fn from_std(stream: TcpStream) -> Self {
        Self::try_from(stream).unwrap()
    }

    fn into_std(self) -> TcpStream {
        let stream: Arc<Async<TcpStream>> = self.into();
        set_blocking(Arc::into_inner(stream).unwrap().into_inner().unwrap())
    }
}
