use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll};

use crate::chat::Config;
use crate::drive::mailbox::Mailbox;
use crate::drive::poll_connection::PollConnection;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::transport::{Clock, IoWrapper, Transport};
use crate::error::Error;
use crate::framing::{Event, IntoTerminator};

#[macro_use]
mod methods;
#[cfg(feature = "futures")]
mod stream_sink;

/// A connection that is used with async/await: frames or events on demand, and a queue of output. For clients, and for
/// servers that are written without a [`Handler`](crate::chat::Handler).
///
/// Each asynchronous adapter names it `Connection<S>`, for any stream `S` of its runtime, and has an example.
///
/// - [`push`](Self::push) only queues. One [`flush`](Self::flush), or the next wait for input, sends everything in one write.
/// - Output is sent while input is awaited, and input is read while output is flushed, so that two peers that both send
///   before they read do not deadlock.
/// - It has no read buffer while it waits with no unread input.
/// - It has no [`MinRate`](crate::chat::MinRate): put a timeout of the runtime around an await.
///
/// With the feature `futures` it is a `Stream` of frames and a `Sink` for output, which can be split between two tasks.
///
/// # Cancel safety
///
/// Every future of it is cancel-safe: it can be dropped at any await point, as `select!` does, and made again without
/// losing a byte.
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
    halves: stream_sink::Halves,
}

impl<T: Transport + IoWrapper, C: Clock + Default> Connection<T, C> {
    connection_methods!(whole T::Stream);

    /// Makes a connection with bounds of its own.
    pub fn with_config(stream: T::Stream, terminator: impl IntoTerminator, config: Config) -> Self {
        Self {
            inner: PollConnection::new(T::new(stream), C::default(), terminator, config),
            #[cfg(feature = "futures")]
            halves: stream_sink::Halves::default(),
        }
    }

    /// Attaches the connection to the server that has made the mailbox: [`PollConnection::attach`].
    pub(crate) fn attached(mut self, mailbox: &Mailbox) -> Self {
        self.inner.attach(mailbox);
        self
    }

    #[doc = shared_doc!(next_event)]
    pub async fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        let found = self.wait(PollConnection::poll_event).await?;
        Ok(found.then(|| self.inner.event()))
    }

    #[doc = shared_doc!(next_frame)]
    pub async fn next_frame(&mut self) -> Result<Option<&[u8]>, Error> {
        let found = self.wait(PollConnection::poll_frame).await?;
        Ok(found.then(|| self.inner.frame()))
    }

    #[doc = shared_doc!(flush)]
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.wait(PollConnection::poll_flush).await
    }

    #[doc = shared_doc!(close)]
    pub async fn close(&mut self) -> Result<(), Error> {
        self.wait(PollConnection::poll_close).await
    }

    connection_methods!(reader);
    connection_methods!(writer);

    async fn wait<R>(
        &mut self,
        poll: impl Fn(&mut PollConnection<T, C>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> R {
        poll_fn(|cx| with_read_buffer(|read_buffer| poll(&mut self.inner, cx, read_buffer))).await
    }
}

/// Shows lengths and states, and no byte (C20).
impl<T, C> fmt::Debug for Connection<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.inner).finish()
    }
}
