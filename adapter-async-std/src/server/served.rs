use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_channel::Sender;

/// A connection's future in a task of its own: a panic in it goes no further, and its end is told, whichever it was.
///
/// A runtime's task would hand the panic on to the thread that polls it, and under smol and async-std alike the process
/// may end with that. Dropping the future may panic too, since that tells the handler, and a cancelled task is dropped by
/// whatever thread has it; so that is caught as well.
///
/// What was left half done by a panic is dropped with the connection: nothing looks at it later.
pub(super) struct Served<F> {
    /// Boxed, so that it can be dropped in place.
    connection: Option<Pin<Box<F>>>,
    /// Dropped after it, and by that time its socket is closed.
    _ended: TellsItsEnd,
}

impl<F: Future> Served<F> {
    pub(super) fn new(connection: F, id: u64, ended: Sender<u64>) -> Self {
        Self { connection: Some(Box::pin(connection)), _ended: TellsItsEnd { id, ended } }
    }
}

impl<F: Future> Future for Served<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else { return Poll::Ready(()) };
        // The handler has been told how it ended.
        let is_pending = catch_unwind(AssertUnwindSafe(|| connection.as_mut().poll(cx).is_pending()));
        if is_pending.unwrap_or(false) { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl<F> Drop for Served<F> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(connection)));
    }
}

/// Tells the server that a connection has ended, when dropped.
struct TellsItsEnd {
    id: u64,
    ended: Sender<u64>,
}

impl Drop for TellsItsEnd {
    fn drop(&mut self) {
        // If the server has gone, nobody wants to know.
        let _ = self.ended.try_send(self.id);
    }
}
