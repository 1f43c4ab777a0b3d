use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use ::smol::net::unix::{UnixListener, UnixStream};
use asynchat_core::Config;
use asynchat_core::drive::{Bind, Listener};

use super::{Incoming, Smol};
use crate::{FuturesIo, set_backlog};

/// A server on Unix sockets of smol. Its methods and its promises: [`asynchat_core::drive::Server`].
///
/// Most peers have no name. The socket file remains when the server ends, and a file that is there already is an error of
/// `bind`: remove it before.
///
/// # Examples
///
/// ```
/// use asynchat_async_std::smol::UnixServer;
/// # use asynchat_async_std::{BoxError, Channel, Handler};
/// use smol::io::AsyncReadExt;
/// use smol::net::unix::UnixStream;
/// # struct Greeter;
/// # impl Handler for Greeter {
/// #     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
/// #         channel.push("hello\r\n")?;
/// #         channel.close_when_done();
/// #         Ok(())
/// #     }
/// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// # }
///
/// # fn main() -> std::io::Result<()> {
/// smol::block_on(async {
///     let path = std::env::temp_dir().join(format!("asynchat-smol-{}.socket", std::process::id()));
///     let server = UnixServer::bind(&path).await?;
///     let shutdown = server.shutdown_handle();
///     let serving = smol::spawn(server.serve(|_peer| Greeter));
///
///     let mut greeting = String::new();
///     UnixStream::connect(&path).await?.read_to_string(&mut greeting).await?;
///     assert_eq!(greeting, "hello\r\n");
///
///     shutdown.shutdown();
///     serving.await?;
///     std::fs::remove_file(&path)
/// })
/// # }
/// ```
pub type UnixServer = asynchat_core::drive::Server<SmolUnixListener>;

/// A connection that a [`UnixServer`] has accepted, beside its stream.
pub type UnixIncoming = Incoming<SocketAddr>;

/// A Unix listener of smol, as a [`UnixServer`] takes one.
#[derive(Debug)]
pub struct SmolUnixListener(UnixListener);

impl From<UnixListener> for SmolUnixListener {
    fn from(listener: UnixListener) -> Self {
        Self(listener)
    }
}

impl Listener for SmolUnixListener {
    type Runtime = Smol;
    type Address = SocketAddr;
    type Stream = UnixStream;
    type Transport = FuturesIo<UnixStream>;

    async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        self.0.accept().await
    }

    /// A Unix socket has neither delay nor keepalive.
    fn set_options(_: &UnixStream, _: &Config) {}

    fn local_address(stream: &UnixStream) -> io::Result<SocketAddr> {
        stream.local_addr()
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl<P: AsRef<Path>> Bind<P> for SmolUnixListener {
    async fn bind(path: P) -> io::Result<Self> {
        let listener = UnixListener::bind(path)?;
        set_backlog(&(&listener).into());
        Ok(Self(listener))
    }
}
