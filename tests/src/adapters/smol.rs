//! The binding of asynchat-async-std to smol; and, over a faulty stream, to no runtime at all.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use asynchat_async_std::smol::SmolListener;
use smol::Async;

use super::awaited::{Executor, Native, NativeListener, blocking};
use super::futures_io::{FuturesIo, Runtime};

/// asynchat-async-std, on smol.
pub type Smol = FuturesIo<OnSmol>;

/// smol.
#[derive(Debug, Default)]
pub struct OnSmol;

impl Runtime for OnSmol {
    type Tcp = smol::net::TcpStream;
    type Executor = Self;
    type ForFaulty = OnNone;
    type Listener = SmolListener;
}

impl Executor for OnSmol {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        smol::block_on(future)
    }
}

/// No runtime: a thread that polls, and sleeps until it is woken.
#[derive(Debug, Default)]
pub struct OnNone;

impl Executor for OnNone {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_lite::future::block_on(future)
    }
}

impl NativeListener for SmolListener {
    fn out_of(listener: TcpListener) -> Self {
        smol::net::TcpListener::try_from(listener).unwrap().into()
    }
}

impl Native for smol::net::TcpStream {
    type Std = TcpStream;

    fn out_of(stream: TcpStream) -> Self {
        Self::try_from(stream).unwrap()
    }

    fn back(self) -> TcpStream {
        let stream: Arc<Async<TcpStream>> = self.into();
        blocking(Arc::into_inner(stream).unwrap().into_inner().unwrap())
    }
}
