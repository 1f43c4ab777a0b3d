//! A server on async-std, and its socket in a form that can be closed.
//!
//! async-std is discontinued (RUSTSEC-2025-0052). For new code take smol.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::{Context, Waker};

use ::async_std::net::{TcpListener, ToSocketAddrs};
use ::async_std::task::JoinHandle;

use crate::server::{self, Runtime};

mod socket;

pub use crate::server::ShutdownHandle;
pub use socket::Socket;

/// async-std, as the server knows it.
#[derive(Debug)]
pub struct AsyncStd;

impl Runtime for AsyncStd {
    type Listener = TcpListener;
    type Stream = Socket;
    type Task = Task;

    async fn accept(listener: &TcpListener) -> io::Result<(Socket, SocketAddr)> {
        let (stream, address) = listener.accept().await?;
        // A peer that has reset the connection already makes this fail, and reading will tell.
        let _ = stream.set_nodelay(true);
        Ok((Socket::from(stream), address))
    }

    fn local_addr(listener: &TcpListener) -> io::Result<SocketAddr> {
        listener.local_addr()
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Task {
        Task(Some(::async_std::task::spawn(future)))
    }
}

/// A task that is cancelled when this is dropped, where async-std's own would go on by itself.
#[derive(Debug)]
pub struct Task(Option<JoinHandle<()>>);

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            // The first poll cancels the task; the others would wait until that is done, which nobody needs.
            let mut cancelling = pin!(task.cancel());
            let _ = cancelling.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// A TCP server on async-std: a listener, and a handler for each connection, each in a task of its own.
///
/// It promises that a handler that panics ends its own connection and no other; that a failure to accept, be it for want
/// of descriptors, neither stops the server nor spins it; that no more connections are open than the limit says, the
/// others waiting in the system's backlog; and that a shutdown lets every connection send what was queued.
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
///     serving.await;
///     Ok(())
/// })
/// # }
/// ```
pub type Server = server::Server<AsyncStd>;

impl Server {
    /// Listens on an address. Connections wait in the system's backlog until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::bind`].
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::from_listener)
    }
}
