//! The polls that send: flush, finish and close.

use alloc::vec::Vec;
use core::task::{Context, Poll, ready};

use super::PollConnection;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, Transport, yield_now};
use crate::drive::writer::{Sent, send};
use crate::error::Error;
use crate::framing::ReceiveBuffer;

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Waits until all output is written and flushed, that of producers that are pending included. Input is read
    /// meanwhile, up to [`Config::high_water`](crate::chat::Config::high_water), since the peer may be unable to read
    /// before it has written.
    ///
    /// # Errors
    ///
    /// That of the transport, or of a producer; the same again at every later call.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        self.outbox.queue.ask_again();
        self.poll_reading(cx, read_buffer, |_| {})
    }

    /// Ends the output: waits until everything that was pushed is written and flushed, and the write side shut down
    /// (half-close). Input can be polled for until the peer ends its stream too (C18). A later push is refused.
    ///
    /// # Errors
    ///
    /// As for [`poll_flush`](Self::poll_flush).
    pub fn poll_finish(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        self.end_output();
        self.poll_flush(cx, read_buffer)
    }

    /// Ends the output as [`poll_finish`](Self::poll_finish) does, as far as the transport takes it now. Needs no timer.
    #[cfg(feature = "std")]
    pub(crate) fn try_finish(&mut self, cx: &mut Context<'_>) {
        self.end_output();
        self.outbox.queue.ask_again();
        let _ = self.poll_send(cx);
    }

    /// Accepts no more output, but for what others have pushed before.
    fn end_output(&mut self) {
        self.collect_rest();
        self.outbox.queue.close_when_done();
    }

    /// Sends all output, and calls `dispose` for the input that is read meanwhile.
    pub(super) fn poll_reading(
        &mut self,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
        dispose: impl Fn(&mut ReceiveBuffer),
    ) -> Poll<Result<(), Error>> {
        for _ in 0..MAX_ROUNDS_PER_POLL {
            dispose(&mut self.received);
            if let Poll::Ready(result) = self.poll_send(cx) {
                return Poll::Ready(result);
            }
            let room = self.received.waiting() < self.config.high_water && self.received.wants_read();
            // An error of the input is returned by the polls for input.
            if !room || self.read_failed.is_some() || self.poll_read(cx, read_buffer).is_pending() {
                self.received.return_buffer(read_buffer);
                return self.poll_judge(cx);
            }
            self.cut_off_if_late()?;
            if self.outbox.budget.is_spent() {
                break;
            }
        }
        dispose(&mut self.received);
        self.received.return_buffer(read_buffer);
        self.yield_now(cx)
    }

    /// Closes gracefully: sends all output, shuts down the write side, and waits for the peer to close, for
    /// [`Config::linger`](crate::chat::Config::linger) at most. Input that arrives meanwhile is dropped. A later push is
    /// refused, and a later poll for input finds the end.
    ///
    /// # Errors
    ///
    /// As for [`poll_flush`](Self::poll_flush).
    pub fn poll_close(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        self.end_output();
        self.may_look = false;
        self.ending.close();
        self.outbox.queue.ask_again();
        ready!(self.poll_reading(cx, read_buffer, ReceiveBuffer::discard))?;
        if self.outbox.is_peer_gone() {
            // There is nobody to wait for.
            self.received.received_end();
        }
        let (clock, linger) = (&self.clock, self.config.linger);
        self.linger_until.get_or_insert_with(|| clock.now().saturating_add(linger));
        for _ in 0..MAX_ROUNDS_PER_POLL {
            self.received.discard();
            // A handle may abort it meanwhile.
            self.collect(cx);
            self.outbox.result()?;
            let hung_up = !self.received.wants_read() || self.read_failed.is_some();
            self.asked_at = self.clock.now();
            if hung_up || self.has_lingered() {
                let _ = self.clock.poll_alarm(cx, None);
                return Poll::Ready(Ok(()));
            }
            if self.poll_read(cx, read_buffer).is_pending() {
                self.received.return_buffer(read_buffer);
                ready!(self.poll_judge(cx))?;
            }
            if self.outbox.budget.is_spent() {
                break;
            }
        }
        self.received.discard();
        self.received.return_buffer(read_buffer);
        self.yield_now(cx)
    }

    /// Writes and flushes everything that is queued, and shuts down the write side once the queue is closed.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.asked_at = self.clock.now();
        #[cfg(feature = "std")]
        self.abort_if_requested();
        self.collect(cx);
        let sent = send(cx, &mut self.transport, &mut self.outbox);
        // There may be room now for what was left because the queue was above its mark.
        let collected = self.collect_again(cx);
        self.outbox.record_unsent();
        self.update_share();
        self.outbox.result()?;
        match sent {
            Sent::Pending => Poll::Pending,
            // A producer wakes the task.
            Sent::All if !collected && self.outbox.queue.is_pending() => Poll::Pending,
            Sent::All if !collected => Poll::Ready(Ok(())),
            Sent::All | Sent::More => yield_now(cx, &mut self.transport),
        }
    }
}
