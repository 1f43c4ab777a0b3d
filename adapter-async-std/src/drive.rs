use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use asynchat_core::drive::{Driver, Mailbox, with_read_buffer};
use asynchat_core::{Chat, Config, Error, Handler};
use futures_io::{AsyncRead, AsyncWrite};

use crate::io::{AsyncIoClock, FuturesIo};

/// Drives a handler over one connection, from connect to close, and returns how it ended. Any executor may poll it.
///
/// Reading and writing go on at the same time. While the connection is idle it has no read buffer: what can be read is
/// read into space that the thread's connections share, and dealt with at once. Nor has it a timer, which is there only
/// while a frame or output is under way; with [`Config::min_input_rate`] and
/// [`Config::min_output_rate`] `None` and [`Config::linger`] zero there never is one.
///
/// Dropping the future drops the connection; the handler is told with [`Error::Aborted`].
///
/// # Errors
///
/// What ended the conversation before its time, and whose fault it was. The handler has been told the same.
///
/// # Panics
///
/// If the handler does.
///
/// # Examples
///
/// ```
/// use asynchat_async_std::{Channel, Config, Handler, BoxError, drive};
/// use futures_lite::io::Cursor;
///
/// struct Shout;
///
/// impl Handler for Shout {
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_ascii_uppercase())?)
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = Cursor::new(b"hello".to_vec());
/// pollster::block_on(drive(&mut stream, Shout, Config::default()))?;
/// assert_eq!(stream.into_inner(), b"helloHELLO");
/// # Ok(())
/// # }
/// ```
pub fn drive<S, H>(stream: S, handler: H, config: impl Into<Arc<Config>>) -> impl Future<Output = Result<(), Error>>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    run(stream, Driver::new(AsyncIoClock::default(), Chat::new(handler, config)))
}

/// As [`drive`], with a mailbox: other tasks push to the connection through its
/// [`ConnectionHandle`](asynchat_core::drive::ConnectionHandle).
///
/// # Errors
///
/// As for [`drive`].
pub fn drive_with_mailbox<S, H>(
    stream: S,
    handler: H,
    config: impl Into<Arc<Config>>,
    mailbox: Mailbox,
) -> impl Future<Output = Result<(), Error>>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    run(stream, Driver::with_mailbox(AsyncIoClock::default(), Chat::new(handler, config), mailbox))
}

/// The driver is made before the future, and used where the future has captured it: made or moved inside, it would take
/// up its space twice.
#[expect(clippy::manual_async_fn, reason = "an async fn moves its arguments, and takes up their space twice")]
fn run<S, H>(stream: S, mut driver: Driver<AsyncIoClock, H>) -> impl Future<Output = Result<(), Error>>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    async move {
        let stream = pin!(stream);
        let mut io = FuturesIo(stream);
        poll_fn(|cx| with_read_buffer(|read_buffer| driver.poll(cx, &mut io, read_buffer))).await
    }
}
