use std::io;
use std::net::SocketAddr;

use asynchat_core::Config;
use asynchat_core::drive::{Bind, Listener, Runtime};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::JoinHandle;

use crate::{TokioClock, TokioIo};

asynchat_core::socket_options!();

/// A TCP server on tokio: listeners, and for each connection a handler or code of the program, in a task of its own.
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
///
/// Counts, a limit for each peer, and two listeners, of which one shares its port with other processes (`SO_REUSEPORT`):
///
/// ```
/// use std::net::SocketAddr;
/// use std::sync::Arc;
///
/// use asynchat_tokio::{Metrics, Server};
/// use socket2::{Domain, Socket, Type};
/// use tokio::net::TcpListener;
/// # use asynchat_tokio::{BoxError, Channel, Handler};
/// # struct Protocol;
/// # impl Handler for Protocol {
/// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
/// # #[cfg(unix)]
/// socket.set_reuse_port(true)?;
/// socket.set_nonblocking(true)?;
/// socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
/// socket.listen(4096)?;
/// let shared = TcpListener::from_std(socket.into())?;
///
/// let metrics = Arc::new(Metrics::default());
/// let server = Server::bind("127.0.0.1:0")
///     .await?
///     .with_listener(shared)
///     .with_admission(|address| address.ip().is_loopback())
///     .with_observer(Arc::clone(&metrics));
/// # server.shutdown_handle().shutdown();
/// server.serve(|_peer| Protocol).await?;
/// println!("{} connections", metrics.snapshot().accepted);
/// # Ok(())
/// # }
/// ```
///
/// From systemd a socket comes as a descriptor. With the crate `listenfd`, `ListenFd::from_env().take_tcp_listener(0)`
/// makes std's listener of it; then `set_nonblocking(true)` and `TcpListener::from_std`, as above.
pub type Server = asynchat_core::drive::Server<TokioListener>;

/// A connection that a [`Server`] on tokio has accepted, beside its stream: for `serve_with`. Its methods and its promises:
/// [`asynchat_core::drive::Incoming`].
///
/// # Examples
///
/// Lines, with async/await, until the peer or the server ends the connection:
///
/// ```
/// use asynchat_tokio::{Error, Incoming, Server};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio::net::TcpStream;
///
/// async fn lengths(stream: TcpStream, mut incoming: Incoming) -> Result<(), Error> {
///     let mut connection = incoming.connection(stream, b"\r\n");
///     loop {
///         tokio::select! {
///             frame = connection.next_frame() => match frame? {
///                 Some(line) => {
///                     let answer = format!("{}\r\n", line.len());
///                     connection.push(answer).map_err(Error::handler)?;
///                 }
///                 None => break,
///             },
///             () = incoming.closing() => break,
///         }
///     }
///     connection.close().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let server = Server::bind("127.0.0.1:0").await?;
/// let address = server.local_addr()?;
/// let shutdown = server.shutdown_handle();
/// let serving = tokio::spawn(server.serve_with(lengths));
///
/// let mut client = TcpStream::connect(address).await?;
/// client.write_all(b"hello\r\n").await?;
/// let mut answer = [0; 3];
/// client.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"5\r\n");
///
/// shutdown.shutdown();
/// assert_eq!(client.read(&mut answer).await?, 0);
/// drop(client);
/// serving.await??;
/// # Ok(())
/// # }
/// ```
///
/// A handler behind a proxy that begins each connection with a header of the PROXY protocol. The bytes behind the
/// header are kept:
///
/// ```
/// use std::io::Cursor;
///
/// use asynchat_tokio::{BoxError, Channel, Error, Handler, Incoming};
/// use tokio::io::AsyncReadExt;
/// use tokio::net::TcpStream;
///
/// struct Protocol {
///     client: String,
/// }
/// # impl Handler for Protocol {
/// #     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
/// #         channel.set_terminator(b"\n");
/// #         Ok(channel.push(format!("{} says ", self.client))?)
/// #     }
/// #     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(channel.push(data.to_vec())?)
/// #     }
/// #     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
/// #         channel.close_when_done();
/// #         Ok(())
/// #     }
/// # }
///
/// async fn behind_proxy(stream: TcpStream, incoming: Incoming) -> Result<(), BoxError> {
///     let mut header = incoming.connection(stream, b"\r\n");
///     let line = match header.next_frame().await? {
///         Some(line) => String::from_utf8_lossy(line).into_owned(),
///         None => return Ok(()),
///     };
///     // "PROXY TCP4 192.0.2.7 198.51.100.1 51000 443"
///     let mut words = line.split(' ');
///     let (Some("PROXY"), Some(_), Some(client)) = (words.next(), words.next(), words.next()) else {
///         return Err(Error::protocol("a PROXY header was expected").into());
///     };
///     let handler = Protocol { client: client.to_owned() };
///     let parts = header.into_parts();
///     let (reader, writer) = tokio::io::split(parts.stream);
///     let stream = tokio::io::join(Cursor::new(parts.unread).chain(reader), writer);
///     incoming.drive(stream, handler).await?;
///     Ok(())
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # use tokio::io::AsyncWriteExt;
/// # let server = asynchat_tokio::Server::bind("127.0.0.1:0").await?;
/// # let address = server.local_addr()?;
/// # let shutdown = server.shutdown_handle();
/// # let serving = tokio::spawn(server.serve_with(behind_proxy));
/// # let mut client = TcpStream::connect(address).await?;
/// # client.write_all(b"PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\nwho am I?\n").await?;
/// # let mut answer = String::new();
/// # client.read_to_string(&mut answer).await?;
/// # assert_eq!(answer, "192.0.2.7 says who am I?");
/// # drop(client);
/// # shutdown.shutdown();
/// # serving.await??;
/// # Ok(())
/// # }
/// ```
pub type Incoming<A = SocketAddr> = asynchat_core::drive::Incoming<A, Tokio>;

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
    type Address = SocketAddr;
    type Stream = TcpStream;
    type Transport = TokioIo<TcpStream>;

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

impl<A: ToSocketAddrs> Bind<A> for TokioListener {
    async fn bind(address: A) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        set_backlog(&(&listener).into());
        Ok(Self(listener))
    }
}

/// tokio, as a [`Server`] uses it.
#[derive(Debug)]
pub struct Tokio;

impl Runtime for Tokio {
    type Clock = TokioClock;
    type Io<S> = TokioIo<S>;
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
