use alloc::boxed::Box;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::{any, fmt};

use crate::chat::{Chat, Config, Handler};
use crate::drive::driver::Driver;
use crate::drive::ended::Ended;
use crate::drive::mailbox::Mailbox;
use crate::drive::read_buffer::with_read_buffer;
use crate::drive::transport::{Clock, IoWrapper, Transport};
use crate::error::Error;

/// Drives a [`Handler`] over one connection, from connect to close: the future that an adapter's `drive` returns.
///
/// Its output is how the conversation ended: the same as [`Handler::handle_close`] was given, with the side that is to
/// [blame](Error::blame) for an error. After [`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done) it is
/// the stream, with everything that was read and not delivered: [`Ended::Upgrade`]. To go on with the same handler, drive
/// `&mut handler`.
///
/// - Reading and writing go on at the same time.
/// - An idle connection has no read buffer. Input is read into a buffer that the connections of a thread share, and is
///   delivered at once.
/// - Idle connections share their timers, for [`Config::idle_timeout`]: one for many connections of a thread. There is none if
///   that, [`Config::min_input_rate`] and [`Config::min_output_rate`] are `None` and [`Config::linger`] is zero.
/// - A timeout is never early. It is late by at most 1/64 of the wait and 0.2 seconds, beside the runtime's own delay
///   ([`RuntimeClock`](crate::drive::RuntimeClock)): an idle timeout of 5 minutes by less than 5 seconds.
/// - It yields to other tasks, however fast the peer is.
///
/// # Cancel safety
///
/// It owns the connection. Dropping it drops the stream, without sending what is queued; the handler is given
/// [`Error::Aborted`].
///
/// # Panics
///
/// Polling it panics if the handler does.
#[must_use = "a future does nothing unless it is polled"]
pub struct Drive<T, C, H: Handler> {
    /// Boxed, since a runtime allocates a task at a multiple of 128 bytes, and an allocator wastes more on a larger block.
    /// `None` after an upgrade.
    connection: Option<Box<Connection<T, C, H>>>,
}

/// A struct and not an async block, which would hold its arguments and what it makes of them side by side.
struct Connection<T, C, H: Handler> {
    transport: T,
    driver: Driver<C, H>,
}

impl<T: Transport + IoWrapper, C: Clock + Default, H: Handler> Drive<T, C, H> {
    /// Drives a handler over a stream.
    pub fn new(stream: T::Stream, handler: H, config: impl Into<Arc<Config>>) -> Self {
        Self::over(stream, Driver::new(C::default(), Chat::new(handler, config)))
    }

    /// Drives a handler over a stream, with a mailbox through which other tasks push to the connection and call its
    /// handler.
    pub fn with_mailbox(stream: T::Stream, handler: H, config: impl Into<Arc<Config>>, mailbox: Mailbox<H>) -> Self {
        Self::over(stream, Driver::with_mailbox(C::default(), Chat::new(handler, config), mailbox))
    }

    fn over(stream: T::Stream, driver: Driver<C, H>) -> Self {
        Self { connection: Some(Connection::new(stream, driver)) }
    }
}

impl<T: IoWrapper, C, H: Handler> Connection<T, C, H> {
    fn new(stream: T::Stream, driver: Driver<C, H>) -> Box<Self> {
        Box::new(Self { transport: T::new(stream), driver })
    }
}

impl<T: Transport + IoWrapper, C: Clock, H: Handler> Future for Drive<T, C, H> {
    type Output = Result<Ended<T::Stream>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A future that is polled after its end may do anything but panic here: nobody would know why.
        let Some(connection) = &mut self.connection else { return Poll::Ready(Err(Error::Aborted)) };
        let Connection { transport, driver } = &mut **connection;
        let ended = ready!(with_read_buffer(|read_buffer| driver.poll(cx, transport, read_buffer)))?;
        let Ended::Upgrade(parts) = ended else { return Poll::Ready(Ok(Ended::Closed)) };
        let connection = self.connection.take().ok_or(Error::Aborted)?;
        Poll::Ready(Ok(Ended::Upgrade(parts.map_stream(|()| connection.transport.into_inner()))))
    }
}

/// A [`Drive`] whose stream cannot be handed over: an upgrade is an error that blames the handler. For a server.
///
/// It is one pointer that is never null, so that a task which may drop it early has no more.
pub(crate) struct DriveToClose<T, C, H: Handler>(Box<Connection<T, C, H>>);

impl<T: Transport + IoWrapper, C: Clock + Default, H: Handler> DriveToClose<T, C, H> {
    pub(crate) fn new(stream: T::Stream, handler: H, config: Arc<Config>, mailbox: Mailbox<H>) -> Self {
        Self(Connection::new(stream, Driver::with_mailbox(C::default(), Chat::new(handler, config), mailbox)))
    }
}

impl<T: Transport, C: Clock, H: Handler> Future for DriveToClose<T, C, H> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Connection { transport, driver } = &mut *self.0;
        with_read_buffer(|read_buffer| driver.poll_without_upgrade(cx, transport, read_buffer))
    }
}

/// Shows the types of the transport and the handler, and no byte (C20).
impl<T, C, H: Handler> fmt::Debug for Drive<T, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drive")
            .field("transport", &format_args!("{}", any::type_name::<T>()))
            .field("driver", &self.connection.as_ref().map(|connection| &connection.driver))
            .finish()
    }
}
