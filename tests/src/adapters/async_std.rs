//! The binding of asynchat-async-std to async-std.

use std::net::{TcpListener, TcpStream};
#[cfg(unix)]
use std::os::fd::OwnedFd as OwnedSocket;
#[cfg(windows)]
use std::os::windows::io::OwnedSocket;

use async_std::task::block_on;
use asynchat_async_std::async_std::{AsyncStdListener, Socket};

use super::awaited::{Executor, Native, NativeListener, blocking};
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
    type Listener = AsyncStdListener;
}

impl Executor for OnAsyncStd {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        block_on(future)
    }
}

impl NativeListener for AsyncStdListener {
    fn out_of(listener: TcpListener) -> Self {
        async_std::net::TcpListener::from(listener).into()
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
