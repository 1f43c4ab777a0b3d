use std::io;
use std::net::SocketAddr;

use asynchat_core::Config;
use asynchat_core::drive::{Bind, Listener, Runtime};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::JoinHandle;

use crate::{TokioClock, TokioIo};

asynchat_core::socket_options!();

/// A TCP server on tokio: a listener, and a handler for each connection, each in a task of its own.
///
#[doc = asynchat_core::shared_doc!(server)]
///
/// # Examples
///
/// ```
/// use asynchat_tokio::{Channel, Handler, BoxError, Server};
/// use tokio::io::AsyncReadExt;
/// use tokio::net::TcpStream;
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = Server::bind("127.0.0.1:0").await?;
/// let address = server.local_addr()?;
/// let shutdown = server.shutdown_handle();
/// let serving = tokio::spawn(server.serve(|_peer| Greeter));
///
/// let mut greeting = String::new();
/// TcpStream::connect(address).await?.read_to_string(&mut greeting).await?;
/// assert_eq!(greeting, "hello\r\n");
///
/// shutdown.shutdown();
/// serving.await??;
/// # Ok(())
/// # }
/// ```
pub type Server = asynchat_core::drive::Server<TokioListener>;

/// A TCP listener of tokio, as a [`Server`] takes one.
#[derive(Debug)]
pub struct TokioListener(TcpListener);

impl From<TcpListener> for TokioListener {
    fn from(listener: TcpListener) -> Self {
        Self(listener)
    }
}

impl Listener for TokioListener {
    type Runtime = Tokio;
    type Stream = TcpStream;
    type Transport = TokioIo<TcpStream>;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }

    fn set_options(stream: &TcpStream, config: &Config) {
        set_socket_options(&stream.into(), config);
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl<A: ToSocketAddrs> Bind<A> for TokioListener {
    async fn bind(address: A) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }
}

/// tokio, as a [`Server`] uses it.
#[derive(Debug)]
pub struct Tokio;

impl Runtime for Tokio {
    type Clock = TokioClock;
    type Task = TokioTask;

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> TokioTask {
        TokioTask(tokio::spawn(future))
    }
}

/// A task of tokio that is cancelled when this is dropped. A bare `JoinHandle` would let it run on.
#[derive(Debug)]
pub struct TokioTask(JoinHandle<()>);

impl Drop for TokioTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}
