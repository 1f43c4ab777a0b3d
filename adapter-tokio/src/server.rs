use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use asynchat_core::drive::{Acceptor, Clock, ConnectionHandle, Peer, mailbox};
use asynchat_core::{Config, Handler};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use crate::drive::drive_with_mailbox;
use crate::io::TokioClock;

/// How many connections a server serves at once by default: enough for most, and below the 1,024 descriptors that a
/// process may have by default on Linux and the BSDs, with some to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 1000;

/// A TCP server: a listener, and a handler for each connection, each in a task of its own.
///
/// It promises that a handler that panics ends its own connection and no other; that a failure to accept, be it for want
/// of descriptors, neither stops the server nor spins it; that no more connections are open than the limit says, the
/// others waiting in the system's backlog; and that a shutdown lets every connection send what was queued.
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
/// serving.await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    config: Arc<Config>,
    connection_limit: usize,
    shutdown: Arc<watch::Sender<bool>>,
}

impl Server {
    /// Listens on an address. Connections wait in the system's backlog until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::bind`].
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::from_listener)
    }

    /// A server on a listener that is there already.
    pub fn from_listener(listener: TcpListener) -> Self {
        Self {
            listener,
            config: Arc::default(),
            connection_limit: DEFAULT_CONNECTION_LIMIT,
            shutdown: Arc::new(watch::Sender::new(false)),
        }
    }

    /// The bounds of each connection.
    #[must_use]
    pub fn with_config(self, config: impl Into<Arc<Config>>) -> Self {
        Self { config: config.into(), ..self }
    }

    /// How many connections are served at once: 1,000 by default.
    #[must_use]
    pub fn with_connection_limit(self, connection_limit: usize) -> Self {
        Self { connection_limit, ..self }
    }

    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle by which any task may shut the server down.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle(Arc::clone(&self.shutdown))
    }

    /// Serves, until it is shut down and the last connection has ended. `handler_for` makes the handler of each
    /// connection; if it panics, that connection is dropped.
    ///
    /// Dropping the future drops the listener and all connections at once.
    pub async fn serve<H, F>(self, mut handler_for: F)
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H,
    {
        let mut clock = TokioClock::default();
        let mut acceptor = Acceptor::new(self.connection_limit);
        let mut listener = Some(self.listener);
        let mut connections = Connections::default();
        let mut shutdown = self.shutdown.subscribe();
        while !acceptor.is_drained() {
            acceptor.handle_timeout(clock.now());
            tokio::select! {
                accepted = accept(listener.as_ref()), if acceptor.wants_accept() => match accepted {
                    Ok((stream, address)) => {
                        if connections.serve(stream, address, &self.config, &mut handler_for) {
                            acceptor.handle_accepted();
                        }
                    }
                    Err(error) => {
                        acceptor.handle_timeout(clock.now());
                        acceptor.handle_accept_error((&error).into());
                    }
                },
                () = connections.one_ended() => acceptor.handle_closed(),
                () = poll_fn(|cx| clock.poll_alarm(cx, acceptor.poll_timeout())) => {}
                _ = shutdown.wait_for(|&down| down), if !acceptor.is_closing() => {
                    acceptor.close();
                    listener = None;
                    connections.close_when_done();
                }
            }
        }
    }
}

/// Shuts a [`Server`] down, gracefully.
#[derive(Debug, Clone)]
pub struct ShutdownHandle(Arc<watch::Sender<bool>>);

impl ShutdownHandle {
    /// Stops listening, and closes each connection once what is queued for it has been sent.
    /// [`Server::serve`] returns when the last has ended, which [`Config::min_input_rate`],
    /// [`Config::min_output_rate`] and [`Config::linger`] bound.
    pub fn shutdown(&self) {
        self.0.send_replace(true);
    }
}

/// The connections being served.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    handles: HashMap<Id, ConnectionHandle>,
}

impl Connections {
    /// Serves a connection in a task of its own, unless there is no handler for it.
    fn serve<H: Handler + Send + 'static>(
        &mut self,
        stream: TcpStream,
        address: SocketAddr,
        config: &Arc<Config>,
        handler_for: &mut impl FnMut(Peer) -> H,
    ) -> bool {
        let (handle, mailbox) = mailbox(config.mailbox_capacity);
        let peer = Peer::new(address, handle.clone());
        // Nothing of the closure's that a panic could leave half done is looked at here.
        let Ok(handler) = catch_unwind(AssertUnwindSafe(|| handler_for(peer))) else { return false };
        // Output is coalesced before it is written: to wait for more would only delay it. A peer that has reset the
        // connection already makes this fail, and reading will tell.
        let _ = stream.set_nodelay(true);
        let connection = drive_with_mailbox(stream, handler, Arc::clone(config), mailbox);
        let task = self.tasks.spawn(async move {
            // The handler has been told how it ended; without that, the runtime's block for a task is the smallest.
            let _ = connection.await;
        });
        self.handles.insert(task.id(), handle);
        true
    }

    /// Waits until a connection has ended, be it by a panic; for ever if there is none.
    async fn one_ended(&mut self) {
        let id = match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => id,
            Some(Err(error)) => error.id(),
            None => std::future::pending().await,
        };
        self.handles.remove(&id);
    }

    fn close_when_done(&self) {
        for handle in self.handles.values() {
            handle.close_when_done();
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
