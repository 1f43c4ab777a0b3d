//! The wait of a call: polls until the connection is ready, and waits in poll(2) between two polls.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use asynchat_core::Error;
use asynchat_core::drive::with_shared_read_buffer;

use crate::clock::StdClock;
use crate::io::{Awaited, Io};
use crate::notifier::Notifier;

pub(super) type PollConnection<S> = asynchat_core::drive::PollConnection<Io<S>, StdClock>;

/// A connection, or a half of one, that a thread polls and waits for.
pub(super) trait Wait<S> {
    /// Returns what wakes the thread.
    fn notifier(&self) -> Result<Arc<Notifier>, Error>;

    /// Calls [`poll_once`] with the connection.
    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut PollConnection<S>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> Polled<R>;

    /// Waits in poll(2).
    fn wait(&mut self, awaited: Awaited, time: Option<Duration>) -> io::Result<()>;
}

/// The result of a poll, and what to wait for if it is pending.
#[derive(Debug)]
pub(super) struct Polled<R> {
    pub(super) result: Poll<R>,
    pub(super) awaited: Awaited,
    pub(super) alarm: Option<Duration>,
}

pub(super) fn poll_once<S: Read + Write + 'static, R>(
    connection: &mut PollConnection<S>,
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut PollConnection<S>, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
) -> Polled<R> {
    let result = with_shared_read_buffer(|read_buffer| poll(connection, cx, read_buffer));
    let awaited = connection.transport_mut().take_awaited();
    let alarm = connection.clock_mut().take_alarm();
    Polled { result, awaited, alarm }
}

/// Polls until it is ready, for this time at most.
pub(super) fn wait_for<S: Read + Write + 'static, R>(
    waiting: &mut impl Wait<S>,
    time: Option<Duration>,
    mut poll: impl FnMut(&mut PollConnection<S>, &mut Context<'_>, &mut Vec<u8>) -> Poll<Result<R, Error>>,
) -> Result<R, Error> {
    let deadline = time.and_then(|time| Instant::now().checked_add(time));
    let waker = Waker::from(waiting.notifier()?);
    let mut cx = Context::from_waker(&waker);
    loop {
        let Polled { result, awaited, alarm } =
            waiting.poll(&mut cx, |connection, cx, read_buffer| match poll(connection, cx, read_buffer) {
                Poll::Pending => connection.poll_abort(cx.waker()).map(|()| Err(Error::Aborted)),
                ready => ready,
            });
        if let Poll::Ready(result) = result {
            return result;
        }
        if awaited.is_yielded() {
            continue;
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Error::call_timeout());
        }
        waiting.wait(awaited, left.into_iter().chain(alarm).min())?;
    }
}

/// A whole connection, which belongs to the thread alone.
impl<S: Read + Write + 'static> Wait<S> for PollConnection<S> {
    fn notifier(&self) -> Result<Arc<Notifier>, Error> {
        Ok(Arc::clone(self.transport().wake()))
    }

    fn poll<R>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Self, &mut Context<'_>, &mut Vec<u8>) -> Poll<R>,
    ) -> Polled<R> {
        poll_once(self, cx, poll)
    }

    /// The connection is asked here for a handle: a half may have made it before the two were put together.
    fn wait(&mut self, awaited: Awaited, time: Option<Duration>) -> io::Result<()> {
        let is_woken_by_others = self.is_woken_by_others();
        self.transport_mut().wait_for(awaited, time, is_woken_by_others)
    }
}
