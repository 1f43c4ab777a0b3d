//! A server on smol.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use ::smol::net::{AsyncToSocketAddrs, TcpListener, TcpStream};

use crate::server::{self, Runtime};

pub use crate::server::ShutdownHandle;

/// smol, as the server knows it.
#[derive(Debug)]
pub struct Smol;

impl Runtime for Smol {
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Task = ::smol::Task<()>;

    async fn start() {
        // The executor opens a pipe with its first task, for signals of child processes, and panics if it cannot: so it
        // is given one before connections may have taken all descriptors.
        ::smol::spawn(async {}).await;
    }

    async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = listener.accept().await?;
        // A peer that has reset the connection already makes this fail, and reading will tell.
        let _ = stream.set_nodelay(true);
        Ok((stream, address))
    }

    fn local_addr(listener: &TcpListener) -> io::Result<SocketAddr> {
        listener.local_addr()
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task {
        ::smol::spawn(future)
    }
}

/// A TCP server on smol: a listener, and a handler for each connection, each in a task of smol's global executor, which
/// has one thread unless the environment variable `SMOL_THREADS` says otherwise.
///
/// It promises that a handler that panics ends its own connection and no other; that a failure to accept, be it for want
/// of descriptors, neither stops the server nor spins it; that no more connections are open than the limit says, the
/// others waiting in the system's backlog; and that a shutdown lets every connection send what was queued.
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
///     serving.await;
///     Ok(())
/// })
/// # }
/// ```
pub type Server = server::Server<Smol>;

impl Server {
    /// Listens on an address. Connections wait in the system's backlog until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::bind`].
    pub async fn bind(address: impl AsyncToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::from_listener)
    }
}
