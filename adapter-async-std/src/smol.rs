//! A server on smol.

use std::io;
use std::net::SocketAddr;

use ::smol::net::{AsyncToSocketAddrs, TcpListener, TcpStream};
use asynchat_core::Config;
use asynchat_core::drive::{Bind, Listener, Runtime};

use crate::{AsyncIoClock, FuturesIo, set_backlog, set_socket_options};

#[cfg(unix)]
mod unix;

pub use asynchat_core::drive::ShutdownHandle;
#[cfg(unix)]
pub use unix::{SmolUnixListener, UnixIncoming, UnixServer};

/// A TCP server on smol: listeners, and for each connection a handler or code of the program, in a task of smol's global
/// executor, which has one thread unless the environment variable `SMOL_THREADS` says otherwise.
///
#[doc = asynchat_core::shared_doc!(server)]
///
/// # Processor time
///
/// Call `serve` in a task of the executor: `smol::block_on(smol::spawn(server.serve(…)))`. Then the thread that accepts a
/// connection serves it too. Otherwise the thread of `block_on` accepts it and wakes the thread of the executor, and the two
/// take turns at the reactor: a short connection takes a third to a half more processor time.
///
/// # Examples
///
/// ```
/// use asynchat_async_std::smol::Server;
/// use asynchat_async_std::{Channel, Handler, BoxError};
/// use smol::io::AsyncReadExt;
/// use smol::net::TcpStream;
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
/// smol::block_on(async {
///     let server = Server::bind("127.0.0.1:0").await?;
///     let address = server.local_addr()?;
///     let shutdown = server.shutdown_handle();
///     let serving = smol::spawn(server.serve(|_peer| Greeter));
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
pub type Server = asynchat_core::drive::Server<SmolListener>;

/// A connection that a [`Server`] on smol has accepted, beside its stream: for `serve_with`. Its methods and its promises:
/// [`asynchat_core::drive::Incoming`].
pub type Incoming<A = SocketAddr> = asynchat_core::drive::Incoming<A, Smol>;

/// A TCP listener of smol, as a [`Server`] takes one.
#[derive(Debug)]
pub struct SmolListener(TcpListener);

impl From<TcpListener> for SmolListener {
    fn from(listener: TcpListener) -> Self {
        Self(listener)
    }
}

impl Listener for SmolListener {
    type Runtime = Smol;
    type Address = SocketAddr;
    type Stream = TcpStream;
    type Transport = FuturesIo<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }

    fn set_options(stream: &TcpStream, config: &Config) {
        set_socket_options(&stream.into(), config);
    }

    fn local_address(stream: &TcpStream) -> io::Result<SocketAddr> {
        stream.local_addr()
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl<A: AsyncToSocketAddrs> Bind<A> for SmolListener {
    async fn bind(address: A) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        set_backlog(&(&listener).into());
        Ok(Self(listener))
    }
}

/// smol, as a [`Server`] uses it.
#[derive(Debug)]
pub struct Smol;

impl Runtime for Smol {
    type Clock = AsyncIoClock;
    type Io<S> = FuturesIo<S>;
    type Task = ::smol::Task<()>;

    async fn start() {
        // The executor opens a pipe with its first task, for signals of child processes, and panics if it cannot. So it
        // gets a task before the connections can have taken all descriptors.
        ::smol::spawn(async {}).await;
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task {
        ::smol::spawn(future)
    }
}
