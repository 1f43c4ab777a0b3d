//! The binding of asynchat-async-std to async-std.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::net::TcpStream;
#[cfg(unix)]
use std::os::fd::OwnedFd as OwnedSocket;
#[cfg(windows)]
use std::os::windows::io::OwnedSocket;
use std::thread;

use async_std::task::block_on;
use asynchat_async_std::async_std::{Server, Socket};
use asynchat_core::drive::Peer;
use asynchat_core::{Config, Handler};

use super::Serving;
use super::awaited::{Executor, Native, blocking};
use super::futures_io::{FuturesIo, Runtime};

/// asynchat-async-std, on async-std.
pub type AsyncStd = FuturesIo<OnAsyncStd>;

/// async-std.
#[derive(Debug, Default)]
pub struct OnAsyncStd;

impl Runtime for OnAsyncStd {
    type Tcp = Socket;
    type Executor = Self;
    type ForFaulty = Self;

    fn serve<H, F>(config: Config, connection_limit: usize, handler_for: F) -> Serving
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H + Send + 'static,
    {
        let server = block_on(Server::bind("127.0.0.1:0")).unwrap();
        let server = server.with_config(config).with_connection_limit(connection_limit);
        let (address, shutdown) = (server.local_addr().unwrap(), server.shutdown_handle());
        let thread = thread::spawn(move || block_on(server.serve(handler_for)));
        Serving::new(address, move || shutdown.shutdown(), thread)
    }
}

impl Executor for OnAsyncStd {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        block_on(future)
    }
}

impl Native for Socket {
    type Std = TcpStream;

    fn out_of(stream: TcpStream) -> Self {
        async_std::net::TcpStream::from(stream).into()
    }

    fn back(self) -> TcpStream {
        // async-std gives its own out of its hands only as another descriptor of the same socket.
        blocking(OwnedSocket::from(self.into_inner()).into())
    }
}
