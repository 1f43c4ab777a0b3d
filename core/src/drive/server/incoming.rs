use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;

use super::connections::AcceptedConnection;
use super::listener::Runtime;
use super::signals::ConnectionGuard;
use crate::chat::{Config, Handler};
use crate::drive::connection::Connection;
use crate::drive::future::Drive;
use crate::drive::mailbox::{Caller, ConnectionHandle, Mailbox};
use crate::drive::peer::Peer;
use crate::drive::transport::Transport;
use crate::framing::IntoTerminator;

/// A connection that a server has accepted, beside its stream: the second argument of the code that
/// [`Server::serve_with`](crate::drive::Server::serve_with) calls. `A` is the address of a peer.
///
/// Every asynchronous adapter names it, for its runtime. The stream is a value of its own, so that it can be wrapped
/// before: in TLS, or behind a header that a proxy has sent.
///
/// | to | call |
/// |---|---|
/// | let a [`Handler`] serve the connection | [`drive`](Self::drive) |
/// | serve it with async/await | [`connection`](Self::connection), and [`closing`](Self::closing) in a `select!` |
/// | push to it from other tasks | [`handle`](Self::handle) |
///
/// # The end
///
/// The connection ends with the future that the code has returned. At a shutdown of the server `drive` tells its
/// handler, and [`closing`](Self::closing) is ready. After the drain timeout, or an [abort](ConnectionHandle::abort),
/// the future is polled once more, so that a `drive` in it can close its stream, and then dropped.
pub struct Incoming<A, R> {
    address: A,
    local_address: A,
    config: Arc<Config>,
    mailbox: Mailbox<()>,
    handle: ConnectionHandle,
    runtime: PhantomData<fn() -> R>,
}

impl<A, R: Runtime> Incoming<A, R> {
    pub(super) fn new(accepted: AcceptedConnection<A>) -> (Self, ConnectionGuard) {
        let AcceptedConnection { address, local_address, config, mailbox, handle, guard } = accepted;
        (Self { address, local_address, config, mailbox, handle, runtime: PhantomData }, guard)
    }

    /// Returns the address of the peer.
    pub fn address(&self) -> A
    where
        A: Clone,
    {
        self.address.clone()
    }

    /// Returns the address at this end, by which the listener of a server that has several is known.
    pub fn local_address(&self) -> A
    where
        A: Clone,
    {
        self.local_address.clone()
    }

    /// Returns the bounds of the server's connections: [`Server::with_config`](crate::drive::Server::with_config).
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Returns the handle through which other tasks and threads end the connection, and push to it. Its pushes are sent
    /// while [`drive`](Self::drive) is running, or a [`connection`](Self::connection) waits, and wait until then.
    pub fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }

    /// Waits until the connection is asked to end: by a shutdown of the server, or through [`handle`](Self::handle). Ready
    /// again at each later call.
    ///
    /// # Cancel safety
    ///
    /// The future can be dropped and made again.
    pub async fn closing(&mut self) {
        poll_fn(|cx| self.mailbox.poll_closing(cx.waker())).await;
    }

    /// Returns whether [`closing`](Self::closing) is ready.
    pub fn is_closing(&self) -> bool {
        self.mailbox.is_closing()
    }

    /// Drives a [`Handler`] over a stream until the connection ends, with the bounds of the server and its mailbox: pushes
    /// through [`handle`](Self::handle) are sent, and at a shutdown [`Handler::handle_shutdown`] is called.
    ///
    /// The stream is any that the runtime can drive: the one that was accepted, or another over it. A stream that is not
    /// `Unpin` is passed as `Box::pin(stream)`.
    ///
    /// For STARTTLS call it twice: with `&mut handler` and the accepted stream, and, if it returns
    /// [`Ended::Upgrade`](crate::drive::Ended::Upgrade), with the handler and the encrypted stream. Data that
    /// was pushed through the handle meanwhile is sent on the encrypted stream. The handshake between the two calls has no
    /// timeout of its own, and does not notice a shutdown: await it beside a timeout and [`closing`](Self::closing).
    ///
    /// The handler may be borrowed, so no [`Caller`] calls it: see [`drive_with_caller`](Self::drive_with_caller).
    ///
    /// # Errors
    ///
    /// As for the adapter's `drive`: the error that ended the conversation early, with the side that is to
    /// [blame](crate::error::Error::blame).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection: see [`Drive`].
    pub fn drive<S, H>(&self, stream: S, handler: H) -> Drive<R::Io<S>, R::Clock, H>
    where
        R::Io<S>: Transport,
        H: Handler,
    {
        Drive::with_mailbox(stream, handler, Arc::clone(&self.config), self.mailbox.without_calls())
    }

    /// Drives a handler as [`drive`](Self::drive) does, one that is called from other tasks: `handler_for` makes it of its
    /// [`Caller`].
    ///
    /// # Errors
    ///
    /// As for [`drive`](Self::drive).
    ///
    /// # Cancel safety
    ///
    /// As for [`drive`](Self::drive).
    pub fn drive_with_caller<S, H>(
        &self,
        stream: S,
        handler_for: impl FnOnce(Caller<H>) -> H,
    ) -> Drive<R::Io<S>, R::Clock, H>
    where
        R::Io<S>: Transport,
        H: Handler + 'static,
    {
        let mailbox = self.mailbox.for_handler();
        let handler = handler_for(mailbox.caller());
        Drive::with_mailbox(stream, handler, Arc::clone(&self.config), mailbox)
    }

    pub(super) fn mailbox_for_handler<H: 'static>(&self) -> Mailbox<H> {
        self.mailbox.for_handler()
    }

    /// Makes a [`Connection`] over a stream, with the bounds of the server: for code that awaits frames.
    ///
    /// [`closing`](Self::closing) can be awaited beside the connection, and [`drive`](Self::drive) can go on with the
    /// stream afterwards. The connection sends what [`handle`](Self::handle) pushes, and is closed by it. Its bytes are
    /// counted for the [observer](crate::drive::Observer).
    ///
    /// [`Config::idle_timeout`] and [`Config::min_input_rate`] do not apply to it: a peer that sends nothing keeps its
    /// place in the server until the code gives it up. Put a timeout of the runtime around each await.
    pub fn connection<S>(&self, stream: S, terminator: impl IntoTerminator) -> Connection<R::Io<S>, R::Clock>
    where
        R::Io<S>: Transport,
    {
        let config = Config::clone(&self.config);
        Connection::with_config(stream, terminator, config).attached(&self.mailbox)
    }

    pub(super) fn peer<H: 'static>(&self, mailbox: &Mailbox<H>) -> Peer<H, A>
    where
        A: Clone,
    {
        Peer::new(self.address.clone(), self.local_address.clone(), mailbox.caller())
    }
}

/// Shows addresses and states, and no byte (C20).
impl<A: fmt::Debug, R> fmt::Debug for Incoming<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("address", &self.address)
            .field("local_address", &self.local_address)
            .field("mailbox", &self.mailbox)
            .finish_non_exhaustive()
    }
}
