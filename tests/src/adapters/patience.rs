//! Giving a future up after some polls, and making it anew: what C8 says loses nothing.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Awaits what `make` makes of the connection; with a number of polls, drops it after so many and makes it anew.
pub async fn impatiently<C, T>(connection: &mut C, polls: Option<usize>, mut make: impl AsyncFnMut(&mut C) -> T) -> T {
    let Some(polls) = polls else { return make(connection).await };
    loop {
        if let Some(done) = attempt(make(connection), polls).await {
            return done;
        }
        // Whoever was to wake the dropped future may have forgotten it.
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

/// Polls a future so often, at least once, and drops it if it is pending then.
pub async fn attempt<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
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
