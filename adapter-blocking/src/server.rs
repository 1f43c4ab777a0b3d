use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use asynchat_core::Handler;
use asynchat_core::drive::{AcceptError, Clock, Connections, Peer, ServerOptions, Signal};
use rustix::event::PollFlags;
use rustix::fd::AsFd;

use crate::clock::StdClock;
use crate::notifier::Notifier;

mod workers;

use workers::Workers;

/// The default limit on connections. Each takes a thread and two descriptors, so this is half of the limit of the
/// asynchronous adapters: below the 1,024 descriptors that a process may have by default on Linux and the BSDs, with some
/// to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 500;

/// The pause if poll(2) fails for lack of memory, or if no descriptor is left for a notifier.
const OOM_BACKOFF: Duration = Duration::from_millis(10);

/// A TCP server: a listener, and a handler for each connection, each in a thread of its own.
///
/// - A handler that panics ends its own connection and no other.
/// - A failure to accept neither stops the server nor makes it spin, not even if no descriptor or no thread is left: it
///   retries after a backoff. The connection stays in the backlog of the system.
/// - No more connections are open than [the limit](Self::with_connection_limit). The others wait in the backlog of the
///   system.
/// - A [graceful shutdown](crate::ShutdownHandle::shutdown) tells every handler, lets every connection send what is queued,
///   and has [a bound](Self::with_drain_timeout).
/// - An accepted socket sends without delay, and has TCP keepalive: [`Config::tcp_keepalive`](crate::Config::tcp_keepalive).
///
/// # The cost of a connection
///
/// A thread, a descriptor for the socket, and a descriptor by which other threads wake it. The stack is reserved, 2 MiB by
/// default, and takes memory only as far as the handler uses it; [`with_stack_size`](Self::with_stack_size) makes it smaller
/// if address space is scarce. An idle connection has no read buffer: the threads share those that are in use.
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
/// serving.join().unwrap()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    options: ServerOptions,
    stack_size: Option<usize>,
}

impl Server {
    /// Listens on an address. Connections wait in the backlog of the system until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::bind`].
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        TcpListener::bind(address).map(Self::from_listener)
    }

    /// Makes a server of a listener that is bound already. While the server serves, the listener is non-blocking, and so are
    /// its clones.
    pub fn from_listener(listener: TcpListener) -> Self {
        Self { listener, options: ServerOptions::new(DEFAULT_CONNECTION_LIMIT), stack_size: None }
    }

    asynchat_core::server_methods!(default limit "500");

    /// Sets the size of the stack of each connection's thread, in bytes. The default is that of std. The crate itself uses
    /// a few KiB of it, so that the handler decides.
    #[must_use]
    pub fn with_stack_size(self, stack_size: usize) -> Self {
        Self { stack_size: Some(stack_size), ..self }
    }

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Those of [`TcpListener::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is shut down and the last connection has ended. `handler_for` makes the handler of each connection;
    /// if it panics, that connection is dropped.
    ///
    /// The thread that calls this accepts and calls `handler_for`. Each connection has a thread of its own.
    ///
    /// # Errors
    ///
    /// The listener's, if it is dead, such as `EBADF` or `EINVAL`: [`AcceptError::Listener`]. The open connections are shut
    /// down before, as after [`ShutdownHandle::shutdown`](crate::ShutdownHandle::shutdown). Any other failure to accept is
    /// retried.
    pub fn serve<H, F>(self, mut handler_for: F) -> io::Result<()>
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H,
    {
        let Self { listener, options, stack_size } = self;
        let mut clock = StdClock::default();
        let mut acceptor = options.acceptor();
        let mut connections = options.connections();
        let Some(notifier) = notifier_unless_shut_down(&mut connections) else { return Ok(()) };
        let waker = Waker::from(Arc::clone(&notifier));
        let mut workers = Workers::<H>::new(stack_size);
        // If this fails, accepting fails too, and is retried.
        let _ = listener.set_nonblocking(true);
        let mut listener = Some(listener);
        let mut result = Ok(());
        loop {
            acceptor.handle_timeout(clock.now());
            while let Poll::Ready(signal) = connections.poll_signal(&waker) {
                match signal {
                    Signal::Ended(number) => {
                        if let Some(thread) = connections.remove(number) {
                            // It has nothing more to do, and does not panic.
                            let _ = thread.join();
                        }
                        acceptor.handle_closed();
                    }
                    Signal::Shutdown => acceptor.close(),
                }
            }
            if acceptor.is_closing() && listener.take().is_some() {
                connections.request_shutdown();
                workers.stop();
            }
            if acceptor.is_drained() {
                // The threads of handlers that do not return go on without the server.
                return result;
            }
            if acceptor.poll_abort() {
                connections.abort();
            }
            if clock.poll_alarm(&mut Context::from_waker(&waker), acceptor.poll_timeout()).is_ready() {
                continue;
            }
            let open = listener.as_ref().filter(|_| acceptor.wants_accept());
            let interest = open.map(|listener| (listener.as_fd(), PollFlags::IN));
            let accepted = match (notifier.wait(interest, clock.take_alarm()), open) {
                (Ok(true), Some(listener)) => workers.accept(listener, &mut connections, &mut handler_for),
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
                    if acceptor.is_closing() {
                        result = Err(error);
                    }
                }
            }
        }
    }
}

/// Makes the notifier of the thread that serves, and waits until there is a descriptor for it. `None` if the server is
/// shut down before that.
fn notifier_unless_shut_down(connections: &mut Connections<JoinHandle<()>>) -> Option<Arc<Notifier>> {
    loop {
        // No connection is open, so that the only signal is a shutdown.
        if connections.poll_signal(Waker::noop()).is_ready() {
            return None;
        }
        match Notifier::by_descriptor() {
            Ok(notifier) => return Some(notifier),
            Err(_) => thread::sleep(OOM_BACKOFF),
        }
    }
}
