use core::pin::Pin;
use core::task::{Context, Poll};

use super::connections::ServedBy;
use super::outcome::ServeOutcome;
use super::signals::ConnectionGuard;
use crate::error::Error;

/// The future of a connection's task. A panic in it goes no further, and its end is signalled, also that by a panic.
///
/// A runtime passes a panic of a task on to the thread that polls it, and on smol and async-std the process may end with
/// that. Dropping the future can panic too, since that calls the handler, and a cancelled task is dropped by any thread:
/// that is caught as well. So is a panic in the drop of the panic's payload.
///
/// State that a panic leaves half done is dropped with the connection, and no code looks at it later.
pub(super) struct Task<F> {
    /// An option, so that it can be dropped in place.
    connection: Option<F>,
    /// Dropped after the connection, so that the socket is closed when the server learns of it.
    guard: ConnectionGuard,
}

impl<F: Future<Output: ServeOutcome> + Unpin> Task<F> {
    pub(super) fn new(connection: F, guard: ConnectionGuard) -> Self {
        Self { connection: Some(connection), guard }
    }
}

impl<F: Future<Output: ServeOutcome> + Unpin> Future for Task<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { connection, guard } = &mut *self;
        let Some(future) = connection else { return Poll::Ready(()) };
        let record = guard.record().filter(|record| record.served_by() == ServedBy::Code);
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

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::sync::Arc;
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::drive::server::ServerOptions;
    use crate::sync::CountingWaker;

    // C16
    #[test]
    fn task_drops_a_pending_future_when_aborted() {
        let accepted = ServerOptions::new(1).connections::<()>().accept((), (), ServedBy::Code);
        let polled = Arc::new(AtomicUsize::new(0));
        let inner = Arc::clone(&polled);
        let future = Box::pin(core::future::poll_fn(move |_| {
            inner.fetch_add(1, Ordering::SeqCst);
            Poll::<()>::Pending
        }));
        let mut task = Task::new(future, accepted.guard);
        let (woken, waker) = CountingWaker::new();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut task).poll(&mut cx).is_pending());
        accepted.handle.abort();
        assert_eq!(woken.count(), 1);
        assert!(Pin::new(&mut task).poll(&mut cx).is_ready());
        assert_eq!(polled.load(Ordering::SeqCst), 2, "once more, for a `drive` in it");
        assert_eq!(Arc::strong_count(&polled), 1, "it was dropped");
    }

    /// tokio allocates 128 bytes for a task up to this size, and 256 above.
    #[test]
    fn task_is_small() {
        assert_eq!(size_of::<Task<Box<u8>>>(), 3 * size_of::<usize>());
    }
}
