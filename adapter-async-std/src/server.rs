use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Future, pending, poll_fn, ready};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_channel::{Receiver, Sender};
use asynchat_core::drive::{Acceptor, Clock, ConnectionHandle, Peer, mailbox};
use asynchat_core::{Config, Handler};
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::future::{or, yield_now};

use crate::drive::drive_with_mailbox;
use crate::io::AsyncIoClock;

mod served;

use served::Served;

/// How many connections a server serves at once by default: enough for most, and below the 1,024 descriptors that a
/// process may have by default on Linux and the BSDs, with some to spare for files.
const DEFAULT_CONNECTION_LIMIT: usize = 1000;

/// What a server needs of a runtime: all in which one differs from the other. Both have their timers from `async-io`.
pub trait Runtime: 'static {
    /// A listener for connections.
    type Listener: Send + Sync;

    /// A connection; closing it shuts down its write side.
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    /// A task; dropping it drops its future.
    type Task: Send;

    /// Called once, before the first connection.
    fn start() -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Waits for a connection. Its output is sent without delay: it has been coalesced before it is written.
    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;

    /// The address that is listened on.
    fn local_addr(listener: &Self::Listener) -> io::Result<SocketAddr>;

    /// Polls the future in a task of its own, on any thread.
    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task;
}

/// A TCP server: a listener, and a handler for each connection, each in a task of its own.
///
/// It promises that a handler that panics ends its own connection and no other; that a failure to accept, be it for want
/// of descriptors, neither stops the server nor spins it; that no more connections are open than the limit says, the
/// others waiting in the system's backlog; and that a shutdown lets every connection send what was queued.
#[derive(Debug)]
pub struct Server<R: Runtime> {
    listener: R::Listener,
    config: Arc<Config>,
    connection_limit: usize,
    shutdown: ShutdownHandle,
    /// Closed when the server is to be shut down; nothing is ever sent through it.
    shut_down: Receiver<Infallible>,
}

impl<R: Runtime> Server<R> {
    /// A server on a listener that is there already.
    pub fn from_listener(listener: R::Listener) -> Self {
        let (sender, shut_down) = async_channel::bounded(1);
        Self {
            listener,
            config: Arc::default(),
            connection_limit: DEFAULT_CONNECTION_LIMIT,
            shutdown: ShutdownHandle(sender),
            shut_down,
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
    /// Those of the listener.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        R::local_addr(&self.listener)
    }

    /// A handle by which any task may shut the server down.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        self.shutdown.clone()
    }

    /// Serves, until it is shut down and the last connection has ended. `handler_for` makes the handler of each
    /// connection; if it panics, that connection is dropped.
    ///
    /// Dropping the future drops the listener, and cancels the task of each connection: the runtime drops it as soon as it
    /// is not being polled, without sending what is queued.
    pub async fn serve<H, F>(self, mut handler_for: F)
    where
        H: Handler + Send + 'static,
        F: FnMut(Peer) -> H,
    {
        R::start().await;
        let mut clock = AsyncIoClock::default();
        let mut acceptor = Acceptor::new(self.connection_limit);
        let mut listener = Some(self.listener);
        let mut connections = Connections::<R>::new();
        while !acceptor.is_drained() {
            acceptor.handle_timeout(clock.now());
            let happened = {
                let shutdown = shutdown(&self.shut_down, acceptor.is_closing());
                let ended = async { Happened::Ended(connections.one_ended().await) };
                let accepted = accept::<R>(listener.as_ref().filter(|_| acceptor.wants_accept()));
                let paused = async {
                    poll_fn(|cx| clock.poll_alarm(cx, acceptor.poll_timeout())).await;
                    Happened::PauseOver
                };
                // In this order, so that in a flood of connections those there are end, and a shutdown is heard.
                or(shutdown, or(ended, or(accepted, paused))).await
            };
            match happened {
                Happened::Accepted(Ok((stream, address))) => {
                    if connections.serve(stream, address, &self.config, &mut handler_for) {
                        acceptor.handle_accepted();
                    }
                    // In a flood of them this task is never pending, and might share its only thread with all others.
                    yield_now().await;
                }
                Happened::Accepted(Err(error)) => {
                    acceptor.handle_timeout(clock.now());
                    acceptor.handle_accept_error((&error).into());
                }
                Happened::Ended(id) => {
                    connections.forget(id);
                    acceptor.handle_closed();
                }
                Happened::PauseOver => {}
                Happened::ShutDown => {
                    acceptor.close();
                    listener = None;
                    connections.close_when_done();
                }
            }
        }
    }
}

/// Shuts a server down, gracefully.
#[derive(Debug, Clone)]
pub struct ShutdownHandle(Sender<Infallible>);

impl ShutdownHandle {
    /// Stops listening, and closes each connection once what is queued for it has been sent.
    /// The server's `serve` returns when the last has ended, which [`Config::min_input_rate`],
    /// [`Config::min_output_rate`] and [`Config::linger`] bound.
    pub fn shutdown(&self) {
        self.0.close();
    }
}

/// What the loop was waiting for.
enum Happened<S> {
    Accepted(io::Result<(S, SocketAddr)>),
    Ended(u64),
    PauseOver,
    ShutDown,
}

async fn accept<R: Runtime>(listener: Option<&R::Listener>) -> Happened<R::Stream> {
    match listener {
        Some(listener) => Happened::Accepted(R::accept(listener).await),
        None => pending().await,
    }
}

async fn shutdown<S>(shut_down: &Receiver<Infallible>, is_closing: bool) -> Happened<S> {
    if is_closing {
        return pending().await;
    }
    match shut_down.recv().await {
        Ok(never) => match never {},
        Err(_closed) => Happened::ShutDown,
    }
}

/// The connections being served, whose tasks are cancelled when this is dropped.
struct Connections<R: Runtime> {
    open: HashMap<u64, Connection<R>>,
    next_id: u64,
    /// Through which a connection says that it has ended.
    ended: (Sender<u64>, Receiver<u64>),
}

struct Connection<R: Runtime> {
    handle: ConnectionHandle,
    _task: R::Task,
}

impl<R: Runtime> Connections<R> {
    fn new() -> Self {
        Self { open: HashMap::new(), next_id: 0, ended: async_channel::unbounded() }
    }

    /// Serves a connection in a task of its own, unless there is no handler for it.
    fn serve<H: Handler + Send + 'static>(
        &mut self,
        stream: R::Stream,
        address: SocketAddr,
        config: &Arc<Config>,
        handler_for: &mut impl FnMut(Peer) -> H,
    ) -> bool {
        let (handle, mailbox) = mailbox(config.mailbox_capacity);
        let peer = Peer::new(address, handle.clone());
        // Nothing of the closure's that a panic could leave half done is looked at here.
        let Ok(handler) = catch_unwind(AssertUnwindSafe(|| handler_for(peer))) else { return false };
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        let connection = drive_with_mailbox(stream, handler, Arc::clone(config), mailbox);
        let task = R::spawn(Served::new(connection, id, self.ended.0.clone()));
        self.open.insert(id, Connection { handle, _task: task });
        true
    }

    /// Waits until a connection has ended, be it by a panic; for ever if there is none.
    async fn one_ended(&mut self) -> u64 {
        match self.ended.1.recv().await {
            Ok(id) => id,
            // There is always the sender beside it.
            Err(_closed) => pending().await,
        }
    }

    fn forget(&mut self, id: u64) {
        self.open.remove(&id);
    }

    fn close_when_done(&self) {
        for connection in self.open.values() {
            connection.handle.close_when_done();
        }
    }
}

#[cfg(test)]
mod tests;
