use core::future::{pending, poll_fn};
use core::net::SocketAddr;
use core::pin::pin;
use core::task::{Context, Poll};
use std::io;

use crate::chat::Handler;
use crate::drive::acceptor::Acceptor;
use crate::drive::future::Drive;
use crate::drive::peer::Peer;
use crate::drive::transport::{Clock, yield_once};

mod connections;
mod isolate_panic;
mod listener;
#[macro_use]
mod options;
mod signals;
mod task;

pub use connections::{Admission, Connections};
pub use isolate_panic::{Panicked, isolate_panic};
pub use listener::{Bind, Listener, Runtime};
pub use options::ServerOptions;
pub use signals::{ConnectionEnd, ShutdownHandle, Signal};

use task::Task;

/// The default limit on connections: enough for most, and below the 1,024 descriptors that a process may have by default
/// on Linux and the BSDs, with some to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 1000;

/// A server: a listener, and a handler for each connection, each in a task of its own.
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
/// - An accepted socket sends without delay, and has TCP keepalive:
///   [`Config::tcp_keepalive`](crate::chat::Config::tcp_keepalive).
#[derive(Debug)]
pub struct Server<L> {
    listener: L,
    options: ServerOptions,
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
        Self { listener: listener.into(), options: ServerOptions::new(DEFAULT_CONNECTION_LIMIT) }
    }

    server_methods!(default limit "1,000");

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Those of the listener.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is shut down and the last connection has ended. `handler_for` makes the handler of each connection;
    /// if it panics, that connection is dropped.
    ///
    /// # Errors
    ///
    /// The listener's, if it is dead, such as `EBADF` or `EINVAL`: [`AcceptError::Listener`](crate::drive::AcceptError). The
    /// open connections are shut down before, as after [`ShutdownHandle::shutdown`]. Any other failure to accept is retried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the listener and cancels the task of each connection: the runtime drops it as soon as it
    /// is not being polled, without sending what is queued.
    pub async fn serve<H, F>(self, mut handler_for: F) -> io::Result<()>
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer<H>) -> H,
    {
        L::Runtime::start().await;
        let Self { listener, options } = self;
        let mut listener = Some(listener);
        let mut clock = <L::Runtime as Runtime>::Clock::default();
        let mut acceptor = options.acceptor();
        let mut connections = options.connections();
        let mut result = Ok(());
        loop {
            acceptor.handle_timeout(clock.now());
            if acceptor.is_drained() {
                return result;
            }
            if acceptor.is_closing() && listener.take().is_some() {
                connections.request_shutdown();
            }
            if acceptor.poll_abort() {
                connections.abort();
            }
            match next_event(&mut connections, &acceptor, listener.as_ref(), &mut clock).await {
                Event::Accepted(Ok((stream, address))) => {
                    if serve_connection::<L, H>(&mut connections, stream, address, &mut handler_for) {
                        acceptor.handle_accepted();
                    }
                    // In a flood of connections this task is never pending, and may share its only thread with theirs.
                    yield_once().await;
                }
                Event::Accepted(Err(error)) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.handle_accept_error((&error).into());
                    if acceptor.is_closing() {
                        result = Err(error);
                    }
                }
                Event::Signal(Signal::Ended(number)) => {
                    drop(connections.remove(number));
                    acceptor.handle_closed();
                }
                Event::Signal(Signal::Shutdown) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.close();
                }
                Event::TimeIsUp => {}
            }
        }
    }
}

/// The end of one wait.
enum Event<S> {
    Signal(Signal),
    Accepted(io::Result<(S, SocketAddr)>),
    TimeIsUp,
}

type TaskOf<L> = <<L as Listener>::Runtime as Runtime>::Task;
type ClockOf<L> = <<L as Listener>::Runtime as Runtime>::Clock;

async fn next_event<L: Listener>(
    connections: &mut Connections<TaskOf<L>>,
    acceptor: &Acceptor,
    listener: Option<&L>,
    clock: &mut ClockOf<L>,
) -> Event<L::Stream> {
    let listener = listener.filter(|_| acceptor.wants_accept());
    let mut accepting = pin!(async {
        match listener {
            Some(listener) => listener.accept().await,
            None => pending().await,
        }
    });
    let poll = |cx: &mut Context<'_>| {
        // In this order, so that in a flood of connections those that are open end, and a shutdown is noticed.
        if let Poll::Ready(signal) = connections.poll_signal(cx.waker()) {
            return Poll::Ready(Event::Signal(signal));
        }
        if let Poll::Ready(accepted) = accepting.as_mut().poll(cx) {
            return Poll::Ready(Event::Accepted(accepted));
        }
        clock.poll_alarm(cx, acceptor.poll_timeout()).map(|()| Event::TimeIsUp)
    };
    poll_fn(poll).await
}

/// Serves a connection in a task of its own, and returns whether there is a handler for it.
fn serve_connection<L: Listener, H: Handler + Send + 'static>(
    connections: &mut Connections<TaskOf<L>>,
    stream: L::Stream,
    address: SocketAddr,
    handler_for: &mut impl FnMut(Peer<H>) -> H,
) -> bool {
    let Some(admission) = connections.admit(address, handler_for) else { return false };
    let Admission { handler, config, mailbox, handle, end } = admission;
    L::set_options(&stream, &config);
    let number = end.number();
    let connection = Drive::<L::Transport, ClockOf<L>, H>::with_mailbox(stream, handler, config, mailbox);
    let task = L::Runtime::spawn(Task::new(connection, end));
    connections.insert(number, handle, task);
    true
}
