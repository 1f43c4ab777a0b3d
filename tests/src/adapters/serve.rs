//! Core's `Server`, which every adapter with futures uses, on a thread of its own.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io;
use std::net::{SocketAddr, TcpListener};

use asynchat_core::drive::{
    self, Clock, Connection, ConnectionHandle, Incoming, IoWrapper, Listener, Peer, Server, Transport,
};
use asynchat_core::{Error, Handler};
use bytes::Bytes;

use super::block_on::Executor;
use super::server::obey;
use super::{Serving, Settings, set_up};

/// A listener of a runtime.
pub trait RuntimeListener: Listener<Address = SocketAddr> {
    /// Wraps one that is not blocking. Called within the runtime.
    fn from_std(listener: TcpListener) -> Self;

    /// `Incoming::drive`.
    fn drive<H: Handler + Send + 'static>(
        stream: Self::Stream,
        incoming: Incoming<SocketAddr, Self::Runtime>,
        handler: H,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Serves as [`Adapter::serve_lines`](super::Adapter::serve_lines) does.
    fn serve_lines(
        stream: Self::Stream,
        incoming: Incoming<SocketAddr, Self::Runtime>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Writes the methods of a [`RuntimeListener`] that serve an accepted connection.
macro_rules! serve_incoming {
    ($runtime:ty) => {
        async fn drive<H: asynchat_core::Handler + Send + 'static>(
            stream: Self::Stream,
            incoming: asynchat_core::drive::Incoming<std::net::SocketAddr, $runtime>,
            handler: H,
        ) -> Result<(), asynchat_core::Error> {
            let mut handler = handler;
            let Some(parts) = incoming.drive(stream, &mut handler).await?.into_upgrade() else { return Ok(()) };
            incoming.drive(parts.into_stream()?, handler).await.map(drop)
        }

        async fn serve_lines(
            stream: Self::Stream,
            incoming: asynchat_core::drive::Incoming<std::net::SocketAddr, $runtime>,
        ) -> Result<(), asynchat_core::Error> {
            let connection = incoming.connection(stream, b"\r\n");
            super::serve::serve_lines(connection, incoming).await
        }
    };
}
pub(crate) use serve_incoming;

/// Serves as [`Adapter::serve_lines`](super::Adapter::serve_lines) does.
pub(super) async fn serve_lines<T, C, A, R>(
    mut connection: Connection<T, C>,
    mut incoming: Incoming<A, R>,
) -> Result<(), Error>
where
    T: Transport + IoWrapper,
    C: Clock + Default,
    R: drive::Runtime,
{
    let mut hangs = false;
    loop {
        let closing = async {
            incoming.closing().await;
            if hangs {
                std::future::pending::<()>().await;
            }
            Ok(Wait::Closing)
        };
        let line = async { Ok::<_, Error>(connection.next_frame_owned().await?.map_or(Wait::End, Wait::Line)) };
        match futures_lite::future::or(closing, line).await? {
            Wait::Line(line) => {
                hangs |= line == "hang";
                if let Some(answer) = obey(&line, incoming.handle())? {
                    connection.push(answer).map_err(Error::handler)?;
                }
            }
            Wait::Closing => {
                connection.push("bye|").map_err(Error::handler)?;
                break;
            }
            Wait::End => break,
        }
    }
    connection.close().await
}

/// The end of a wait for the peer or the server.
enum Wait {
    Line(Bytes),
    Closing,
    End,
}

/// Runs the server of a listener `L` on a thread, as [`Adapter::serve_on`](super::Adapter::serve_on) does.
pub(super) fn serve<L, E, H, F>(executor: E, listener: TcpListener, settings: Settings, handler_for: F) -> Serving
where
    L: RuntimeListener,
    E: Executor + Send + 'static,
    H: Handler + Send + 'static,
    F: FnMut(Peer<H>) -> H + Send + 'static,
{
    start(executor, listener, settings, |executor, server: Server<L>| executor.block_on(server.serve(handler_for)))
}

/// Runs the server as [`Adapter::serve_drive`](super::Adapter::serve_drive) does.
pub(super) fn serve_drive<L, E, H, F>(executor: E, listener: TcpListener, settings: Settings, handler_for: F) -> Serving
where
    L: RuntimeListener,
    E: Executor + Send + 'static,
    H: Handler + Send + 'static,
    F: Fn(&ConnectionHandle) -> H + Send + 'static,
{
    let serve = move |stream, incoming: Incoming<SocketAddr, L::Runtime>| {
        let handler = handler_for(incoming.handle());
        L::drive(stream, incoming, handler)
    };
    start(executor, listener, settings, |executor, server: Server<L>| executor.block_on(server.serve_with(serve)))
}

/// Runs the server as [`Adapter::serve_lines`](super::Adapter::serve_lines) does.
pub(super) fn serve_by_lines<L, E>(executor: E, listener: TcpListener, settings: Settings) -> Serving
where
    L: RuntimeListener,
    E: Executor + Send + 'static,
{
    start(executor, listener, settings, |executor, server: Server<L>| {
        executor.block_on(server.serve_with(L::serve_lines))
    })
}

fn start<L, E>(
    executor: E,
    listener: TcpListener,
    settings: Settings,
    serve: impl FnOnce(&E, Server<L>) -> io::Result<()> + Send + 'static,
) -> Serving
where
    L: RuntimeListener,
    E: Executor + Send + 'static,
{
    listener.set_nonblocking(true).unwrap();
    let server = executor.block_on(async { Server::<L>::from_listener(L::from_std(listener)) });
    let server = set_up!(server, settings);
    Serving::start(server.local_addr().unwrap(), server.shutdown_handle(), move || serve(&executor, server))
}
