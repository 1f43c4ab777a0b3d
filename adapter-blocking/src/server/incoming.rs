use std::fmt;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Waker;

use asynchat_core::drive::{AcceptedConnection, Caller, ConnectionGuard, ConnectionHandle, Ended, Mailbox};
use asynchat_core::{Config, Error, Handler, IntoTerminator};

use crate::connection::Connection;
use crate::drive::drive_woken_by;
use crate::notifier::Notifier;

/// A connection that a server has accepted, beside its stream: the second argument of the code that
/// [`Server::serve_with`](super::Server::serve_with) calls. `A` is the address of a peer.
///
/// The stream is a value of its own, so that it can be wrapped before: in TLS, or behind a header that a proxy has sent.
///
/// | to | call |
/// |---|---|
/// | let a [`Handler`] serve the connection | [`drive`](Self::drive) |
/// | serve it by calls that wait | [`connection`](Self::connection), and [`is_closing`](Self::is_closing) between two of them |
/// | push to it from other threads | [`handle`](Self::handle) |
///
/// # The end
///
/// The connection ends when the code returns. At a shutdown of the server `drive` tells its handler, and
/// [`is_closing`](Self::is_closing) is true. After the drain timeout, or an [abort](ConnectionHandle::abort), `drive`
/// and the calls of a `connection` fail with [`Error::Aborted`]. A thread cannot be ended from outside: one that waits
/// in a call of the stream itself goes on, and the server returns a second later without it.
///
/// # Examples
///
/// Lines, until the peer or the server ends the connection:
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use std::time::Duration;
///
/// use asynchat_blocking::{Error, Incoming, Server};
///
/// fn lengths(stream: TcpStream, incoming: Incoming) -> Result<(), Error> {
///     let mut connection = incoming.connection(stream, b"\r\n");
///     connection.set_read_timeout(Some(Duration::from_millis(100)));
///     while !incoming.is_closing() {
///         let answer = match connection.next_frame() {
///             Ok(Some(line)) => format!("{}\r\n", line.len()),
///             Ok(None) => break,
///             // No byte is lost: the next call goes on.
///             Err(error) if error.is_call_timeout() => continue,
///             Err(error) => return Err(error),
///         };
///         connection.push(answer).map_err(Error::handler)?;
///     }
///     connection.close()
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::bind("127.0.0.1:0")?;
/// let address = server.local_addr()?;
/// let shutdown = server.shutdown_handle();
/// let serving = std::thread::spawn(|| server.serve_with(lengths));
///
/// let mut client = TcpStream::connect(address)?;
/// client.write_all(b"hello\r\n")?;
/// let mut answer = [0; 3];
/// client.read_exact(&mut answer)?;
/// assert_eq!(&answer, b"5\r\n");
///
/// shutdown.shutdown();
/// assert_eq!(client.read(&mut answer)?, 0);
/// drop(client);
/// serving.join().unwrap()?;
/// # Ok(())
/// # }
/// ```
pub struct Incoming<A = SocketAddr> {
    address: A,
    local_address: A,
    config: Arc<Config>,
    mailbox: Mailbox<()>,
    handle: ConnectionHandle,
    notifier: Arc<Notifier>,
}

impl<A> Incoming<A> {
    pub(super) fn new(accepted: AcceptedConnection<A>, notifier: Arc<Notifier>) -> (Self, ConnectionGuard) {
        let AcceptedConnection { address, local_address, config, mailbox, handle, guard, .. } = accepted;
        (Self { address, local_address, config, mailbox, handle, notifier }, guard)
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

    /// Returns the bounds of the server's connections: [`Server::with_config`](super::Server::with_config).
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Returns the handle through which other threads end the connection, and push to it. Its pushes are sent while
    /// [`drive`](Self::drive) is running, or a call of a [`connection`](Self::connection) waits, and wait until then.
    pub fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }

    /// Blocks until the connection is asked to end: by a shutdown of the server, or through [`handle`](Self::handle).
    /// Returns at once at each later call. For a thread that does nothing but wait, while another drives the connection;
    /// others ask [`is_closing`](Self::is_closing).
    pub fn closing(&mut self) {
        // The notifier of the connection may be that of another thread by now.
        let notifier = Notifier::by_unparking();
        let waker = Waker::from(Arc::clone(&notifier));
        while self.mailbox.poll_closing(&waker).is_pending() {
            // It never fails: another thread can unpark this one.
            let _ = notifier.wait(None, None);
        }
    }

    /// Returns whether the connection is asked to end: by a shutdown of the server, or through [`handle`](Self::handle).
    pub fn is_closing(&self) -> bool {
        self.mailbox.is_closing()
    }

    /// Drives a [`Handler`] over a stream until the connection ends, with the bounds of the server and its mailbox: pushes
    /// through [`handle`](Self::handle) are sent, and at a shutdown [`Handler::handle_shutdown`] is called. After an
    /// [upgrade](Ended::Upgrade), call it again with the stream above. The handler may be borrowed, so no [`Caller`]
    /// calls it: see [`drive_with_caller`](Self::drive_with_caller).
    ///
    /// # Errors
    ///
    /// As for [`drive`](crate::drive): the error that ended the conversation early, with the side that is to
    /// [blame](Error::blame).
    pub fn drive<S, H>(&self, stream: S, handler: H) -> Result<Ended<S>, Error>
    where
        S: Read + Write + 'static,
        H: Handler,
    {
        let (notifier, config) = (Arc::clone(&self.notifier), Arc::clone(&self.config));
        drive_woken_by(notifier, stream, handler, config, self.mailbox.without_calls())
    }

    /// Drives a handler as [`drive`](Self::drive) does, one that is called from other threads: `handler_for` makes it
    /// of its [`Caller`].
    ///
    /// # Errors
    ///
    /// As for [`drive`](Self::drive).
    pub fn drive_with_caller<S, H>(
        &self,
        stream: S,
        handler_for: impl FnOnce(Caller<H>) -> H,
    ) -> Result<Ended<S>, Error>
    where
        S: Read + Write + 'static,
        H: Handler + 'static,
    {
        let mailbox = self.mailbox.for_handler();
        let handler = handler_for(mailbox.caller());
        drive_woken_by(Arc::clone(&self.notifier), stream, handler, Arc::clone(&self.config), mailbox)
    }

    /// Makes a [`Connection`] over a stream, with the bounds of the server.
    ///
    /// [`is_closing`](Self::is_closing) can be asked beside the connection, and [`drive`](Self::drive) can go on with
    /// the stream afterwards. The connection sends what [`handle`](Self::handle) pushes, and is closed by it. Its bytes
    /// are counted for the [observer](crate::Observer).
    pub fn connection<S>(&self, stream: S, terminator: impl IntoTerminator) -> Connection<S>
    where
        S: Read + Write + 'static,
    {
        let config = Config::clone(&self.config);
        Connection::attached(stream, terminator, config, &self.mailbox, Arc::clone(&self.notifier))
    }
}

/// Shows addresses and states, and no byte (C20).
impl<A: fmt::Debug> fmt::Debug for Incoming<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("address", &self.address)
            .field("local_address", &self.local_address)
            .field("mailbox", &self.mailbox)
            .finish_non_exhaustive()
    }
}
