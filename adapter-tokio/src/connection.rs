use std::fmt;
use std::future::poll_fn;

use asynchat_core::{Config, End, Error, Event, Producer, ProducerQueue, Puller, PushError, Terminator, with_scratch};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::io::{Io, Timer};

/// One connection in pull style: for clients, and for servers that rather await than be called.
///
/// It promises that every future here may be dropped at any await point and made anew without losing a byte; that output
/// moves on while input is awaited, and input while output is flushed, so that two peers that both send before they read
/// do not wait for each other; and that it keeps no read buffer while it waits. [`push`](Self::push) only queues: one
/// [`flush`](Self::flush), or the next wait for input, sends all of it in one write.
///
/// There is no [`Pace`](asynchat_core::Pace) here: who awaits can put a timeout around it.
///
/// # Examples
///
/// ```
/// use asynchat_tokio::Connection;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (stream, mut server) = tokio::io::duplex(64);
/// server.write_all(b"220 ready\r\n$3\r\nabc").await?;
///
/// let mut client = Connection::new(stream, b"\r\n");
/// assert_eq!(client.next_frame().await?, Some(&b"220 ready"[..]));
/// client.push("HELO me\r\n")?;
/// client.flush().await?;
/// assert_eq!(client.next_frame().await?, Some(&b"$3"[..]));
/// client.set_terminator(3u64);
/// assert_eq!(client.next_frame().await?, Some(&b"abc"[..]));
/// # let mut sent = [0; 9];
/// # server.read_exact(&mut sent).await?;
/// # assert_eq!(&sent, b"HELO me\r\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Connection<S> {
    puller: Puller<Io<S>, Timer>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// A connection with the default bounds: whole frames have at most 64 KiB.
    pub fn new(stream: S, terminator: impl Into<Terminator>) -> Self {
        Self::with_config(stream, terminator, Config::default())
    }

    /// A connection with bounds of its own.
    pub fn with_config(stream: S, terminator: impl Into<Terminator>, config: Config) -> Self {
        Self { puller: Puller::new(Io(stream), Timer::new(), terminator, config) }
    }

    /// The next event: data as it comes, or the end of a frame. `None` at the end of the stream; [`end`](Self::end) then
    /// tells how it ended.
    ///
    /// A part of a frame that [`next_frame`](Self::next_frame) had collected before it was dropped comes first.
    ///
    /// # Errors
    ///
    /// That of the transport, after all that came before it.
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let found = poll_fn(|cx| with_scratch(|scratch| self.puller.poll_event(cx, scratch))).await?;
        Ok(found.then(|| self.puller.event()))
    }

    /// The next whole frame, without its delimiter. `None` at the end of the stream, if it came between two frames.
    ///
    /// Under [`Terminator::None`] the rest of the stream is one frame, of at most [`Config::max_frame_len`] bytes.
    ///
    /// # Errors
    ///
    /// [`Error::FrameTooLong`], once for each such frame, and the next call goes on behind it. [`Error::Truncated`], once,
    /// if the stream ended within a frame, of which [`partial`](Self::partial) then has what came. Or that of the transport.
    pub async fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        let found = poll_fn(|cx| with_scratch(|scratch| self.puller.poll_frame(cx, scratch))).await?;
        Ok(found.then(|| self.puller.frame()))
    }

    /// After [`Error::Truncated`], what had come of the frame.
    pub fn partial(&self) -> &[u8] {
        self.puller.frame()
    }

    /// How the stream ended, once all of it has been returned.
    pub fn end(&self) -> Option<End> {
        self.puller.end()
    }

    /// Sets what ends the frame, from the first byte that has not been returned on.
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        self.puller.frames_mut().set_terminator(terminator);
    }

    /// What ends the frame now. A count shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        self.puller.frames().terminator()
    }

    /// Which member of a [`Terminator::AnyOf`] fired last, counted from 0.
    pub fn matched(&self) -> usize {
        self.puller.frames().matched()
    }

    /// Queues some bytes to be sent. Nothing is sent before a [`flush`](Self::flush) or a wait for input.
    ///
    /// # Errors
    ///
    /// [`PushError`] after [`close`](Self::close) was begun, or once the output has failed. The bytes are dropped.
    pub fn push(&mut self, data: impl Into<Bytes>) -> Result<(), PushError> {
        self.puller.queue_mut().push(data)
    }

    /// Queues a producer, which is asked for more only as the peer takes what there is.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn push_with_producer(&mut self, producer: impl Producer + Send + 'static) -> Result<(), PushError> {
        self.puller.queue_mut().push_with_producer(producer)
    }

    /// How much waits to be sent, in bytes. Whoever pushes without bound asks this, and flushes.
    pub fn queued(&self) -> usize {
        self.puller.queue().queued()
    }

    /// Sends all that was pushed.
    ///
    /// # Errors
    ///
    /// That of the transport or of a producer; the same again at every later call. Input can still be read.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| with_scratch(|scratch| self.puller.poll_flush(cx, scratch))).await
    }

    /// Sends all that was pushed, ends the output, and waits for the peer to hang up, for [`Config::linger`] at most, so
    /// that what was sent is not lost to a reset. What still comes in is dropped.
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    pub async fn close(&mut self) -> Result<(), Error> {
        poll_fn(|cx| with_scratch(|scratch| self.puller.poll_close(cx, scratch))).await
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.puller.transport().0
    }

    /// Takes the stream back, to go on with it in another way: to encrypt it after STARTTLS, or to tunnel through it.
    ///
    /// # Errors
    ///
    /// [`IntoInnerError`], which has the connection, if input has been read and not returned, or output not been sent.
    /// Before encryption such input was sent by nobody who should be trusted (CVE-2011-0411): do not hand it on.
    pub fn into_inner(self) -> Result<S, IntoInnerError<S>> {
        let (unread, unsent) = (self.puller.unread(), self.puller.queue().queued());
        if unread > 0 || unsent > 0 {
            return Err(IntoInnerError { connection: Box::new(self), unread, unsent });
        }
        Ok(self.into_parts().stream)
    }

    /// Takes the connection apart: the stream, and by name what would otherwise be lost.
    pub fn into_parts(self) -> Parts<S> {
        let (Io(stream), unread, unsent) = self.puller.into_parts();
        Parts { stream, unread: unread.into(), unsent }
    }
}

/// What a [`Connection`] was made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// Input that was read and not returned, the beginning of a frame included.
    pub unread: Bytes,
    /// Output that was not sent.
    pub unsent: ProducerQueue,
}

/// A stream cannot be taken back without losing what has been read from it or has not been written to it.
pub struct IntoInnerError<S> {
    /// Boxed, since errors are moved about and this is large.
    connection: Box<Connection<S>>,
    unread: usize,
    unsent: usize,
}

impl<S> IntoInnerError<S> {
    /// How many bytes have been read and not been returned.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// How many bytes have not been sent, as [`Connection::queued`] counts them.
    pub fn unsent(&self) -> usize {
        self.unsent
    }

    /// The connection, unchanged.
    pub fn into_connection(self) -> Connection<S> {
        *self.connection
    }
}

impl<S> fmt::Debug for IntoInnerError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoInnerError")
            .field("unread", &self.unread)
            .field("unsent", &self.unsent)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Display for IntoInnerError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the stream cannot be taken back: {} bytes of input are unread, {} of output unsent",
            self.unread, self.unsent
        )
    }
}

impl<S> std::error::Error for IntoInnerError<S> {}
