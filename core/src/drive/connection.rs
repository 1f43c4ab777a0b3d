use core::future::poll_fn;

use bytes::Bytes;

use crate::chat::Config;
use crate::drive::parts::{IntoInnerError, Parts};
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::transport::{Clock, IoWrapper, Transport};
use crate::error::Error;
use crate::framing::Terminator;
use crate::framing::{End, Event};
use crate::output::Producer;
use crate::output::PushError;

#[cfg(feature = "futures")]
mod stream_sink;

/// One connection in pull style: for clients, and for servers that rather await than be called.
///
/// It promises that every future here may be dropped at any await point and made anew without losing a byte; that output
/// moves on while input is awaited, and input while output is flushed, so that two peers that both send before they read
/// do not wait for each other; and that it keeps no read buffer while it waits. [`push`](Self::push) only queues: one
/// [`flush`](Self::flush), or the next wait for input, sends all of it in one write.
///
/// There is no [`MinRate`](crate::chat::MinRate) here: who awaits can put a timeout around it.
///
/// With the feature `futures` it is a `Stream` of frames and a `Sink` for output, which may be split between two tasks.
///
/// Each asynchronous adapter has it as `Connection<S>`, where `S` is a stream of its runtime, and shows it at work. It
/// stands here so that what it does, and what is promised of it, stands once.
///
/// # Examples
///
/// What an adapter says of its runtime's streams; here of one that hands out what it was made of, and takes anything:
///
/// ```
/// use std::convert::Infallible;
/// use std::pin::pin;
/// use std::task::{Context, Poll, Waker};
/// use std::time::Duration;
///
/// use asynchat_core::Transmit;
/// use asynchat_core::drive::{Clock, Transport, IoWrapper};
///
/// struct Recorded(&'static [u8]);
///
/// impl Transport for Recorded {
///     type Error = Infallible;
///
///     fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Infallible>> {
///         let (now, later) = self.0.split_at(buffer.len().min(self.0.len()));
///         buffer[..now.len()].copy_from_slice(now);
///         self.0 = later;
///         Poll::Ready(Ok(now.len()))
///     }
///     fn poll_write(&mut self, _: &mut Context<'_>, output: &Transmit<'_>) -> Poll<Result<usize, Infallible>> {
///         Poll::Ready(Ok(bytes::Buf::remaining(output)))
///     }
///     fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
///         Poll::Ready(Ok(()))
///     }
///     fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
///         Poll::Ready(Ok(()))
///     }
/// }
///
/// impl IoWrapper for Recorded {
///     type Stream = &'static [u8];
///
///     fn new(stream: &'static [u8]) -> Self {
///         Self(stream)
///     }
///     fn get_ref(&self) -> &&'static [u8] {
///         &self.0
///     }
///     fn get_mut(&mut self) -> &mut &'static [u8] {
///         &mut self.0
///     }
///     fn into_inner(self) -> &'static [u8] {
///         self.0
///     }
/// }
///
/// /// Time stands still.
/// #[derive(Default)]
/// struct Still;
///
/// impl Clock for Still {
///     fn now(&self) -> Duration {
///         Duration::ZERO
///     }
///     fn poll_alarm(&mut self, _: &mut Context<'_>, _: Option<Duration>) -> Poll<()> {
///         Poll::Pending
///     }
/// }
///
/// type Connection = asynchat_core::drive::Connection<Recorded, Still>;
///
/// let life = async {
///     let mut connection = Connection::new(b"220 ready\r\n$3\r\nabc", b"\r\n");
///     assert_eq!(connection.next_frame().await?, Some(&b"220 ready"[..]));
///     connection.push("HELO me\r\n")?;
///     connection.flush().await?;
///     assert_eq!(connection.next_frame().await?, Some(&b"$3"[..]));
///     connection.set_terminator(3u64);
///     assert_eq!(connection.next_frame().await?, Some(&b"abc"[..]));
///     assert_eq!(connection.into_inner()?, b"");
///     Ok::<(), Box<dyn std::error::Error>>(())
/// };
/// assert!(matches!(pin!(life).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(()))));
/// ```
#[derive(Debug)]
pub struct Connection<T, C> {
    inner: PollConnection<T, C>,
    #[cfg(feature = "futures")]
    halves: stream_sink::Halves,
}

impl<T: Transport + IoWrapper, C: Clock + Default> Connection<T, C> {
    /// A connection with the default bounds: whole frames have at most 64 KiB.
    pub fn new(stream: T::Stream, terminator: impl Into<Terminator>) -> Self {
        Self::with_config(stream, terminator, Config::default())
    }

    /// A connection with bounds of its own.
    pub fn with_config(stream: T::Stream, terminator: impl Into<Terminator>, config: Config) -> Self {
        Self {
            inner: PollConnection::new(T::new(stream), C::default(), terminator, config),
            #[cfg(feature = "futures")]
            halves: stream_sink::Halves::default(),
        }
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
        let found = poll_fn(|cx| with_read_buffer(|read_buffer| self.inner.poll_event(cx, read_buffer))).await?;
        Ok(found.then(|| self.inner.event()))
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
        let found = poll_fn(|cx| with_read_buffer(|read_buffer| self.inner.poll_frame(cx, read_buffer))).await?;
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
    /// That of the transport or of a producer; the same again at every later call. Input can still be read.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| with_read_buffer(|read_buffer| self.inner.poll_flush(cx, read_buffer))).await
    }

    /// Sends all that was pushed, ends the output, and waits for the peer to hang up, for [`Config::linger`] at most, so
    /// that what was sent is not lost to a reset. What still comes in is dropped.
    ///
    /// # Errors
    ///
    /// As for [`flush`](Self::flush).
    pub async fn close(&mut self) -> Result<(), Error> {
        poll_fn(|cx| with_read_buffer(|read_buffer| self.inner.poll_close(cx, read_buffer))).await
    }

    /// The stream.
    pub fn get_ref(&self) -> &T::Stream {
        self.inner.transport().get_ref()
    }

    /// Takes the stream back, to go on with it in another way: to encrypt it after STARTTLS, or to tunnel through it.
    ///
    /// # Errors
    ///
    /// [`IntoInnerError`], which has the connection, if input has been read and not returned, or output not been sent.
    /// Before encryption such input was sent by nobody who should be trusted (CVE-2011-0411): do not hand it on.
    pub fn into_inner(self) -> Result<T::Stream, IntoInnerError<Self>> {
        let (unread, unsent) = (self.inner.unread(), self.inner.queue().queued());
        if unread > 0 || unsent > 0 {
            return Err(IntoInnerError::new(self, unread, unsent));
        }
        Ok(self.into_parts().stream)
    }

    /// Takes the connection apart: the stream, and by name what would otherwise be lost.
    pub fn into_parts(self) -> Parts<T::Stream> {
        self.inner.into_parts().map_stream(T::into_inner)
    }
}
