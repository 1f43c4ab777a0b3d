//! Cancels a future after some polls and creates it again, to test C8: no byte is lost.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Awaits the future that `make` creates. If `polls` is a number, drops the future after that many polls and creates it
/// again, until one is ready.
pub async fn with_cancellation<C, T>(
    connection: &mut C,
    polls: Option<usize>,
    mut make: impl AsyncFnMut(&mut C) -> T,
) -> T {
    let Some(polls) = polls else { return make(connection).await };
    loop {
        if let Some(done) = poll_times(make(connection), polls).await {
            return done;
        }
        // The dropped future takes its wake-up with it, so this one wakes the task itself.
        let mut yielded = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Polls a future `polls` times, at least once. Drops it and returns `None` if it is still pending.
pub async fn poll_times<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => {
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}
