use std::fmt;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use asynchat_core::drive::{ConnectionHandle, Mailbox};
use asynchat_core::{Config, Error, Event, IntoTerminator};
use bytes::Bytes;

use crate::clock::StdClock;
use crate::io::{Io, can_linger};
use crate::notifier::Notifier;
use crate::pollable::Pollable;

mod halves;
mod wait;

pub use halves::{ReadHalf, WriteHalf};

use wait::{PollConnection, wait_for};

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
/// - Over a socket or a file, output is sent while input is waited for, and input is read while output is flushed, so
///   that two peers that both send before they read do not deadlock.
/// - Between two calls it has no read buffer, unless there is unread input in it.
/// - A stream that is not a socket has no write side to shut down. Its output ends when it is dropped, so
///   [`close`](Self::close) does not wait for the peer.
///
/// # Timeouts
///
/// A call that fails with a [timeout](Self::set_read_timeout) has lost nothing, and can be made again. A timeout is for
/// a whole call, so that a peer cannot prolong it with a byte now and then (slowloris). The timeouts begin as those of the
/// socket. On a stream that is neither a socket nor a file they are checked when a call of the stream returns: give it a
/// timeout too, as the [crate's page](crate) says.
///
/// [`Config::min_output_rate`] applies to every call that waits: a peer that takes the output more slowly is cut off.
/// [`Config::min_input_rate`] and [`Config::idle_timeout`] do not apply: the read timeout is in their place.
///
/// A function of your own that reads several frames loses those that it has, if it returns at a timeout. It keeps them in a
/// value of its caller, and goes on there when it is called again.
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
    inner: PollConnection<S>,
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
    /// A socket or a file is non-blocking while the connection has it, and so are its clones. It is blocking again when it is
    /// taken back.
    pub fn with_config(stream: S, terminator: impl IntoTerminator, config: Config) -> Self {
        Self::with_unread_and_config(stream, [], terminator, config)
    }

    /// Makes a connection in mid-stream, as [`with_unread`](Self::with_unread) does, with bounds of its own.
    pub fn with_unread_and_config(
        stream: S,
        unread: impl AsRef<[u8]>,
        terminator: impl IntoTerminator,
        config: Config,
    ) -> Self {
        Self::woken_by(Notifier::on_demand(), stream, unread.as_ref(), terminator, config)
    }

    /// Makes a connection of a server, whose other threads wake this one for a push, a close and an abort.
    pub(crate) fn attached(
        stream: S,
        terminator: impl IntoTerminator,
        config: Config,
        mailbox: &Mailbox<()>,
        notifier: Arc<Notifier>,
    ) -> Self {
        let mut connection = Self::woken_by(notifier, stream, &[], terminator, config);
        connection.inner.attach(mailbox);
        connection
    }

    fn woken_by(
        wake: Arc<Notifier>,
        stream: S,
        unread: &[u8],
        terminator: impl IntoTerminator,
        mut config: Config,
    ) -> Self {
        if !can_linger(&stream) {
            config.linger = Duration::ZERO;
        }
        let [read_timeout, write_timeout] = Pollable::of(&stream).map(Pollable::timeouts).unwrap_or_default();
        let (io, clock) = (Io::with_notifier(stream, wake), StdClock::default());
        let inner = PollConnection::with_unread(io, clock, unread, terminator, config);
        Self { inner, read_timeout, write_timeout }
    }

    #[doc = asynchat_core::shared_doc!(next_event)]
    ///
    /// After the [read timeout](Self::set_read_timeout) it is an [`Error::is_call_timeout`]. The call can then be made
    /// again.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if let Some(ready) = self.inner.find_ready_event() {
            return ready.map(|()| Some(self.inner.event()));
        }
        let found = wait_for(&mut self.inner, self.read_timeout, PollConnection::poll_event)?;
        Ok(found.then(|| self.inner.event()))
    }

    #[doc = asynchat_core::shared_doc!(next_frame)]
    ///   After the [read timeout](Self::set_read_timeout) it is an [`Error::is_call_timeout`]. The call can then be made again.
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        if let Some(ready) = self.inner.find_ready_frame() {
            return ready.map(|()| Some(self.inner.frame()));
        }
        let found = wait_for(&mut self.inner, self.read_timeout, PollConnection::poll_frame)?;
        Ok(found.then(|| self.inner.frame()))
    }

    #[doc = asynchat_core::shared_doc!(next_frame_owned)]
    ///
    /// The loop of a server:
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// use asynchat_blocking::Connection;
    ///
    /// fn echo<S: Read + Write + 'static>(mut connection: Connection<S>) -> std::io::Result<()> {
    ///     while let Some(line) = connection.next_frame_owned()? {
    ///         connection.push(line)?;
    ///     }
    ///     Ok(connection.close()?)
    /// }
    /// ```
    pub fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(ready) = self.inner.find_ready_frame() {
            return ready.map(|()| Some(self.inner.frame_owned()));
        }
        let found = wait_for(&mut self.inner, self.read_timeout, PollConnection::poll_frame)?;
        Ok(found.then(|| self.inner.frame_owned()))
    }

    #[doc = asynchat_core::shared_doc!(skip_frame)]
    pub fn skip_frame(&mut self) -> Result<Option<u64>, Error> {
        wait_for(&mut self.inner, self.read_timeout, PollConnection::poll_skip_frame)
    }

    #[doc = asynchat_core::shared_doc!(flush)]
    ///
    /// After the [write timeout](Self::set_write_timeout) it is an [`Error::is_call_timeout`]. The call can then be
    /// made again.
    pub fn flush(&mut self) -> Result<(), Error> {
        wait_for(&mut self.inner, self.write_timeout, PollConnection::poll_flush)
    }

    #[doc = asynchat_core::shared_doc!(finish)]
    ///
    /// After the [write timeout](Self::set_write_timeout) it is an [`Error::is_call_timeout`]. The call can then be
    /// made again.
    pub fn finish(&mut self) -> Result<(), Error> {
        wait_for(&mut self.inner, self.write_timeout, PollConnection::poll_finish)
    }

    #[doc = asynchat_core::shared_doc!(close)]
    pub fn close(&mut self) -> Result<(), Error> {
        let timeout = self.write_timeout.map(|timeout| timeout.saturating_add(self.inner.config().linger));
        wait_for(&mut self.inner, timeout, PollConnection::poll_close)
    }

    asynchat_core::connection_methods!(reader);
    asynchat_core::connection_methods!(writer);

    /// Sets how long one call that reads may take, such as [`next_event`](Self::next_event) or
    /// [`next_frame`](Self::next_frame), whatever arrives meanwhile. `None` is for ever. The default is the read timeout
    /// of the socket.
    ///
    /// When it is over, the call fails with an error of the transport of the kind `TimedOut`:
    /// [`Error::is_call_timeout`] tells it from other errors of that kind. It loses no byte, and can be made again.
    /// With [`Duration::ZERO`] a call returns what is there.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Write;
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
    /// assert!(client.next_frame().unwrap_err().is_call_timeout());
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

    /// Sets how long one call of [`flush`](Self::flush) or [`finish`](Self::finish) may take. One of
    /// [`close`](Self::close) may take [`Config::linger`] more. `None` is for ever. The default is the write timeout of
    /// the socket.
    pub fn set_write_timeout(&mut self, timeout: Option<Duration>) {
        self.write_timeout = timeout;
    }

    #[doc = asynchat_core::shared_doc!(handle)]
    ///
    /// Over a stream that is neither a socket nor a file, a push is sent when the call that the thread is in returns. If no
    /// descriptor is left for the [notifier](crate#threads) of the thread, the calls that wait fail. They can be made again.
    pub fn handle(&mut self) -> ConnectionHandle {
        self.inner.handle()
    }

    #[doc = asynchat_core::shared_doc!(into_split)]
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Write;
    /// use std::net::{TcpListener, TcpStream};
    ///
    /// use asynchat_blocking::Connection;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// # let listener = TcpListener::bind("127.0.0.1:0")?;
    /// # let stream = TcpStream::connect(listener.local_addr()?)?;
    /// # let mut server = Connection::new(listener.accept()?.0, b"\n");
    /// # let serving = std::thread::spawn(move || {
    /// #     while let Some(line) = server.next_frame_owned()? {
    /// #         server.push(line)?;
    /// #         server.push("\n")?;
    /// #     }
    /// #     server.close()
    /// # });
    /// let (mut reader, mut writer) = Connection::new(stream, b"\n").into_split();
    /// let reading = std::thread::spawn(move || {
    ///     let mut lines = 0;
    ///     while reader.next_frame()?.is_some() {
    ///         lines += 1;
    ///     }
    ///     Ok::<_, asynchat_blocking::Error>(lines)
    /// });
    /// writer.push("b\na\n")?;
    /// writer.finish()?;
    /// assert_eq!(reading.join().unwrap()?, 2);
    /// # serving.join().unwrap()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (ReadHalf<S>, WriteHalf<S>) {
        halves::split(self)
    }

    fn into_poll_connection(self) -> PollConnection<S> {
        self.inner
    }

    fn connection(&self) -> &PollConnection<S> {
        &self.inner
    }

    fn connection_mut(&mut self) -> &mut PollConnection<S> {
        &mut self.inner
    }
}
