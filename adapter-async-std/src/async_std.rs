//! A server on async-std, and a socket of async-std that can be half-closed.
//!
//! async-std is discontinued (RUSTSEC-2025-0052). For new code take smol.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Waker};

use ::async_std::net::{TcpListener, ToSocketAddrs};
use ::async_std::task::JoinHandle;
use asynchat_core::Config;
use asynchat_core::drive::{Bind, Listener, Runtime};

use crate::{AsyncIoClock, FuturesIo, set_backlog, set_socket_options};

mod socket;

pub use asynchat_core::drive::ShutdownHandle;
pub use socket::Socket;

/// A TCP server on async-std: listeners, and for each connection a handler or code of the program, in a task of its own.
///
#[doc = asynchat_core::shared_doc!(server)]
///
/// # Examples
///
/// ```
/// use asynchat_async_std::async_std::Server;
/// use asynchat_async_std::{Channel, Handler, BoxError};
/// use async_std::io::ReadExt;
/// use async_std::net::TcpStream;
///
/// struct Greeter;
///
/// impl Handler for Greeter {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.push("hello\r\n")?;
///         channel.close_when_done();
///         Ok(())
///     }
///     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> std::io::Result<()> {
/// async_std::task::block_on(async {
///     let server = Server::bind("127.0.0.1:0").await?;
///     let address = server.local_addr()?;
///     let shutdown = server.shutdown_handle();
///     let serving = async_std::task::spawn(server.serve(|_peer| Greeter));
///
///     let mut greeting = String::new();
///     TcpStream::connect(address).await?.read_to_string(&mut greeting).await?;
///     assert_eq!(greeting, "hello\r\n");
///
///     shutdown.shutdown();
///     serving.await?;
///     Ok(())
/// })
/// # }
/// ```
pub type Server = asynchat_core::drive::Server<AsyncStdListener>;

/// A connection that a [`Server`] on async-std has accepted, beside its stream: for `serve_with`. Its methods and its
/// promises: [`asynchat_core::drive::Incoming`].
pub type Incoming<A = SocketAddr> = asynchat_core::drive::Incoming<A, AsyncStd>;

/// A TCP listener of async-std, as a [`Server`] takes one.
#[derive(Debug)]
pub struct AsyncStdListener(TcpListener);

impl From<TcpListener> for AsyncStdListener {
    fn from(listener: TcpListener) -> Self {
        Self(listener)
    }
}

impl Listener for AsyncStdListener {
    type Runtime = AsyncStd;
    type Address = SocketAddr;
    type Stream = Socket;
    type Transport = FuturesIo<Socket>;

    async fn accept(&self) -> io::Result<(Socket, SocketAddr)> {
        let (stream, address) = self.0.accept().await?;
        Ok((Socket::from(stream), address))
    }

    fn set_options(stream: &Socket, config: &Config) {
        set_socket_options(&stream.get_ref().into(), config);
    }

    fn local_address(stream: &Socket) -> io::Result<SocketAddr> {
        stream.get_ref().local_addr()
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl<A: ToSocketAddrs> Bind<A> for AsyncStdListener {
    async fn bind(address: A) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        set_backlog(&(&listener).into());
        Ok(Self(listener))
    }
}

/// async-std, as a [`Server`] uses it.
#[derive(Debug)]
pub struct AsyncStd;

impl Runtime for AsyncStd {
    type Clock = AsyncIoClock;
    type Io<S> = FuturesIo<S>;
    type Task = Task;

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task {
        Task(Some(::async_std::task::spawn(future)))
    }
}

/// A task of async-std that is cancelled when this is dropped. A bare `JoinHandle` would let it run on.
#[derive(Debug)]
pub struct Task(Option<JoinHandle<()>>);

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            // The first poll cancels the task; the others would only wait until that is done.
            let mut cancelling = pin!(task.cancel());
            let _ = cancelling.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}
