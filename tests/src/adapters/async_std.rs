//! Runs the scenarios on asynchat-async-std with async-std.

use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::OwnedFd as OwnedSocket;
#[cfg(windows)]
use std::os::windows::io::OwnedSocket;

use async_std::task::block_on;
use asynchat_async_std::async_std::{AsyncStdListener, Socket};

use super::block_on::{Executor, RuntimeStream, set_blocking};
use super::futures_io::{FuturesIo, Runtime};
use super::serve::{RuntimeListener, serve_incoming};

/// asynchat-async-std with async-std.
pub type AsyncStd = FuturesIo<OnAsyncStd>;

/// The runtime async-std.
#[derive(Debug, Default)]
pub struct OnAsyncStd;

impl Runtime for OnAsyncStd {
    type Tcp = Socket;
    type Executor = Self;
    type FaultyExecutor = Self;
    type Listener = AsyncStdListener;
}

impl Executor for OnAsyncStd {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        block_on(future)
    }
}

impl RuntimeListener for AsyncStdListener {
    serve_incoming!(asynchat_async_std::async_std::AsyncStd);

    fn from_std(listener: TcpListener) -> Self {
        async_std::net::TcpListener::from(listener).into()
    }
}

impl RuntimeStream for Socket {
    type Std = TcpStream;

    fn from_std(stream: TcpStream) -> Self {
        async_std::net::TcpStream::from(stream).into()
    }

    fn into_std(self) -> TcpStream {
        // async-std's stream cannot be unwrapped. It converts only into another descriptor of the same socket.
        set_blocking(OwnedSocket::from(self.into_inner()).into())
    }
}
