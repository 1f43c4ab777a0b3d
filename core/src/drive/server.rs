use alloc::boxed::Box;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::future::{pending, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use std::io;

use crate::chat::Handler;
use crate::drive::acceptor::Acceptor;
use crate::drive::future::DriveToClose;
use crate::drive::peer::Peer;
use crate::drive::transport::{Clock, yield_once};

mod connections;
mod incoming;
mod isolate_panic;
mod listener;
mod metrics;
mod observer;
#[macro_use]
mod options;
mod outcome;
mod record;
mod signals;
mod task;
#[cfg(feature = "tracing")]
mod tracing_observer;

pub use connections::{AcceptedConnection, Connections, ServedBy};
pub use incoming::Incoming;
pub use isolate_panic::{Panicked, isolate_panic};
pub use listener::{Bind, Listener, Runtime};
pub use metrics::{Metrics, MetricsSnapshot};
pub use observer::{ConnectionInfo, Observer, Traffic};
pub use options::ServerOptions;
pub use outcome::ServeOutcome;
pub use signals::{ConnectionGuard, ServerEvent, ShutdownHandle};
#[cfg(feature = "tracing")]
pub use tracing_observer::TracingObserver;

pub(crate) use record::ConnectionRecord;
use task::Task;

/// The default limit on connections: enough for most, and below the 1,024 descriptors that a process may have by default
/// on Linux and the BSDs, with some to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 1000;

/// A server: listeners, and for each connection a handler or code of the program, in a task of its own.
///
/// Every asynchronous adapter names it, for the listener of its runtime, and has an example: `Server::bind(address)`.
///
/// - A handler that panics ends its own connection and no other.
/// - A failure to accept neither stops the server nor makes it spin, not even if no descriptor is left: it retries after a
///   backoff. See [`Acceptor`].
/// - No more connections are open than [the limit](Self::with_connection_limit). The others wait in the backlog of the
///   system.
/// - A [graceful shutdown](ShutdownHandle::shutdown) tells every handler, lets every connection send what is queued, and has
///   [a bound](Self::with_drain_timeout).
/// - An accepted TCP socket sends without delay, and has TCP keepalive:
///   [`Config::tcp_keepalive`](crate::chat::Config::tcp_keepalive).
///
/// # Two ways to serve
///
/// | | [`serve`](Self::serve) | [`serve_with`](Self::serve_with) |
/// |---|---|---|
/// | for each connection | a [`Handler`] | a future, of the stream and an [`Incoming`] |
/// | for | a protocol over the plain stream | TLS, a PROXY header, a loop with `Connection`, anything that awaits |
///
/// The limit, the backoff, the isolation of panics, the shutdown and the observer are the same in both.
///
/// # Listeners
///
/// - A server can have [several](Self::with_listener).
/// - [`bind`](Self::bind) asks for a backlog of 4,096 connections. The system caps it: `net.core.somaxconn` on Linux.
/// - A socket with options of its own (`SO_REUSEPORT`, another backlog) is made by the crate `socket2`, and goes through
///   std's listener into that of the runtime, and into [`from_listener`](Self::from_listener).
/// - A socket from systemd is a descriptor: the crate `listenfd` makes std's listener of it.
///
/// # Observation
///
/// [`with_observer`](Self::with_observer) takes any [`Observer`]: [`Metrics`] counts, and `TracingObserver` of the feature
/// `tracing` logs.
#[derive(Debug)]
pub struct Server<L: Listener> {
    listeners: Vec<L>,
    options: ServerOptions<L::Address>,
}

#[expect(clippy::std_instead_of_alloc, reason = "`server_methods!` also expands in crates that have no `alloc`")]
impl<L: Listener> Server<L> {
    /// Listens on an address. Connections wait in the backlog of the system until [`serve`](Self::serve) is called.
    ///
    /// # Errors
    ///
    /// Those of the runtime's own `bind`: the address cannot be resolved, is in use, or is not allowed.
    pub async fn bind<A>(address: A) -> io::Result<Self>
    where
        L: Bind<A>,
    {
        L::bind(address).await.map(Self::from_listener)
    }

    /// Makes a server of a listener that is bound already.
    pub fn from_listener(listener: impl Into<L>) -> Self {
        Self { listeners: vec![listener.into()], options: ServerOptions::new(DEFAULT_CONNECTION_LIMIT) }
    }

    /// Adds a listener. The connections of all share the limit and the settings, and
    /// [`Peer::local_address`] tells them apart. The listeners are asked in turn, so that a flood on one does not keep the
    /// others waiting. If one is dead, the server ends.
    #[must_use]
    pub fn with_listener(mut self, listener: impl Into<L>) -> Self {
        self.listeners.push(listener.into());
        self
    }

    server_methods!(default limit "1,000", address L::Address);

    /// Serves until it is shut down and the last connection has ended. `handler_for` makes the handler of each connection;
    /// if it panics, that connection is dropped.
    ///
    /// A handler that calls [`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done) fails, since nobody
    /// takes the stream here.
    ///
    /// # Errors
    ///
    /// The error of a listener that is dead, such as `EBADF` or `EINVAL`:
    /// [`AcceptError::Listener`](crate::drive::AcceptError). The open connections are shut down before, as after
    /// [`ShutdownHandle::shutdown`]. Any other failure to accept is retried. A wrong config is a
    /// [`ConfigError`](crate::chat::ConfigError) at once, as `InvalidInput`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the listeners and cancels the task of each connection: the runtime drops it as soon as it
    /// is not being polled, without sending what is queued.
    pub async fn serve<H, F>(self, mut handler_for: F) -> io::Result<()>
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H, L::Address>) -> H,
    {
        let start = move |stream, incoming: IncomingOf<L>| -> DriveToClose<L::Transport, ClockOf<L>, H> {
            let mailbox = incoming.mailbox_for_handler();
            let handler = handler_for(incoming.peer(&mailbox));
            DriveToClose::new(stream, handler, Arc::clone(incoming.config()), mailbox)
        };
        self.run(ServedBy::Handler, start).await
    }

    /// Serves until it is shut down and the last connection has ended. For each connection `serve` makes the future
    /// that serves it, of the accepted stream and its [`Incoming`], and a task of its own awaits that: for TLS, for a
    /// header of a proxy, for a loop with a `Connection`, for anything that awaits. If `serve` or the future panics,
    /// that connection is dropped.
    ///
    /// The future returns nothing, or a `Result` with any error, which the [observer](Self::with_observer) is told of. The
    /// stream has the options that the server sets, and the runtime's own methods: `peer_cred` on a Unix socket.
    ///
    /// At a shutdown [`Incoming::drive`] tells its handler, and [`Incoming::closing`] is ready. A future that has not ended
    /// after [the drain timeout](Self::with_drain_timeout) is dropped.
    ///
    /// # Errors
    ///
    /// As for [`serve`](Self::serve).
    ///
    /// # Cancel safety
    ///
    /// As for [`serve`](Self::serve).
    pub async fn serve_with<F, Fut>(self, mut serve: F) -> io::Result<()>
    where
        F: FnMut(L::Stream, Incoming<L::Address, L::Runtime>) -> Fut,
        Fut: Future<Output: ServeOutcome> + Send + 'static,
    {
        self.run(ServedBy::Code, move |stream, incoming| Box::pin(serve(stream, incoming))).await
    }

    async fn run<F, Fut>(self, served_by: ServedBy, mut start: F) -> io::Result<()>
    where
        F: FnMut(L::Stream, IncomingOf<L>) -> Fut,
        Fut: Future<Output: ServeOutcome> + Unpin + Send + 'static,
    {
        self.options.config.check()?;
        L::Runtime::start().await;
        let Self { mut listeners, options } = self;
        let mut clock = ClockOf::<L>::default();
        let mut acceptor = options.acceptor();
        let mut connections = options.connections();
        let mut result = Ok(());
        loop {
            acceptor.handle_timeout(clock.now());
            if acceptor.is_drained() {
                return result;
            }
            if acceptor.is_closing() && !listeners.is_empty() {
                listeners.clear();
                connections.request_shutdown();
            }
            if acceptor.poll_abort() {
                connections.abort();
            }
            match next_event(&mut connections, &acceptor, &mut listeners, &mut clock).await {
                Event::Accepted(Ok((stream, address))) => {
                    if let Some(accepted) = connections.admit(address, || L::local_address(&stream), served_by) {
                        acceptor.handle_accepted();
                        serve_connection::<L, _>(&mut connections, stream, accepted, &mut start);
                    }
                    // In a flood of connections this task is never pending, and may share its only thread with theirs.
                    yield_once().await;
                }
                Event::Accepted(Err(error)) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.handle_accept_error((&error).into());
                    connections.accept_failed(&error);
                    if acceptor.is_closing() {
                        result = Err(error);
                    }
                }
                Event::Server(ServerEvent::Ended(number)) => {
                    drop(connections.remove(number));
                    acceptor.handle_closed();
                }
                Event::Server(ServerEvent::Shutdown) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.close();
                }
                Event::TimeIsUp => {}
            }
        }
    }
}

/// The end of one wait.
enum Event<L: Listener> {
    Server(ServerEvent),
    Accepted(io::Result<(L::Stream, L::Address)>),
    TimeIsUp,
}

type ClockOf<L> = <<L as Listener>::Runtime as Runtime>::Clock;
type ConnectionsOf<L> = Connections<<<L as Listener>::Runtime as Runtime>::Task, <L as Listener>::Address>;
type IncomingOf<L> = Incoming<<L as Listener>::Address, <L as Listener>::Runtime>;

async fn next_event<L: Listener>(
    connections: &mut ConnectionsOf<L>,
    acceptor: &Acceptor,
    listeners: &mut [L],
    clock: &mut ClockOf<L>,
) -> Event<L> {
    let mut accepting = pin!(async { if acceptor.wants_accept() { accept(listeners).await } else { pending().await } });
    let poll = |cx: &mut Context<'_>| {
        // In this order, so that in a flood of connections those that are open end, and a shutdown is noticed.
        if let Poll::Ready(event) = connections.poll_event(cx.waker()) {
            return Poll::Ready(Event::Server(event));
        }
        if let Poll::Ready(accepted) = accepting.as_mut().poll(cx) {
            return Poll::Ready(Event::Accepted(accepted));
        }
        clock.poll_alarm(cx, acceptor.poll_timeout()).map(|()| Event::TimeIsUp)
    };
    poll_fn(poll).await
}

/// Accepts a connection of any of the listeners. The one that had it is the last to be asked the next time.
async fn accept<L: Listener>(listeners: &mut [L]) -> io::Result<(L::Stream, L::Address)> {
    if let [listener] = listeners {
        return listener.accept().await;
    }
    let (asked, accepted) = {
        let mut accepting: Vec<_> = listeners.iter().map(|listener| Box::pin(listener.accept())).collect();
        poll_fn(|cx| {
            for (asked, future) in accepting.iter_mut().enumerate() {
                if let Poll::Ready(accepted) = future.as_mut().poll(cx) {
                    return Poll::Ready((asked, accepted));
                }
            }
            Poll::Pending
        })
        .await
    };
    if let Some(asked) = listeners.get_mut(asked..) {
        asked.rotate_left(1);
    }
    accepted
}

/// Serves a connection in a task of its own. If `start` panics, the connection is dropped.
fn serve_connection<L: Listener, Fut: Future<Output: ServeOutcome> + Unpin + Send + 'static>(
    connections: &mut ConnectionsOf<L>,
    stream: L::Stream,
    accepted: AcceptedConnection<L::Address>,
    start: &mut impl FnMut(L::Stream, IncomingOf<L>) -> Fut,
) {
    L::set_options(&stream, &accepted.config);
    let handle = accepted.handle.clone();
    let (incoming, guard) = Incoming::new(accepted);
    // Without a future the guard tells of the end at once.
    let Some(future) = guard.isolate(|| start(stream, incoming)) else { return };
    let number = guard.number();
    let task = L::Runtime::spawn(Task::new(future, guard));
    connections.insert(number, handle, task);
}
