use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use asynchat_core::drive::{Parts, PollConnection};
use asynchat_core::{Config, End, Error, Event, Producer, PushError, Terminator};
use bytes::Bytes;

use crate::clock::StdClock;
use crate::io::{Io, can_linger};
use crate::notifier::Notifier;
use crate::read_buffer::with_read_buffer;
use crate::socket::Socket;

/// A stream cannot be taken back without losing what has been read from it or has not been written to it.
///
/// # Examples
///
/// What was sent along with the wish to encrypt is found out, and not taken for encrypted:
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

/// One connection in pull style: for clients, and for servers that rather wait than be called.
///
/// It promises that a call which fails for its [timeout](Self::set_read_timeout) has lost nothing and may be made again;
/// that over a socket output moves on while input is waited for, and input while output is flushed, so that two peers that
/// both send before they read do not wait for each other; and that it keeps no read buffer between two calls unless there
/// is something unread in it. [`push`](Self::push) only queues: one [`flush`](Self::flush), or the next wait for input,
/// sends all of it in one write.
///
/// There is no [`MinRate`](asynchat_core::MinRate) here: the timeouts are for whole calls, so that a peer does not prolong them
/// with a byte now and then. They begin as the socket's own. Over what is no socket they are looked at when a call of the
/// stream has returned: give it a timeout too; the [crate's page](crate) says more.
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
#[derive(Debug)]
pub struct Connection<S> {
    inner: PollConnection<Io<S>, StdClock>,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl<S: Read + Write + 'static> Connection<S> {
    /// A connection with the default bounds: whole frames have at most 64 KiB.
    ///
    /// A socket is non-blocking as long as the connection has it, and so are clones of it.
    pub fn new(stream: S, terminator: impl Into<Terminator>) -> Self {
        Self::with_config(stream, terminator, Config::default())
    }

    /// A connection with bounds of its own.
    pub fn with_config(stream: S, terminator: impl Into<Terminator>, mut config: Config) -> Self {
        if !can_linger(&stream) {
            config.linger = Duration::ZERO;
        }
        let [read_timeout, write_timeout] = Socket::of(&stream).map(Socket::timeouts).unwrap_or_default();
        let inner =
            PollConnection::new(Io::new(stream, Notifier::by_nobody()), StdClock::default(), terminator, config);
        Self { inner, read_timeout, write_timeout }
    }

    /// The next event: data as it comes, or the end of a frame. `None` at the end of the stream; [`end`](Self::end) then
    /// tells how it ended.
    ///
    /// A part of a frame that [`next_frame`](Self::next_frame) had collected before its time was over comes first.
    ///
    /// # Errors
    ///
    /// That of the transport, after all that came before it; of the kind `TimedOut` if the time was over, and then the
    /// call may be made again.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let found = self.wait_for(self.read_timeout, |inner, cx, read_buffer| inner.poll_event(cx, read_buffer))?;
        Ok(found.then(|| self.inner.event()))
    }

    /// The next whole frame, without its delimiter. `None` at the end of the stream, if it came between two frames.
    ///
    /// Under [`Terminator::None`] the rest of the stream is one frame, of at most [`Config::max_frame_len`] bytes.
    ///
    /// # Errors
    ///
    /// [`Error::FrameTooLong`], once for each such frame, and the next call goes on behind it. [`Error::Truncated`], once,
    /// if the stream ended within a frame, of which [`partial`](Self::partial) then has what came. Or that of the transport,
    /// as for [`next_event`](Self::next_event).
    pub fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        let found = self.wait_for(self.read_timeout, |inner, cx, read_buffer| inner.poll_frame(cx, read_buffer))?;
        Ok(found.then(|| self.inner.frame()))
    }

    /// After [`Error::Truncated`], what had come of the frame.
    pub fn partial(&self) -> &[u8] {
        self.inner.frame()
    }

    /// How the stream ended, once all of it has been returned.
    pub fn end(&self) -> Option<End> {
        self.inner.end()
    }

    /// Sets what ends the frame, from the first byte that has not been returned on.
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.inner.frames_mut().set_terminator(terminator);
    }

    /// What ends the frame now. A count shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        self.inner.frames().terminator()
    }

    /// Which member of a [`Terminator::AnyOf`] fired last, counted from 0.
    pub fn matched(&self) -> usize {
        self.inner.frames().matched()
    }

    /// Queues some bytes to be sent. Nothing is sent before a [`flush`](Self::flush) or a wait for input.
    ///
    /// # Errors
    ///
    /// [`PushError`] after [`close`](Self::close) was begun, or once the output has failed. The bytes are dropped.
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.inner.queue_mut().push(data)
    }

    /// Queues a producer, which is asked for more only as the peer takes what there is.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.inner.queue_mut().push_with_producer(producer)
    }

    /// How much waits to be sent, in bytes. Whoever pushes without bound asks this, and flushes.
    pub fn queued(&self) -> usize {
        self.inner.queue().queued()
    }

    /// Sends all that was pushed.
    ///
    /// # Errors
    ///
    /// That of the transport or of a producer; the same again at every later call. Input can still be read. Of the kind
    /// `TimedOut` if the [time](Self::set_write_timeout) was over, and then the call may be made again.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.wait_for(self.write_timeout, |inner, cx, read_buffer| inner.poll_flush(cx, read_buffer))
    }

    /// Sends all that was pushed, ends the output, and waits for the peer to hang up, for [`Config::linger`] at most, so
    /// that what was sent is not lost to a reset. What still comes in is dropped.
    ///
    /// The output of what is no socket ends only when the stream is dropped, so there is nothing to wait for.
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    pub fn close(&mut self) -> Result<(), Error> {
        let time = self.write_timeout.map(|time| time.saturating_add(self.inner.config().linger));
        self.wait_for(time, |inner, cx, read_buffer| inner.poll_close(cx, read_buffer))
    }

    /// How long one call of [`next_event`](Self::next_event) or [`next_frame`](Self::next_frame) may take, whatever comes
    /// meanwhile; `None` is for ever. To begin with, what the socket had as its read timeout.
    ///
    /// When it is over, the call fails with an error of the transport of the kind `TimedOut`. Nothing is lost, and it may be
    /// made again. With [`Duration::ZERO`] it returns what is there.
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

    /// How long one call of [`flush`](Self::flush) may take, and one of [`close`](Self::close) until it lingers; `None` is
    /// for ever. To begin with, what the socket had as its write timeout.
    pub fn set_write_timeout(&mut self, timeout: Option<Duration>) {
        self.write_timeout = timeout;
    }

    /// The stream. If it is a socket, it is non-blocking.
    pub fn get_ref(&self) -> &S {
        self.inner.transport().stream()
    }

    /// Takes the stream back, to go on with it in another way: to encrypt it after STARTTLS, or to tunnel through it. A
    /// socket is blocking again.
    ///
    /// # Errors
    ///
    /// [`IntoInnerError`], which has the connection, if input has been read and not returned, or output not been sent.
    /// Before encryption such input was sent by nobody who should be trusted (CVE-2011-0411): do not hand it on.
    pub fn into_inner(self) -> Result<S, IntoInnerError<S>> {
        let (unread, unsent) = (self.inner.unread(), self.inner.queue().queued());
        if unread > 0 || unsent > 0 {
            return Err(IntoInnerError::new(self, unread, unsent));
        }
        Ok(self.into_parts().stream)
    }

    /// Takes the connection apart: the stream, blocking again, and by name what would otherwise be lost.
    pub fn into_parts(self) -> Parts<S> {
        self.inner.into_parts().map_stream(Io::into_stream)
    }

    /// Polls until it is ready, and waits in between.
    fn wait_for<R>(
        &mut self,
        time: Option<Duration>,
        mut poll: impl FnMut(&mut PollConnection<Io<S>, StdClock>, &mut Context<'_>, &mut Vec<u8>) -> Poll<Result<R, Error>>,
    ) -> Result<R, Error> {
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        let waker = Waker::from(Arc::clone(self.inner.transport().wake()));
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(result) = with_read_buffer(|read_buffer| poll(&mut self.inner, &mut cx, read_buffer)) {
                return result;
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(io::Error::new(ErrorKind::TimedOut, "the call took longer than it was given").into());
            }
            let alarm = self.inner.clock().take_alarm();
            let time = left.map_or(alarm, |left| Some(alarm.map_or(left, |alarm| alarm.min(left))));
            self.inner.transport().wait(time)?;
        }
    }
}
