use core::task::{Context, Poll};
use core::time::Duration;

use crate::output::Transmit;

/// The rounds of a loop before it yields to other tasks, if its transport is never pending.
pub(crate) const MAX_ROUNDS_PER_POLL: usize = 32;

/// Yields to other tasks: the task is pending, and woken at once.
pub(crate) fn yield_now<T>(cx: &Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Yields to other tasks once.
#[cfg(feature = "std")]
pub(crate) async fn yield_once() {
    let mut yielded = false;
    core::future::poll_fn(|cx| if core::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { yield_now(cx) })
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
    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()>;
}
