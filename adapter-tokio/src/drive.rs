use std::sync::Arc;

use asynchat_core::drive::Mailbox;
use asynchat_core::{Config, Handler};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::io::{TokioClock, TokioIo};

/// The future that [`drive`] returns. [`asynchat_core::drive::Drive`] says what it promises.
pub type Drive<S, H> = asynchat_core::drive::Drive<TokioIo<S>, TokioClock, H>;

/// Drives a handler over one connection, from connect to close, and returns how it ended.
///
/// There is a timer only while a frame or output is under way, so a runtime without tokio's time driver will do if
/// [`Config::pace`] is `None` and [`Config::linger`] zero.
///
/// # Cancel safety
///
/// Dropping the future drops the connection, without sending what is queued. The handler is given
/// [`Error::Aborted`](asynchat_core::Error::Aborted).
///
/// # Errors
///
/// The error that ended the conversation early, with the side that is to [blame](asynchat_core::Error::blame). The handler
/// is given the same.
///
/// # Panics
///
/// If the handler does.
///
/// # Examples
///
/// ```
/// use asynchat_tokio::{Channel, Config, Handler, BoxError, drive};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_vec())?)
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
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
pub fn drive<S, H>(stream: S, handler: H, config: impl Into<Arc<Config>>) -> Drive<S, H>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    Drive::new(stream, handler, config)
}

/// Drives a handler as [`drive`] does, with a mailbox: other tasks push to the connection through its
/// [`ConnectionHandle`](asynchat_core::drive::ConnectionHandle).
///
/// # Errors
///
/// As for [`drive`].
pub fn drive_with_mailbox<S, H>(stream: S, handler: H, config: impl Into<Arc<Config>>, mailbox: Mailbox) -> Drive<S, H>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    Drive::with_mailbox(stream, handler, config, mailbox)
}
