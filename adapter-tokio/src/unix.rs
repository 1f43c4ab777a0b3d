use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use asynchat_core::Config;
use asynchat_core::drive::{Bind, Listener};
use tokio::net::{UnixListener, UnixStream};

use crate::TokioIo;
use crate::runtime::{Incoming, Tokio, set_backlog};

/// A server on Unix sockets of tokio. Its methods and its promises: [`asynchat_core::drive::Server`].
///
/// The address of a peer is that of std. Most peers have no name. The socket file remains when the server ends, and a
/// file that is there already is an error of `bind`: remove it before.
///
/// The credentials of a peer are known to the stream: `stream.peer_cred()` under `serve_with`.
///
/// # Examples
///
/// ```
/// use asynchat_tokio::{Channel, Handler, BoxError, UnixIncoming, UnixServer};
/// use tokio::io::AsyncReadExt;
/// use tokio::net::UnixStream;
///
/// /// Tells the peer its own user.
/// struct Greeter {
///     user: u32,
/// }
///
/// impl Handler for Greeter {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.push(format!("user {}\n", self.user))?;
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
/// async fn greet(stream: UnixStream, incoming: UnixIncoming) -> Result<(), BoxError> {
///     let user = stream.peer_cred()?.uid();
///     incoming.drive(stream, Greeter { user }).await?;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let path = std::env::temp_dir().join(format!("asynchat-{}.socket", std::process::id()));
/// let server = UnixServer::bind(&path).await?;
/// let shutdown = server.shutdown_handle();
/// let serving = tokio::spawn(server.serve_with(greet));
///
/// let mut greeting = String::new();
/// UnixStream::connect(&path).await?.read_to_string(&mut greeting).await?;
/// assert!(greeting.starts_with("user "));
///
/// shutdown.shutdown();
/// serving.await??;
/// std::fs::remove_file(&path)?;
/// # Ok(())
/// # }
/// ```
pub type UnixServer = asynchat_core::drive::Server<TokioUnixListener>;

/// A connection that a [`UnixServer`] has accepted, beside its stream.
pub type UnixIncoming = Incoming<SocketAddr>;

/// A Unix listener of tokio, as a [`UnixServer`] takes one.
#[derive(Debug)]
pub struct TokioUnixListener(UnixListener);

impl From<UnixListener> for TokioUnixListener {
    fn from(listener: UnixListener) -> Self {
        Self(listener)
    }
}

impl Listener for TokioUnixListener {
    type Runtime = Tokio;
    type Address = SocketAddr;
    type Stream = UnixStream;
    type Transport = TokioIo<UnixStream>;

    async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, address) = self.0.accept().await?;
        Ok((stream, address.into()))
    }

    /// A Unix socket has neither delay nor keepalive.
    fn set_options(_: &UnixStream, _: &Config) {}

    fn local_address(stream: &UnixStream) -> io::Result<SocketAddr> {
        stream.local_addr().map(Into::into)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr().map(Into::into)
    }
}

impl<P: AsRef<Path>> Bind<P> for TokioUnixListener {
    async fn bind(path: P) -> io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        set_backlog(&(&listener).into());
        Ok(Self(listener))
    }
}
