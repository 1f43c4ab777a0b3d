//! The server, for any listener of std.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use asynchat_core::Handler;
use asynchat_core::drive::{
    AcceptError, AcceptedConnection, Clock, Connections, Peer, ServeOutcome, ServedBy, ServerEvent, ServerOptions,
};
use rustix::fd::AsFd;

use crate::clock::StdClock;
use crate::drive::drive_to_close;
use crate::notifier::Notifier;

mod incoming;
mod listener;
mod workers;

pub use incoming::Incoming;
pub use listener::{Bind, Listener};

use workers::{Job, Worker, Workers};

/// The default limit on connections. Each takes a thread and two descriptors, so this is half of the limit of the
/// asynchronous adapters: below the 1,024 descriptors that a process may have by default on Linux and the BSDs, with some
/// to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 500;

/// The pause if poll(2) fails for lack of memory, or if no descriptor is left for a notifier.
const OOM_BACKOFF: Duration = Duration::from_millis(10);

/// A server: listeners, and for each connection a handler or code of the program, in a thread of its own.
///
/// [`asynchat_blocking::Server`](crate::Server) is this for TCP, and `asynchat_blocking::UnixServer` for Unix sockets.
///
/// - A handler that panics ends its own connection and no other.
/// - A failure to accept neither stops the server nor makes it spin, not even if no descriptor or no thread is left: it
///   retries after a backoff. The connection stays in the backlog of the system.
/// - No more connections are open than [the limit](Self::with_connection_limit). The others wait in the backlog of the
///   system.
/// - A [graceful shutdown](crate::ShutdownHandle::shutdown) tells every handler, lets every connection send what is queued,
///   and has [a bound](Self::with_drain_timeout).
/// - An accepted TCP socket sends without delay, and has TCP keepalive: [`Config::tcp_keepalive`](crate::Config::tcp_keepalive).
///
/// # The cost of a connection
///
/// A thread, a descriptor for the socket, and a descriptor by which other threads wake it. The stack is reserved, 2 MiB
/// by default, and takes memory only as far as the handler uses it; [`with_stack_size`](Self::with_stack_size) makes it
/// smaller if address space is scarce. An idle connection has no read buffer: the threads share those that are in use.
///
/// Up to 16 threads wait for the next connections when theirs have ended, since the start of a thread costs more than a
/// short conversation. So a thread-local of a handler may be met by the handler of a later connection.
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
pub struct Server<L: Listener> {
    listeners: Vec<L>,
    options: ServerOptions<L::Address>,
    stack_size: Option<usize>,
}

impl<L: Listener> Server<L> {
    /// Listens on an address. Connections wait in the backlog of the system until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of std's `bind`.
    pub fn bind<A>(address: A) -> io::Result<Self>
    where
        L: Bind<A>,
    {
        L::bind(address).map(Self::from_listener)
    }

    /// Makes a server of a listener that is bound already. While the server serves, the listener is non-blocking, and
    /// so are its clones.
    pub fn from_listener(listener: L) -> Self {
        Self { listeners: vec![listener], options: ServerOptions::new(DEFAULT_CONNECTION_LIMIT), stack_size: None }
    }

    /// Adds a listener. The connections of all share the limit and the settings, and
    /// [`Peer::local_address`] tells them apart. If one is dead, the server ends.
    #[must_use]
    pub fn with_listener(mut self, listener: L) -> Self {
        self.listeners.push(listener);
        self
    }

    asynchat_core::server_methods!(default limit "500", address L::Address);

    /// Sets the size of the stack of each connection's thread, in bytes. The default is that of std. The crate itself uses
    /// a few KiB of it, so that the handler decides.
    #[must_use]
    pub fn with_stack_size(self, stack_size: usize) -> Self {
        Self { stack_size: Some(stack_size), ..self }
    }

    /// Serves until it is shut down and the last connection has ended. `handler_for` makes the handler of each connection;
    /// if it panics, that connection is dropped.
    ///
    /// The thread that calls this accepts and calls `handler_for`. Each connection has a thread of its own.
    ///
    /// # Errors
    ///
    /// The error of a listener that is dead, such as `EBADF` or `EINVAL`: [`AcceptError::Listener`]. The open connections
    /// are shut down before, as after [`ShutdownHandle::shutdown`](crate::ShutdownHandle::shutdown). Any other failure to
    /// accept is retried. A wrong config is a [`ConfigError`](crate::ConfigError) at once, as `InvalidInput`.
    pub fn serve<H, F>(self, mut handler_for: F) -> io::Result<()>
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H, L::Address>) -> H,
    {
        self.run(ServedBy::Handler, |stream, accepted: AcceptedConnection<L::Address>| {
            let AcceptedConnection { address, local_address, config, mailbox, guard, .. } = accepted;
            let mailbox = mailbox.for_handler();
            let peer = Peer::new(address, local_address, mailbox.caller());
            // Without a handler the guard tells of the end at once.
            let handler = guard.isolate(|| handler_for(peer))?;
            Some(Box::new(move |notifier| {
                guard.run(|| drive_to_close(notifier, stream, handler, config, mailbox));
                drop(guard);
            }))
        })
    }

    /// Serves until it is shut down and the last connection has ended. For each connection a thread of its own calls
    /// `serve` with the accepted stream and its [`Incoming`]: for TLS, for a header of a proxy, for a loop with a
    /// [`Connection`](crate::Connection). If it panics, that connection is dropped.
    ///
    /// `serve` returns nothing, or a `Result` with any error, which the [observer](Self::with_observer) is told of. The
    /// stream has the options that the server sets.
    ///
    /// At a shutdown [`Incoming::drive`] tells its handler, and [`Incoming::is_closing`] is true. After
    /// [the drain timeout](Self::with_drain_timeout) `drive` and the calls of [`Incoming::connection`] fail.
    ///
    /// # Errors
    ///
    /// As for [`serve`](Self::serve).
    pub fn serve_with<F, O>(self, serve: F) -> io::Result<()>
    where
        F: Fn(L::Stream, Incoming<L::Address>) -> O + Send + Sync + 'static,
        O: ServeOutcome,
    {
        let serve = Arc::new(serve);
        self.run(ServedBy::Code, |stream, accepted| {
            let serve = Arc::clone(&serve);
            Some(Box::new(move |notifier| {
                let (incoming, guard) = Incoming::new(accepted, notifier);
                guard.run(|| serve(stream, incoming));
                drop(guard);
            }))
        })
    }

    fn run<F>(self, served_by: ServedBy, mut start: F) -> io::Result<()>
    where
        F: FnMut(L::Stream, AcceptedConnection<L::Address>) -> Option<Job>,
    {
        self.options.config.check()?;
        let Self { mut listeners, options, stack_size } = self;
        let mut clock = StdClock::default();
        let mut acceptor = options.acceptor();
        let mut connections = options.connections();
        let Some(notifier) = notifier_unless_shut_down(&mut connections) else { return Ok(()) };
        let waker = Waker::from(Arc::clone(&notifier));
        let mut workers = Workers::new(stack_size);
        for listener in &listeners {
            // If this fails, accepting fails too, and is retried.
            let _ = listener.set_nonblocking();
        }
        let mut result = Ok(());
        loop {
            acceptor.handle_timeout(clock.now());
            while let Poll::Ready(event) = connections.poll_event(&waker) {
                match event {
                    ServerEvent::Ended(number) => {
                        if let Some(worker) = connections.remove(number) {
                            workers.put_back(worker);
                        }
                        acceptor.handle_closed();
                    }
                    ServerEvent::Shutdown => acceptor.close(),
                }
            }
            if acceptor.is_closing() && !listeners.is_empty() {
                listeners.clear();
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
            let open = if acceptor.wants_accept() { &mut listeners[..] } else { &mut [] };
            let accepted = match wait(&notifier, open, clock.take_alarm()) {
                Ok(Some(listener)) => accept(listener, &mut workers, &mut connections, served_by, &mut start),
                Ok(None) => continue,
                Err(error) => {
                    thread::sleep(OOM_BACKOFF);
                    if acceptor.is_closing() {
                        // No listener is left that this could be the failure of.
                        continue;
                    }
                    Err(error)
                }
            };
            match accepted {
                Ok(true) => acceptor.handle_accepted(),
                Ok(false) => {}
                Err(error) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.handle_accept_error(AcceptError::from(&error));
                    connections.accept_failed(&error);
                    if acceptor.is_closing() {
                        result = Err(error);
                    }
                }
            }
        }
    }
}

/// Waits until a connection of one of the listeners waits, another thread wakes this one, or the time is over. The listener
/// that is returned is the last to be asked the next time.
fn wait<'l, L: Listener>(
    notifier: &Notifier,
    listeners: &'l mut [L],
    time: Option<Duration>,
) -> io::Result<Option<&'l L>> {
    let sockets: Vec<_> = listeners.iter().map(AsFd::as_fd).collect();
    let Some(ready) = notifier.wait_for_any(&sockets, time)? else { return Ok(None) };
    if let Some(from_ready) = listeners.get_mut(ready..) {
        from_ready.rotate_left(1);
    }
    Ok(listeners.last())
}

/// Accepts a connection and serves it. `false` if there is none, or it is not to be served.
fn accept<L: Listener>(
    listener: &L,
    workers: &mut Workers,
    connections: &mut Connections<Worker, L::Address>,
    served_by: ServedBy,
    start: &mut impl FnMut(L::Stream, AcceptedConnection<L::Address>) -> Option<Job>,
) -> io::Result<bool> {
    workers.prepare()?;
    let (stream, address) = match listener.accept() {
        Ok(accepted) => accepted,
        // The peer has given up, or another process was faster.
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
        Err(error) => return Err(error),
    };
    let Some(accepted) = connections.admit(address, || L::local_address(&stream), served_by) else { return Ok(false) };
    L::set_options(&stream, &accepted.config);
    let (number, handle) = (accepted.guard.number(), accepted.handle.clone());
    if let Some(worker) = start(stream, accepted).and_then(|job| workers.start(job)) {
        connections.insert(number, handle, worker);
    }
    Ok(true)
}

/// Makes the notifier of the thread that serves, and waits until there is a descriptor for it. `None` if the server is
/// shut down before that.
fn notifier_unless_shut_down<A: fmt::Debug + 'static>(
    connections: &mut Connections<Worker, A>,
) -> Option<Arc<Notifier>> {
    let without_descriptor = Notifier::by_unparking();
    let waker = Waker::from(Arc::clone(&without_descriptor));
    loop {
        // No connection is open, so that the only signal is a shutdown.
        if connections.poll_event(&waker).is_ready() {
            return None;
        }
        if let Ok(notifier) = Notifier::by_descriptor() {
            return Some(notifier);
        }
        // It never fails: it has a time.
        let _ = without_descriptor.wait(None, Some(OOM_BACKOFF));
    }
}
