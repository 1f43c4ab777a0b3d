use core::task::{Context, Poll};
use core::time::Duration;

use crate::output::Staged;

/// How often a loop goes round before it lets other tasks have their turn, if its transport is never pending.
pub(crate) const ROUNDS: usize = 32;

/// How often it writes before it reads again, if its transport takes all it is given.
pub(crate) const WRITES: usize = 8;

/// Lets other tasks have their turn, and comes back after them.
pub(crate) fn give_way<T>(cx: &Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// What a transport has done that is ready and writes no byte: to try again would spin.
#[cfg(feature = "std")]
pub(crate) fn took_nothing() -> std::io::Error {
    std::io::ErrorKind::WriteZero.into()
}

/// What a transport has done that is ready and writes no byte: to try again would spin.
#[cfg(not(feature = "std"))]
pub(crate) fn took_nothing() -> &'static str {
    "it took none of the bytes that it was given"
}

/// A stream of bytes as an adapter offers it to a [`Driver`](crate::drive::Driver) or a [`Puller`](crate::drive::Puller): the four calls
/// that every runtime has under names of its own.
///
/// Core implements it for nothing and calls no socket; it is how an adapter says what its runtime's are. Each call either
/// does something, or arranges for the task to be woken and returns `Pending`. An interrupted call is the adapter's to
/// repeat.
pub trait Transport {
    /// What reading and writing fail with.
    type Error: Into<crate::HandlerError>;

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
    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Staged<'_>) -> Poll<Result<usize, Self::Error>>;

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

/// A [`Transport`] made of a stream of its runtime: how a [`Connection`](crate::drive::Connection) takes one and gives it back.
pub trait Wraps {
    /// The runtime's stream.
    type Stream;

    /// Makes a transport of it.
    fn wrap(stream: Self::Stream) -> Self;

    /// The stream, as it is within.
    fn stream(&self) -> &Self::Stream;

    /// Gives it back.
    fn into_stream(self) -> Self::Stream;
}

/// The time and an alarm, as an adapter offers them: core has no clock.
pub trait Clock {
    /// The monotonic time since any fixed origin.
    fn now(&self) -> Duration;

    /// Sets the alarm to this time, replacing what was set before; `None` takes it away, and frees what it held. Ready
    /// when it rings; the alarm is then not set.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Option<Duration>) -> Poll<()>;
}
