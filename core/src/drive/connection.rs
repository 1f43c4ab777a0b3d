use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use bytes::Bytes;

use crate::chat::Config;
use crate::drive::mailbox::{ConnectionHandle, Mailbox};
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::transport::{Clock, IoWrapper, Transport};
use crate::error::Error;
use crate::framing::{Event, IntoTerminator};

#[macro_use]
mod methods;
mod read_half;
mod reunite;
#[cfg(feature = "futures")]
mod stream_sink;
mod write_half;

pub use read_half::ReadHalf;
pub use reunite::ReuniteError;
pub use write_half::WriteHalf;

/// A connection that is used with async/await: frames or events on demand, and a queue of output. For clients, and for
/// servers that are written without a [`Handler`](crate::chat::Handler).
///
/// Each asynchronous adapter names it `Connection<S>`, for any stream `S` of its runtime, and has an example.
///
/// - [`push`](Self::push) only queues. One [`flush`](Self::flush), or the next wait for input, sends everything in one write.
/// - Output is sent while input is awaited, and input is read while output is flushed, so that two peers that both send
///   before they read do not deadlock.
/// - It has no read buffer while it waits with no unread input.
/// - A caller that pushes more than [`Config::high_water`] gets no further input until most of it was sent, so that a peer
///   that never reads cannot make it grow (backpressure). A peer that takes output below
///   [`Config::min_output_rate`] is cut off.
/// - It can be [split](Self::into_split) between two tasks, and others push to it through a [handle](Self::handle).
///
/// With the feature `futures` it is a `Stream` of frames and a `Sink` for output, and so are its halves.
///
/// # The loop
///
/// ```
/// # use asynchat_core::Error;
/// # use asynchat_core::drive::{Clock, Connection, IoWrapper, Transport};
/// # async fn serve<T: Transport + IoWrapper, C: Clock + Default>(mut connection: Connection<T, C>) -> Result<(), Error> {
/// while let Some(line) = connection.next_frame_owned().await? {
///     connection.push(line)?;
/// }
/// connection.close().await
/// # }
/// ```
///
/// # Timeouts
///
/// It has no timeout for a peer that sends nothing: put one of the runtime around an await. A future that is dropped loses
/// no byte, [`partial`](Self::partial) shows what had come, and the next call goes on behind it.
///
/// # Unsent output
///
/// Output that was pushed and not sent is dropped with the connection: [`flush`](Self::flush) or [`close`](Self::close)
/// before. `Debug` shows what is queued, and what an error or an abort has dropped.
///
/// # Cancel safety
///
/// Every future of it is cancel-safe: it can be dropped at any await point, as `select!` does, and made again without
/// losing a byte.
///
/// A future of your own that reads several frames is not: what it has read is dropped with it. Keep that outside of the
/// future, in a value that a call of it completes:
///
/// ```
/// # use asynchat_core::Error;
/// # use asynchat_core::drive::{Clock, Connection, IoWrapper, Transport};
/// /// A request of two lines, of which some may have come.
/// #[derive(Default)]
/// struct PartialRequest {
///     lines: Vec<Vec<u8>>,
/// }
///
/// impl PartialRequest {
///     /// Reads what is missing. Cancel-safe: between two awaits nothing is kept in the future alone.
///     async fn complete<T: Transport + IoWrapper, C: Clock + Default>(
///         &mut self,
///         connection: &mut Connection<T, C>,
///     ) -> Result<Option<Vec<Vec<u8>>>, Error> {
///         while self.lines.len() < 2 {
///             let Some(line) = connection.next_frame().await? else { return Ok(None) };
///             self.lines.push(line.to_vec());
///         }
///         Ok(Some(std::mem::take(&mut self.lines)))
///     }
/// }
/// ```
///
/// A task of its own that reads, and sends whole requests through a channel, is the other way.
///
/// # Examples
///
/// An adapter's part, here for a stream that is read from memory and takes any output:
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
/// /// A clock that stands still.
/// #[derive(Default)]
/// struct ManualClock;
///
/// impl Clock for ManualClock {
///     fn now(&self) -> Duration {
///         Duration::ZERO
///     }
///     fn poll_alarm(&mut self, _: &mut Context<'_>, _: Option<Duration>) -> Poll<()> {
///         Poll::Pending
///     }
/// }
///
/// type Connection = asynchat_core::drive::Connection<Recorded, ManualClock>;
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
pub struct Connection<T, C> {
    inner: PollConnection<T, C>,
    #[cfg(feature = "futures")]
    stream: stream_sink::StreamState,
}

impl<T: Transport + IoWrapper, C: Clock + Default> Connection<T, C> {
    connection_methods!(whole T::Stream);

    /// Makes a connection with bounds of its own.
    pub fn with_config(stream: T::Stream, terminator: impl IntoTerminator, config: Config) -> Self {
        Self::from_poll_connection(PollConnection::new(T::new(stream), C::default(), terminator, config))
    }

    /// Makes a connection in mid-stream, as [`with_unread`](Self::with_unread) does, with bounds of its own.
    pub fn with_unread_and_config(
        stream: T::Stream,
        unread: impl AsRef<[u8]>,
        terminator: impl IntoTerminator,
        config: Config,
    ) -> Self {
        let (transport, clock) = (T::new(stream), C::default());
        Self::from_poll_connection(PollConnection::with_unread(transport, clock, unread.as_ref(), terminator, config))
    }

    /// Attaches the connection to the server that has made the mailbox: [`PollConnection::attach`].
    pub(crate) fn attached(mut self, mailbox: &Mailbox<()>) -> Self {
        self.inner.attach(mailbox);
        self
    }

    #[doc = shared_doc!(next_event)]
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        if let Some(ready) = self.inner.find_ready_event() {
            return ready.map(|()| Some(self.inner.event()));
        }
        let found = self.wait(PollConnection::poll_event).await?;
        Ok(found.then(|| self.inner.event()))
    }

    #[doc = shared_doc!(next_frame)]
    pub async fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        if let Some(ready) = self.inner.find_ready_frame() {
            return ready.map(|()| Some(self.inner.frame()));
        }
        let found = self.wait(PollConnection::poll_frame).await?;
        Ok(found.then(|| self.inner.frame()))
    }

    #[doc = shared_doc!(next_frame_owned)]
    pub async fn next_frame_owned(&mut self) -> Result<Option<Bytes>, Error> {
        if let Some(ready) = self.inner.find_ready_frame() {
            return ready.map(|()| Some(self.inner.frame_owned()));
        }
        let found = self.wait(PollConnection::poll_frame).await?;
        Ok(found.then(|| self.inner.frame_owned()))
    }

    #[doc = shared_doc!(skip_frame)]
    pub async fn skip_frame(&mut self) -> Result<Option<u64>, Error> {
        self.wait(PollConnection::poll_skip_frame).await
    }

    #[doc = shared_doc!(flush)]
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.wait(PollConnection::poll_flush).await
    }

    #[doc = shared_doc!(finish)]
    pub async fn finish(&mut self) -> Result<(), Error> {
        self.wait(PollConnection::poll_finish).await
    }

    #[doc = shared_doc!(close)]
    pub async fn close(&mut self) -> Result<(), Error> {
        self.wait(PollConnection::poll_close).await
    }

    connection_methods!(reader);
    connection_methods!(writer);

    #[doc = shared_doc!(handle)]
    pub fn handle(&mut self) -> ConnectionHandle {
        self.inner.handle()
    }

    async fn wait<R>(
        &mut self,
        poll: impl Fn(&mut PollConnection<T, C>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> R {
        poll_fn(|cx| with_read_buffer(|read_buffer| poll(&mut self.inner, cx, read_buffer))).await
    }
}

impl<T: Transport, C: Clock> Connection<T, C> {
    #[doc = shared_doc!(into_split)]
    ///
    /// # Examples
    ///
    /// ```
    /// # use asynchat_core::Error;
    /// # use asynchat_core::drive::{Clock, Connection, Transport};
    /// # async fn join(one: impl Future<Output = Result<(), Error>>, other: impl Future<Output = Result<(), Error>>) {}
    /// # async fn run<T: Transport, C: Clock>(connection: Connection<T, C>) {
    /// let (mut reader, mut writer) = connection.into_split();
    /// let reading = async move {
    ///     while let Some(message) = reader.next_frame().await? {
    ///         println!("{} bytes", message.len());
    ///     }
    ///     Ok(())
    /// };
    /// let writing = async move {
    ///     writer.push("SUBSCRIBE news\r\n")?;
    ///     writer.finish().await
    /// };
    /// // In two tasks, or at once in one:
    /// join(reading, writing).await;
    /// # }
    /// ```
    pub fn into_split(self) -> (ReadHalf<T, C>, WriteHalf<T, C>) {
        reunite::split(self)
    }

    fn from_poll_connection(inner: PollConnection<T, C>) -> Self {
        Self {
            inner,
            #[cfg(feature = "futures")]
            stream: stream_sink::StreamState::default(),
        }
    }

    fn into_poll_connection(self) -> PollConnection<T, C> {
        self.inner
    }

    fn connection(&self) -> &PollConnection<T, C> {
        &self.inner
    }

    fn connection_mut(&mut self) -> &mut PollConnection<T, C> {
        &mut self.inner
    }
}

/// Shows lengths and states, and no byte (C20).
impl<T, C> fmt::Debug for Connection<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.inner).finish()
    }
}
