use std::sync::Arc;

use asynchat_core::drive::Mailbox;
use asynchat_core::{Config, Handler};
use futures_io::{AsyncRead, AsyncWrite};

use crate::io::{AsyncIoClock, FuturesIo};

/// The future that [`drive`] returns. [`asynchat_core::drive::Drive`] says what it promises.
pub type Drive<S, H> = asynchat_core::drive::Drive<FuturesIo<S>, AsyncIoClock, H>;

/// Drives a handler over one connection, from connect to close, and returns how it ended.
///
/// Any executor may poll it.
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
