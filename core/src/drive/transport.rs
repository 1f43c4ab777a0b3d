use core::task::{Context, Poll};
use core::time::Duration;

use crate::chat::Config;
use crate::output::Transmit;

/// The rounds of a loop before it yields to other tasks, if its transport is never pending and moves few bytes.
pub(crate) const MAX_ROUNDS_PER_POLL: usize = 32;

/// The largest read. A socket seldom has more at once, and all the connections of a thread share the buffer, which keeps
/// this size.
pub(crate) const MAX_READ_SIZE: usize = 1024 * 1024;

/// The length of a read.
pub(crate) fn read_size(config: &Config) -> usize {
    config.read_size.clamp(1, MAX_READ_SIZE)
}

/// Yields to other tasks: the task is pending, and woken when the others have had their turn.
pub(crate) fn yield_now<T>(cx: &mut Context<'_>, transport: &mut impl Transport) -> Poll<T> {
    transport.yield_now(cx);
    Poll::Pending
}

/// Yields to other tasks once.
#[cfg(feature = "std")]
pub(crate) async fn yield_once() {
    let mut yielded = false;
    core::future::poll_fn(|cx| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The error of a transport that is ready and writes no byte: another attempt would spin.
#[cfg(feature = "std")]
pub(crate) fn write_zero() -> std::io::Error {
    std::io::ErrorKind::WriteZero.into()
}

/// The error of a transport that is ready and writes no byte: another attempt would spin.
#[cfg(not(feature = "std"))]
pub(crate) fn write_zero() -> &'static str {
    "the transport took none of the bytes that it was given"
}

/// A stream of bytes: the four calls that every runtime has under names of its own. Implemented by an adapter, used by a
/// [`Driver`](crate::drive::Driver) or a [`PollConnection`](crate::drive::PollConnection).
///
/// Each call either makes progress, or returns `Pending` and arranges for the task to be woken. The adapter repeats
/// interrupted calls, with [`retry_on_intr`](crate::drive::retry_on_intr).
pub trait Transport {
    /// The error of reading and writing.
    type Error: Into<crate::error::BoxError>;

    /// Reads into the buffer, which is not empty, and returns the number of bytes. 0 is the end of the stream.
    ///
    /// # Errors
    ///
    /// Those of the transport.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Self::Error>>;

    /// Writes some of the output, which is not empty, and returns the number of bytes. One vectored write takes all of it:
    /// [`Transmit::with_slices`]. The caller advances the output.
    ///
    /// # Errors
    ///
    /// Those of the transport. To be ready and write no byte is a failure too: the caller then reports `WriteZero`.
    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Transmit<'_>) -> Poll<Result<usize, Self::Error>>;

    /// Flushes what was written.
    ///
    /// # Errors
    ///
    /// Those of the transport.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;

    /// Shuts down the write side (half-close), so that the peer sees the end of the stream. Reading goes on.
    ///
    /// # Errors
    ///
    /// Those of the transport.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;

    /// Waits for an error of the connection, such as a reset by the peer, while there is nothing to read and nothing to
    /// write. A poll that is pending arranges for the task to be woken.
    ///
    /// The default waits for ever: only [`Config::idle_timeout`](crate::Config) then ends a connection
    /// whose peer has vanished after it ended its stream.
    fn poll_error(&mut self, cx: &mut Context<'_>) -> Poll<Self::Error> {
        let _ = cx;
        Poll::Pending
    }

    /// Arranges for the task to be woken after the runtime has looked at its I/O and polled the other tasks that are
    /// ready.
    ///
    /// The default wakes the task at once, which is enough where the runtime does both before it polls a task again. A
    /// runtime that polls a woken task many times before it looks at its I/O has a deferred yield of its own.
    fn yield_now(&mut self, cx: &mut Context<'_>) {
        cx.waker().wake_by_ref();
    }

    /// Returns whether a call may wait for the peer, instead of returning `Pending`. A driver then asks the clock again after
    /// each read, and looks at its timer and at the peer's deadline before the next.
    ///
    /// The default is `true`. A transport of an asynchronous runtime returns `false`, which saves both.
    fn may_block(&self) -> bool {
        true
    }

    /// Returns how many of the bytes that were written the peer's system has not acknowledged, or `None` if this transport
    /// cannot tell. A peer that does not read is found by it, whatever the size of the send buffer.
    ///
    /// On Linux the system call is `ioctl` with `SIOCOUTQ`. Code that forbids `unsafe` calls
    /// [`tcp_unacknowledged`](crate::drive::tcp_unacknowledged). The default cannot tell.
    fn unacknowledged(&self) -> Option<u64> {
        None
    }

    /// Makes the end of this transport a reset, which drops the output that the system still holds. Called before the
    /// transport is dropped, after a connection that was cut off.
    fn reset(&mut self) {}
}

/// A [`Transport`] that wraps a stream of its runtime. The methods have the names that they have in `std::io::BufReader`.
pub trait IoWrapper {
    /// The runtime's stream.
    type Stream;

    /// Wraps a stream.
    fn new(stream: Self::Stream) -> Self;

    /// Returns the stream.
    fn get_ref(&self) -> &Self::Stream;

    /// Returns the stream, mutably.
    fn get_mut(&mut self) -> &mut Self::Stream;

    /// Returns the stream, and drops the wrapper.
    fn into_inner(self) -> Self::Stream;
}

/// The time and an alarm, implemented by an adapter: core has no clock.
pub trait Clock {
    /// Returns the monotonic time since any fixed origin.
    fn now(&self) -> Duration;

    /// Sets the alarm to this time, instead of the time that was set before, and waits for it. `None` removes the alarm and
    /// frees its timer. When it is ready, the alarm is no longer set.
    ///
    /// The alarm is never early. It may be late by a small share of the wait. The task may be woken before: it then polls
    /// again.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()>;
}
