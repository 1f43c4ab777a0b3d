use std::any::Any;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Instant;
use std::{any, fmt};

use asynchat_core::Transmit;
use asynchat_core::drive::{IoWrapper, Sleep, Transport, retry_on_intr};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::runtime::Handle;

asynchat_core::tcp_functions!();

/// A stream of tokio, as core reads and writes it.
pub struct TokioIo<S> {
    stream: S,
    /// [`poll_error`](Transport::poll_error) has made tokio forget that the socket is ready to write.
    forgot_writable: bool,
}

/// Shows the type of the stream, which may hold what a peer sent (C20).
impl<S> fmt::Debug for TokioIo<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokioIo({})", any::type_name::<S>())
    }
}

impl<S: 'static> TokioIo<S> {
    /// Returns the stream, if it is a TCP socket. A bound cannot express "any stream, with more if it is a socket".
    fn tcp(&self) -> Option<&TcpStream> {
        let stream: &dyn Any = &self.stream;
        stream.downcast_ref()
    }

    /// Writes to a socket that tokio does not know to be ready. The system reports room only after it has had none, so that
    /// tokio would wait for ever for what it has been made to forget. The waker is registered already.
    fn write_unready(&mut self, output: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let Some(socket) = self.socket() else { return Poll::Pending };
        let result = retry_on_intr(|| match output.with_slices(|slices| socket.send_vectored(slices)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result),
        });
        // Pending, it had no room, and the system will report that it has.
        self.forgot_writable = result.is_ready();
        result
    }

    /// Returns the stream, if it is a Unix socket.
    #[cfg(unix)]
    fn unix(&self) -> Option<&UnixStream> {
        let stream: &dyn Any = &self.stream;
        stream.downcast_ref()
    }

    /// Returns the socket, if the stream is one.
    fn socket(&self) -> Option<SockRef<'_>> {
        #[cfg(unix)]
        if let Some(stream) = self.unix() {
            return Some(SockRef::from(stream));
        }
        self.tcp().map(SockRef::from)
    }
}

/// Waits for the error of a socket. `forget` makes tokio forget that it is ready to write, so that the wait is for the next
/// event of the socket.
///
/// When both sides of the connection have ended, tokio is never made to forget that: then nothing is left to wait for.
fn poll_socket_error(
    socket: &SockRef<'_>,
    forget: impl Fn() -> io::Result<()>,
    mut poll_write_ready: impl FnMut() -> Poll<io::Result<()>>,
) -> Poll<io::Error> {
    // More than the events that may come in between.
    const MAX_LOOKS: usize = 8;
    for _ in 0..MAX_LOOKS {
        let _ = forget();
        if let Some(error) = error(socket) {
            return Poll::Ready(error);
        }
        match poll_write_ready() {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(error),
        }
    }
    Poll::Pending
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Transport for TokioIo<S> {
    type Error = io::Error;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        retry_on_intr(|| {
            let mut buffer = ReadBuf::new(buffer);
            Pin::new(&mut self.stream).poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
        })
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let result = retry_on_intr(|| {
            output.with_slices(|slices| match slices {
                // A kernel takes a slice faster than a list of one: 5 % of a short answer on TCP of Linux.
                [slice] => Pin::new(&mut self.stream).poll_write(cx, slice),
                // A stream that does not support vectored writes writes the first of the slices.
                _ => Pin::new(&mut self.stream).poll_write_vectored(cx, slices),
            })
        });
        match result {
            Poll::Pending if self.forgot_writable => self.write_unready(output),
            result => {
                self.forgot_writable = false;
                result
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        retry_on_intr(|| Pin::new(&mut self.stream).poll_flush(cx))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        retry_on_intr(|| Pin::new(&mut self.stream).poll_shutdown(cx))
    }

    fn poll_error(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        self.forgot_writable = true;
        if let Some(stream) = self.tcp() {
            let try_io = || stream.try_io(Interest::WRITABLE, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
            return poll_socket_error(&SockRef::from(stream), try_io, || stream.poll_write_ready(cx));
        }
        #[cfg(unix)]
        if let Some(stream) = self.unix() {
            let try_io = || stream.try_io(Interest::WRITABLE, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
            return poll_socket_error(&SockRef::from(stream), try_io, || stream.poll_write_ready(cx));
        }
        Poll::Pending
    }

    fn may_block(&self) -> bool {
        false
    }

    fn unacknowledged(&self) -> Option<u64> {
        unacknowledged(&SockRef::from(self.tcp()?))
    }

    fn reset(&mut self) {
        if let Some(stream) = self.tcp() {
            reset(&SockRef::from(stream));
        }
    }

    /// tokio wakes the task after it has run out of other tasks and looked at its I/O. A task that wakes itself would be
    /// polled before, up to 61 times.
    fn yield_now(&mut self, cx: &mut Context<'_>) {
        let _ = pin!(tokio::task::yield_now()).poll(cx);
    }
}

impl<S> IoWrapper for TokioIo<S> {
    type Stream = S;

    fn new(stream: S) -> Self {
        Self { stream, forgot_writable: false }
    }

    fn get_ref(&self) -> &S {
        &self.stream
    }

    fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    fn into_inner(self) -> S {
        self.stream
    }
}

/// The clock of tokio, which tests can pause.
pub type TokioClock = asynchat_core::drive::RuntimeClock<TokioSleep>;

/// A timer of tokio. Boxed, since it must not be moved once it is set.
#[derive(Debug)]
pub struct TokioSleep(Pin<Box<tokio::time::Sleep>>);

impl Sleep for TokioSleep {
    type Runtime = Option<tokio::runtime::Id>;

    fn runtime() -> Self::Runtime {
        Handle::try_current().ok().map(|handle| handle.id())
    }

    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn until(at: Instant) -> Self {
        Self(Box::pin(tokio::time::sleep_until(at.into())))
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A task that has used up its budget would wait for nothing: the timer is polled only once.
        pin!(tokio::task::unconstrained(self.0.as_mut())).poll(cx)
    }
}
