use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use asynchat_core::drive::{AcceptError, Acceptor, Clock, Peer};
use asynchat_core::{Config, Handler};
use rustix::event::PollFlags;
use rustix::fd::AsFd;

use crate::clock::StdClock;

mod connections;
mod shutdown;

use connections::Connections;
use shutdown::Shutdown;
pub use shutdown::ShutdownHandle;

/// How many connections a server serves at once by default. Each takes a thread and two descriptors, so this is half of
/// what the asynchronous adapters have: below the 1,024 descriptors that a process may have by default on Linux and the
/// BSDs, with some to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 500;

/// How long to wait if there is no memory even to wait.
const OOM_BACKOFF: Duration = Duration::from_millis(10);

/// A TCP server: a listener, and a handler for each connection, each in a thread of its own.
///
/// It promises that a handler that panics ends its own connection and no other; that a failure to accept, be it for want
/// of descriptors or of threads, neither stops the server nor spins it, nor drops a connection; that no more connections
/// are open than the limit says, the others waiting in the system's backlog; and that a shutdown lets every connection
/// send what was queued.
///
/// # What a connection costs
///
/// A thread, a descriptor for the socket, and one by which other threads wake it. The stack is reserved, 2 MiB by default,
/// and only what a handler uses of it becomes memory; [`with_stack_size`](Self::with_stack_size) makes it smaller where
/// addresses are scarce. An idle connection has no read buffer: the threads share those that are in use.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use std::net::TcpStream;
///
/// use asynchat_blocking::{Channel, Handler, BoxError, Server};
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
/// let server = Server::bind("127.0.0.1:0")?;
/// let address = server.local_addr()?;
/// let shutdown = server.shutdown_handle();
/// let serving = std::thread::spawn(|| server.serve(|_peer| Greeter));
///
/// let mut greeting = String::new();
/// TcpStream::connect(address)?.read_to_string(&mut greeting)?;
/// assert_eq!(greeting, "hello\r\n");
///
/// shutdown.shutdown();
/// serving.join().unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    config: Arc<Config>,
    connection_limit: usize,
    stack_size: Option<usize>,
    shutdown: Arc<Shutdown>,
}

impl Server {
    /// Listens on an address. Connections wait in the system's backlog until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::bind`].
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).map(Self::from_listener)
    }

    /// A server on a listener that is there already. While it serves, that is non-blocking, and so are clones of it.
    pub fn from_listener(listener: TcpListener) -> Self {
        Self {
            listener,
            config: Arc::default(),
            connection_limit: DEFAULT_CONNECTION_LIMIT,
            stack_size: None,
            shutdown: Arc::default(),
        }
    }

    /// The bounds of each connection.
    #[must_use]
    pub fn with_config(self, config: impl Into<Arc<Config>>) -> Self {
        Self { config: config.into(), ..self }
    }

    /// How many connections are served at once: 500 by default.
    #[must_use]
    pub fn with_connection_limit(self, connection_limit: usize) -> Self {
        Self { connection_limit, ..self }
    }

    /// How large the stack of each connection's thread is, in bytes; by default as std has it. The crate itself uses a few
    /// KiB of it, so that it is the handler that matters.
    #[must_use]
    pub fn with_stack_size(self, stack_size: usize) -> Self {
        Self { stack_size: Some(stack_size), ..self }
    }

    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle by which any thread may shut the server down.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle::new(Arc::clone(&self.shutdown))
    }

    /// Serves, until it is shut down and the last connection has ended. `handler_for` makes the handler of each
    /// connection; if it panics, that connection is dropped.
    ///
    /// The thread that calls this accepts, and has `handler_for` to itself; each connection has another.
    pub fn serve<H, F>(self, mut handler_for: F)
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H,
    {
        let clock = StdClock::default();
        let mut acceptor = Acceptor::new(self.connection_limit);
        let Some(wake) = self.shutdown.attach() else { return };
        let mut connections = Connections::new(self.config, self.stack_size, Arc::clone(&wake));
        // What fails here fails in accepting too, and is dealt with there.
        let _ = self.listener.set_nonblocking(true);
        let mut listener = Some(self.listener);
        loop {
            acceptor.handle_timeout(clock.now());
            while connections.one_ended() {
                acceptor.handle_closed();
            }
            if self.shutdown.is_wished() && !acceptor.is_closing() {
                acceptor.close();
                listener = None;
                connections.close_when_done();
            }
            if acceptor.is_drained() {
                return;
            }
            let open = listener.as_ref().filter(|_| acceptor.wants_accept());
            let interest = open.map(|listener| (listener.as_fd(), PollFlags::IN));
            let accepted = match (wake.wait(interest, clock.until(acceptor.poll_timeout())), open) {
                (Ok(true), Some(listener)) => connections.accept(listener, &mut handler_for),
                (Ok(_), _) => continue,
                (Err(error), _) => {
                    thread::sleep(OOM_BACKOFF);
                    Err(error)
                }
            };
            match accepted {
                Ok(true) => acceptor.handle_accepted(),
                Ok(false) => {}
                Err(error) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.handle_accept_error(AcceptError::from(&error));
                }
            }
        }
    }
}
