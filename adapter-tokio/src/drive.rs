use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use asynchat_core::drive::{Driver, Mailbox, with_read_buffer};
use asynchat_core::{Chat, Config, Error, Handler};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::io::{TokioClock, TokioIo};

/// Drives a handler over one connection, from connect to close, and returns how it ended.
///
/// Reading and writing go on at the same time. While the connection is idle it has no read buffer: what can be read is
/// read into space that the thread's connections share, and dealt with at once. The timer is there only while a frame or
/// output is under way, so a runtime without tokio's time driver will do if [`Config::min_input_rate`] and
/// [`Config::min_output_rate`] are `None` and [`Config::linger`] zero.
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
pub fn drive<S, H>(stream: S, handler: H, config: impl Into<Arc<Config>>) -> impl Future<Output = Result<(), Error>>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    run(stream, Driver::new(TokioClock::default(), Chat::new(handler, config)))
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
    run(stream, Driver::with_mailbox(TokioClock::default(), Chat::new(handler, config), mailbox))
}

/// In a box of its own, since a runtime's block for a task begins at a multiple of 128 bytes, and allocators waste the
/// more on those the larger they are.
fn run<S, H>(stream: S, driver: Driver<TokioClock, H>) -> impl Future<Output = Result<(), Error>>
where
    S: AsyncRead + AsyncWrite,
    H: Handler,
{
    Box::pin(Driving { stream, driver })
}

pin_project! {
    /// Written out, since an async block has its arguments and what it makes of them side by side.
    struct Driving<S, H: Handler> {
        #[pin]
        stream: S,
        driver: Driver<TokioClock, H>,
    }
}

impl<S: AsyncRead + AsyncWrite, H: Handler> Future for Driving<S, H> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut io = TokioIo(this.stream);
        with_read_buffer(|read_buffer| this.driver.poll(cx, &mut io, read_buffer))
    }
}

#[cfg(test)]
mod tests {
    use asynchat_core::{BoxError, Channel};

    use super::*;

    struct Nothing;

    impl Handler for Nothing {
        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }
    }

    /// What `benches/idle_memory` measures, as far as the compiler knows it.
    #[test]
    fn an_idle_connection_is_small() {
        let beside_the_stream = size_of::<Driver<TokioClock, Nothing>>();
        assert!(beside_the_stream <= 112, "{beside_the_stream}");
        let driving = drive(tokio::io::duplex(1).0, Nothing, Config::default());
        assert_eq!(size_of_val(&driving), size_of::<usize>());
    }
}
