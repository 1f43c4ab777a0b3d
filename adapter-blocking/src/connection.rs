use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use asynchat_core::drive::{IoWrapper, PollConnection, with_shared_read_buffer};
use asynchat_core::{Config, Error, Event, Terminator};

use crate::clock::StdClock;
use crate::io::{Io, can_linger};
use crate::socket::Socket;

/// The error of a stream that was asked back while input is unread or output unsent. It has the connection.
///
/// # Examples
///
/// A command that was injected before TLS is found, and not taken for one that was encrypted:
///
/// ```
/// use std::io::Write;
/// use std::net::{TcpListener, TcpStream};
///
/// use asynchat_blocking::Connection;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = TcpListener::bind("127.0.0.1:0")?;
/// # let mut client = TcpStream::connect(listener.local_addr()?)?;
/// # let (stream, _) = listener.accept()?;
/// let mut connection = Connection::new(stream, b"\r\n");
/// client.write_all(b"STARTTLS\r\nRCPT TO:<me@example.org>\r\n")?;
/// assert_eq!(connection.next_frame()?, Some(&b"STARTTLS"[..]));
/// let refused = connection.into_inner().unwrap_err();
/// assert_eq!(refused.unread(), 26);
/// # Ok(())
/// # }
/// ```
pub type IntoInnerError<S> = asynchat_core::drive::IntoInnerError<Connection<S>>;

/// A connection whose calls wait: frames or events on demand, and a queue of output. For clients, and for servers that are
/// written without a [`Handler`](crate::Handler).
///
/// - [`push`](Self::push) only queues. One [`flush`](Self::flush), or the next wait for input, sends everything in one write.
/// - Over a socket, output is sent while input is waited for, and input is read while output is flushed, so that two peers
///   that both send before they read do not deadlock.
/// - Between two calls it has no read buffer, unless there is unread input in it.
/// - A stream that is not a socket has no write side to shut down. Its output ends when it is dropped, so
///   [`close`](Self::close) does not wait for the peer.
///
/// # Timeouts
///
/// A call that fails with a [timeout](Self::set_read_timeout) has lost nothing, and can be made again. A timeout is for a
/// whole call, so that a peer cannot prolong it with a byte now and then (slowloris); there is no
/// [`MinRate`](crate::MinRate). The timeouts begin as those of the socket. On a stream that is not a socket they are checked
/// when a call of the stream returns: give it a timeout too, as the [crate's page](crate) says.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::{TcpListener, TcpStream};
///
/// use asynchat_blocking::Connection;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut client = Connection::new(TcpStream::connect(listener.local_addr()?)?, b"\r\n");
/// let (mut server, _) = listener.accept()?;
/// server.write_all(b"220 ready\r\n$3\r\nabc")?;
///
/// assert_eq!(client.next_frame()?, Some(&b"220 ready"[..]));
/// client.push("HELO me\r\n")?;
/// client.flush()?;
/// assert_eq!(client.next_frame()?, Some(&b"$3"[..]));
/// client.set_terminator(3u64);
/// assert_eq!(client.next_frame()?, Some(&b"abc"[..]));
///
/// let mut sent = [0; 9];
/// server.read_exact(&mut sent)?;
/// assert_eq!(&sent, b"HELO me\r\n");
/// # Ok(())
/// # }
/// ```
pub struct Connection<S> {
    inner: PollConnection<Io<S>, StdClock>,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

/// Shows lengths and states, and no byte (C20).
impl<S> fmt::Debug for Connection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("inner", &self.inner)
            .field("read_timeout", &self.read_timeout)
            .field("write_timeout", &self.write_timeout)
            .finish()
    }
}

impl<S: Read + Write + 'static> Connection<S> {
    asynchat_core::connection_methods!(whole S);

    /// Makes a connection with bounds of its own.
    ///
    /// A socket is non-blocking while the connection has it, and so are its clones. It is blocking again when it is taken
    /// back.
    pub fn with_config(stream: S, terminator: impl Into<Terminator>, mut config: Config) -> Self {
        if !can_linger(&stream) {
            config.linger = Duration::ZERO;
        }
        let [read_timeout, write_timeout] = Socket::of(&stream).map(Socket::timeouts).unwrap_or_default();
        let inner = PollConnection::new(Io::new(stream), StdClock::default(), terminator, config);
        Self { inner, read_timeout, write_timeout }
    }

    #[doc = asynchat_core::shared_doc!(next_event)]
    ///
    /// It is of the kind `TimedOut` after the [read timeout](Self::set_read_timeout). The call can then be made again.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let found = self.wait_for(self.read_timeout, PollConnection::poll_event)?;
        Ok(found.then(|| self.inner.event()))
    }

    #[doc = asynchat_core::shared_doc!(next_frame)]
    ///   It is of the kind `TimedOut` after the [read timeout](Self::set_read_timeout). The call can then be made again.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        let found = self.wait_for(self.read_timeout, PollConnection::poll_frame)?;
        Ok(found.then(|| self.inner.frame()))
    }

    #[doc = asynchat_core::shared_doc!(flush)]
    ///
    /// It is of the kind `TimedOut` after the [write timeout](Self::set_write_timeout). The call can then be made again.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.wait_for(self.write_timeout, PollConnection::poll_flush)
    }

    #[doc = asynchat_core::shared_doc!(close)]
    pub fn close(&mut self) -> Result<(), Error> {
        let timeout = self.write_timeout.map(|timeout| timeout.saturating_add(self.inner.config().linger));
        self.wait_for(timeout, PollConnection::poll_close)
    }

    asynchat_core::connection_methods!(reader);
    asynchat_core::connection_methods!(writer);

    /// Sets how long one call of [`next_event`](Self::next_event) or [`next_frame`](Self::next_frame) may take, whatever
    /// arrives meanwhile. `None` is for ever. The default is the read timeout of the socket.
    ///
    /// When it is over, the call fails with an error of the transport of the kind `TimedOut`. It loses no byte, and can be
    /// made again. With [`Duration::ZERO`] a call returns what is there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::{ErrorKind, Write};
    /// use std::net::{TcpListener, TcpStream};
    /// use std::time::Duration;
    ///
    /// use asynchat_blocking::Connection;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let listener = TcpListener::bind("127.0.0.1:0")?;
    /// # let stream = TcpStream::connect(listener.local_addr()?)?;
    /// # let (mut server, _) = listener.accept()?;
    /// let mut client = Connection::new(stream, b"\n");
    /// server.write_all(b"half a ")?;
    ///
    /// client.set_read_timeout(Some(Duration::from_millis(1)));
    /// let error = std::io::Error::from(client.next_frame().unwrap_err());
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    ///
    /// server.write_all(b"line\n")?;
    /// client.set_read_timeout(None);
    /// assert_eq!(client.next_frame()?, Some(&b"half a line"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_read_timeout(&mut self, timeout: Option<Duration>) {
        self.read_timeout = timeout;
    }

    /// Sets how long one call of [`flush`](Self::flush) may take, and one of [`close`](Self::close) until it lingers. `None`
    /// is for ever. The default is the write timeout of the socket.
    pub fn set_write_timeout(&mut self, timeout: Option<Duration>) {
        self.write_timeout = timeout;
    }

    /// Polls until it is ready, and waits between two polls.
    fn wait_for<R>(
        &mut self,
        time: Option<Duration>,
        mut poll: impl FnMut(&mut PollConnection<Io<S>, StdClock>, &mut Context<'_>, &mut Vec<u8>) -> Poll<Result<R, Error>>,
    ) -> Result<R, Error> {
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        let waker = Waker::from(Arc::clone(self.inner.transport().wake()));
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(result) =
                with_shared_read_buffer(|read_buffer| poll(&mut self.inner, &mut cx, read_buffer))
            {
                return result;
            }
            if self.inner.transport().take_yielded() {
                continue;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(io::Error::new(ErrorKind::TimedOut, "the call took longer than its timeout").into());
            }
            let alarm = self.inner.clock_mut().take_alarm();
            let time = left.map_or(alarm, |left| Some(alarm.map_or(left, |alarm| alarm.min(left))));
            self.inner.transport().wait(time, self.inner.queue().is_pending())?;
        }
    }
}
