use core::task::{Context, Poll};
use core::time::Duration;

use crate::output::Transmit;

/// How often a loop goes round before it lets other tasks have their turn, if its transport is never pending.
pub(crate) const MAX_ROUNDS_PER_POLL: usize = 32;

/// How often it writes before it reads again, if its transport takes all it is given.
pub(crate) const MAX_WRITES_PER_ROUND: usize = 8;

/// Lets other tasks have their turn, and comes back after them.
pub(crate) fn yield_now<T>(cx: &Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// What a transport has done that is ready and writes no byte: to try again would spin.
#[cfg(feature = "std")]
pub(crate) fn write_zero() -> std::io::Error {
    std::io::ErrorKind::WriteZero.into()
}

/// What a transport has done that is ready and writes no byte: to try again would spin.
#[cfg(not(feature = "std"))]
pub(crate) fn write_zero() -> &'static str {
    "it took none of the bytes that it was given"
}

/// A stream of bytes as an adapter offers it to a [`Driver`](crate::drive::Driver) or a [`PollConnection`](crate::drive::PollConnection): the four calls
/// that every runtime has under names of its own.
///
/// Core implements it for nothing and calls no socket; it is how an adapter says what its runtime's are. Each call either
/// does something, or arranges for the task to be woken and returns `Pending`. An interrupted call is the adapter's to
/// repeat.
pub trait Transport {
    /// What reading and writing fail with.
    type Error: Into<crate::error::BoxError>;

    /// Reads into the buffer, which is not empty, and returns how many bytes; none is the end of the stream.
    ///
    /// # Errors
    ///
    /// Whatever the transport fails with.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Self::Error>>;

    /// Writes some of the output, which is not empty, in one vectored write if that can be, and returns how many bytes.
    /// The caller advances the output.
    ///
    /// # Errors
    ///
    /// Whatever the transport fails with. One that is ready and takes nothing at all has failed too.
    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Transmit<'_>) -> Poll<Result<usize, Self::Error>>;

    /// Sends on what has been written.
    ///
    /// # Errors
    ///
    /// Whatever the transport fails with.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;

    /// Ends the output, so that the peer sees the end of the stream. Reading goes on.
    ///
    /// # Errors
    ///
    /// Whatever the transport fails with.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;
}

/// A [`Transport`] around a stream of its runtime, as a [`Connection`](crate::drive::Connection) makes and unmakes it.
///
/// The methods are those of `std::io::BufReader`.
pub trait IoWrapper {
    /// The runtime's stream.
    type Stream;

    /// Wraps a stream.
    fn new(stream: Self::Stream) -> Self;

    /// The stream.
    fn get_ref(&self) -> &Self::Stream;

    /// The stream, to be changed.
    fn get_mut(&mut self) -> &mut Self::Stream;

    /// Unwraps the stream.
    fn into_inner(self) -> Self::Stream;
}

/// The time and an alarm, as an adapter offers them: core has no clock.
pub trait Clock {
    /// The monotonic time since any fixed origin.
    fn now(&self) -> Duration;

    /// Sets the alarm to this time, replacing what was set before; `None` takes it away, and frees what it held. Ready
    /// when it rings; the alarm is then not set.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()>;
}
