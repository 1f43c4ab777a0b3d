use std::future::poll_fn;
use std::pin::pin;

use asynchat_core::{Chat, Config, Driver, Error, Handler, Mailbox, with_scratch};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::io::{Io, Timer};

/// Drives a handler over one connection, from connect to close, and returns how it ended.
///
/// Reading and writing go on at the same time. While the connection is idle it has no read buffer: what can be read is
/// read into space that the thread's connections share, and dealt with at once. The timer is there only while a frame or
/// output is under way, so a runtime without tokio's time driver will do if [`Config::pace`] is `None` and
/// [`Config::linger`] zero.
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
/// use asynchat_tokio::{Channel, Config, Handler, HandlerError, drive};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), HandlerError> {
///         Ok(channel.push(data.to_vec())?)
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), HandlerError> {
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut here, there) = tokio::io::duplex(64);
/// let task = tokio::spawn(drive(there, Echo, Config::default()));
/// here.write_all(b"hello").await?;
/// here.shutdown().await?;
/// let mut answer = Vec::new();
/// here.read_to_end(&mut answer).await?;
/// assert_eq!(answer, b"hello");
/// task.await??;
/// # Ok(())
/// # }
/// ```
pub async fn drive<S, H>(stream: S, handler: H, config: Config) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    let stream = pin!(stream);
    run(Driver::new(Io(stream), Timer::new(), Chat::new(handler, config))).await
}

/// As [`drive`], with a mailbox: other tasks push to the connection through its
/// [`PeerHandle`](asynchat_core::PeerHandle).
///
/// # Errors
///
/// As for [`drive`].
pub async fn drive_with_mailbox<S, H>(stream: S, handler: H, config: Config, mailbox: Mailbox) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    let stream = pin!(stream);
    run(Driver::with_mailbox(Io(stream), Timer::new(), Chat::new(handler, config), mailbox)).await
}

async fn run<S, H>(mut driver: Driver<Io<S>, Timer, H>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    poll_fn(|cx| with_scratch(|scratch| driver.poll(cx, scratch))).await
}
