use core::pin::Pin;
use core::task::{Context, Poll};

use super::isolate_panic::isolate_panic;
use super::signals::ConnectionEnd;

/// The future of a connection's task. A panic in it goes no further, and its end is signalled, also that by a panic.
///
/// A runtime passes a panic of a task on to the thread that polls it, and on smol and async-std the process may end with
/// that. Dropping the future can panic too, since that calls the handler, and a cancelled task is dropped by any thread:
/// that is caught as well. So is a panic in the drop of the panic's payload.
///
/// Whatever a panic leaves half done is dropped with the connection: nothing looks at it later.
pub(super) struct Task<F> {
    /// An option, so that it can be dropped in place.
    connection: Option<F>,
    /// Dropped after the connection, so that the socket is closed when the server learns of it.
    _end: ConnectionEnd,
}

impl<F: Future + Unpin> Task<F> {
    pub(super) fn new(connection: F, end: ConnectionEnd) -> Self {
        Self { connection: Some(connection), _end: end }
    }
}

impl<F: Future + Unpin> Future for Task<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(()) };
        // The handler has been given the outcome.
        let is_pending = isolate_panic(|| Pin::new(connection).poll(cx).is_pending());
        if is_pending.unwrap_or(false) { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        let _ = isolate_panic(|| drop(connection));
    }
}
