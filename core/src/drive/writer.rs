use core::task::{Context, Poll};

use bytes::Buf;

use crate::drive::transport::{Transport, write_zero};
use crate::error::BoxError;
use crate::output::Transmit;

/// The writes of one round, if the transport takes everything: then it is the turn of reading.
const MAX_WRITES_PER_ROUND: usize = 8;

/// Output on its way to a transport: that of a [`Chat`](crate::chat::Chat), or that of a
/// [`PollConnection`](crate::drive::PollConnection).
pub(crate) trait Output {
    /// Returns whether there may be something to write. It is false while a producer is pending and nothing is staged.
    fn wants_write(&self) -> bool;

    /// Stages the next write. Empty if a producer had nothing more, is pending, or has failed.
    fn transmit(&mut self, cx: &mut Context<'_>) -> Transmit<'_>;

    /// Returns whether something was written and not flushed.
    fn is_unflushed(&self) -> bool;

    /// Notes whether something was written and not flushed.
    fn set_unflushed(&mut self, unflushed: bool);

    /// Notes the length of a write.
    fn wrote(&mut self, len: usize);

    /// Returns whether no further write should follow in this turn.
    fn is_turn_over(&self) -> bool;

    /// Returns whether everything was written, no more will come, and the write side is to be shut down.
    fn wants_shutdown(&self) -> bool;

    /// The write side was shut down. With an error the peer is gone, which is no failure: all output was sent before.
    fn handle_shutdown(&mut self, error: Option<BoxError>);

    /// A write or a flush failed. The output wants no more afterwards.
    fn handle_write_error(&mut self, error: BoxError);
}

/// The result of [`send`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Everything was written and flushed, up to a producer that is pending, and shut down if that was wanted; or the
    /// output has failed.
    All,
    /// The transport is pending, and wakes the task.
    Pending,
    /// There is more to write, after reading or another connection has had its turn.
    More,
}

/// Writes, flushes and shuts down the write side, as far as the transport takes it and the budget lasts.
pub(crate) fn send(cx: &mut Context<'_>, transport: &mut impl Transport, output: &mut impl Output) -> Sent {
    for round in 0..MAX_WRITES_PER_ROUND {
        if !output.wants_write() {
            return finish(cx, transport, output);
        }
        if round > 0 && output.is_turn_over() {
            return Sent::More;
        }
        let mut staged = output.transmit(cx);
        if !staged.has_remaining() {
            continue;
        }
        let error = match transport.poll_write(cx, &staged) {
            // No flush while a write is pending: async-net's sockets then forget to wake the task for the write. It would
            // be of no use either, since such a transport is sending what it has.
            Poll::Pending => return Sent::Pending,
            Poll::Ready(Ok(0)) => write_zero().into(),
            Poll::Ready(Ok(len)) => {
                // A transport that says that it took more than it was given is wrong, and no reason to panic.
                let len = len.min(staged.remaining());
                staged.advance(len);
                output.wrote(len);
                output.set_unflushed(true);
                continue;
            }
            Poll::Ready(Err(error)) => error.into(),
        };
        output.handle_write_error(error);
        return Sent::All;
    }
    if output.wants_write() { Sent::More } else { finish(cx, transport, output) }
}

fn finish(cx: &mut Context<'_>, transport: &mut impl Transport, output: &mut impl Output) -> Sent {
    if output.is_unflushed() {
        let Poll::Ready(result) = transport.poll_flush(cx) else { return Sent::Pending };
        output.set_unflushed(false);
        if let Err(error) = result {
            output.handle_write_error(error.into());
            return Sent::All;
        }
    }
    if output.wants_shutdown() {
        let Poll::Ready(result) = transport.poll_shutdown(cx) else { return Sent::Pending };
        output.handle_shutdown(result.err().map(Into::into));
    }
    Sent::All
}
