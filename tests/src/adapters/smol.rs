//! The binding of asynchat-async-std to smol; and, over a faulty stream, to no runtime at all.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use asynchat_async_std::smol::Server;
use asynchat_core::drive::Peer;
use asynchat_core::{Config, Handler};
use smol::Async;

use super::Serving;
use super::awaited::{Executor, Native, blocking};
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

    fn serve<H, F>(config: Config, connection_limit: usize, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static,
    {
        let server = smol::block_on(Server::bind("127.0.0.1:0")).unwrap();
        let server = server.with_config(config).with_connection_limit(connection_limit);
        let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
        let thread = thread::spawn(move || smol::block_on(server.serve(handler_for)));
        Serving::new(address, move || shutdown.shutdown(), thread)
    }
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
