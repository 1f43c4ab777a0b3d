use core::pin::Pin;
use core::task::{Context, Poll};

use super::outcome::ServeOutcome;
use super::signals::ConnectionGuard;
use crate::error::Error;

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
    aborts: bool,
    /// Dropped after the connection, so that the socket is closed when the server learns of it.
    guard: ConnectionGuard,
}

impl<F: Future<Output: ServeOutcome> + Unpin> Task<F> {
    /// `aborts`: whether an abort drops a future that is pending. One that has a mailbox and nothing else ends by itself.
    pub(super) fn new(connection: F, aborts: bool, guard: ConnectionGuard) -> Self {
        Self { connection: Some(connection), aborts, guard }
    }
}

impl<F: Future<Output: ServeOutcome> + Unpin> Future for Task<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { connection, aborts, guard } = &mut *self;
        let Some(future) = connection else { return Poll::Ready(()) };
        let record = guard.record().filter(|_| *aborts);
        let is_aborted = record.is_some_and(|record| record.poll_abort(cx.waker()).is_ready());
        // Polled once more after an abort: a `drive` in it then closes its connection itself.
        if guard.poll(|| Pin::new(future).poll(cx)).is_ready() {
            return Poll::Ready(());
        }
        let Some(record) = record.filter(|_| is_aborted) else { return Poll::Pending };
        record.finish(Err(Error::Aborted));
        guard.isolate(|| *connection = None);
        Poll::Ready(())
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        self.guard.isolate(|| drop(connection));
    }
}
