use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::task::{Poll, Waker};
use std::sync::{Mutex, MutexGuard};

use super::isolate_panic::isolate_panic;
use super::outcome::ServeOutcome;
use super::record::ConnectionRecord;
use crate::sync;

/// A message of another task or thread to the loop of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent {
    /// The server is to shut down.
    Shutdown,
    /// The connection of this number has ended, and its socket is closed.
    Ended(u64),
}

/// The signals that have not been handled, and the task or thread that handles them.
#[derive(Debug, Default)]
pub(super) struct Signals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    shutdown: bool,
    ended: Vec<u64>,
    waker: Option<Waker>,
}

impl Signals {
    /// Returns the next signal: a shutdown first. If there is none, `waker` will be woken by the next.
    pub(super) fn poll(&self, waker: &Waker) -> Poll<ServerEvent> {
        let mut state = self.lock();
        if mem::take(&mut state.shutdown) {
            return Poll::Ready(ServerEvent::Shutdown);
        }
        if let Some(number) = state.ended.pop() {
            return Poll::Ready(ServerEvent::Ended(number));
        }
        let replaced = sync::register(&mut state.waker, waker);
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    fn signal(&self, note: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.lock();
            note(&mut state);
            state.waker.take()
        };
        sync::wake(waker);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.0)
    }
}

/// Shuts a server down gracefully, from any task or thread. Made by a server's `shutdown_handle`.
#[derive(Debug, Clone)]
pub struct ShutdownHandle {
    signals: Arc<Signals>,
}

impl ShutdownHandle {
    pub(super) fn new(signals: Arc<Signals>) -> Self {
        Self { signals }
    }

    /// Starts a graceful shutdown: the server stops listening, and tells each handler, behind everything that was pushed to
    /// its connection before: [`Handler::handle_shutdown`](crate::chat::Handler::handle_shutdown). The handler may say a
    /// last word. By default the connection closes once everything that is queued for it has been sent.
    ///
    /// The server's `serve` returns when the last connection has ended. After the server's drain timeout, 30 seconds
    /// unless `with_drain_timeout` says otherwise, it aborts those that are left. A handler that does not return within
    /// a second of that is given up: `serve` returns without it.
    ///
    /// Before `serve` is called, the shutdown waits for it; afterwards it does nothing.
    ///
    /// # The backlog
    ///
    /// Connections in the backlog of the system, which were not accepted yet, are refused: the system resets them when the
    /// listener closes. So a client knows that nothing of what it sent was read, and can try elsewhere at once; and no
    /// connection is accepted only to be closed. To hand the backlog over to another process, keep a clone of the listener,
    /// and make the server of the other: `from_listener`.
    pub fn shutdown(&self) {
        self.signals.signal(|state| state.shutdown = true);
    }
}

/// Tells a server and its observer that a connection has ended, when it is dropped: after its socket, also by a panic. For
/// adapters.
#[derive(Debug)]
pub struct ConnectionGuard(Link);

/// In 16 bytes, a number or a pointer and a pointer or null: a task of tokio with 32 bytes, in place of 24, takes 256
/// bytes of memory in place of 128.
#[derive(Debug)]
enum Link {
    Plain { number: u64, signals: Arc<Signals> },
    Recorded(Arc<ConnectionRecord>),
}

impl ConnectionGuard {
    pub(super) fn plain(number: u64, signals: Arc<Signals>) -> Self {
        Self(Link::Plain { number, signals })
    }

    pub(super) fn recorded(record: Arc<ConnectionRecord>) -> Self {
        Self(Link::Recorded(record))
    }

    /// Returns the number of the connection.
    pub fn number(&self) -> u64 {
        match &self.0 {
            Link::Plain { number, .. } => *number,
            Link::Recorded(record) => record.number(),
        }
    }

    /// Runs code of the connection, within its span if it has one. `None` after a panic, of which the observer is told.
    pub fn isolate<R>(&self, call: impl FnOnce() -> R) -> Option<R> {
        let Some(record) = self.record() else { return isolate_panic(call).ok() };
        let result = isolate_panic(|| record.within(call));
        if result.is_err() {
            record.panicked();
        }
        result.ok()
    }

    /// Runs the code that serves the connection to its end, and notes the result for the observer.
    pub fn run<O: ServeOutcome>(&self, serve: impl FnOnce() -> O) {
        // A panic has been noted.
        let _ = self.poll(|| Poll::Ready(serve()));
    }

    /// Polls the code that serves the connection, and notes its result for the observer. Ready after a panic too.
    pub(super) fn poll<O: ServeOutcome>(&self, poll: impl FnOnce() -> Poll<O>) -> Poll<()> {
        // The output is dropped in here too: its drop may panic.
        let Some(polled) = self.isolate(|| poll().map(O::into_result)) else { return Poll::Ready(()) };
        polled.map(|result| {
            if let Some(record) = self.record() {
                record.finish(result);
            }
        })
    }

    pub(super) fn record(&self) -> Option<&ConnectionRecord> {
        match &self.0 {
            Link::Plain { .. } => None,
            Link::Recorded(record) => Some(record),
        }
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let signals = match &self.0 {
            Link::Plain { signals, .. } => signals,
            Link::Recorded(record) => {
                // Before the server learns of it: when `serve` returns, the observer knows every end.
                record.closed();
                record.signals()
            }
        };
        signals.signal(|state| state.ended.push(self.number()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::CountingWaker;

    #[test]
    fn signals_wake_the_server_and_come_once() {
        let signals = Arc::<Signals>::default();
        let (woken, waker) = CountingWaker::new();
        assert_eq!(signals.poll(&waker), Poll::Pending);
        drop(ConnectionGuard::plain(7, Arc::clone(&signals)));
        ShutdownHandle::new(Arc::clone(&signals)).shutdown();
        assert_eq!(woken.count(), 1, "it was awake for the second");
        assert_eq!(signals.poll(&waker), Poll::Ready(ServerEvent::Shutdown));
        assert_eq!(signals.poll(&waker), Poll::Ready(ServerEvent::Ended(7)));
        assert_eq!(signals.poll(&waker), Poll::Pending);
    }

    #[test]
    fn connection_guard_is_small() {
        assert_eq!(size_of::<ConnectionGuard>(), 16);
    }
}
