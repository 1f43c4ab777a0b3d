//! Input: what was read, and reading more.

use alloc::vec::Vec;
use core::task::{Context, Poll, ready};

use super::PollConnection;
use super::ending::Ending;
use crate::drive::budget::Budget;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, Transport, read_size, yield_now};
use crate::error::Error;

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Waits for the next event: `true` if [`event`](Self::event) has it, `false` at the end of the stream.
    ///
    /// # Errors
    ///
    /// That of the transport, after everything that arrived before it. Or one that blames the caller, if it has asked for
    /// more than 1,024 frames without a byte in a row.
    pub fn poll_event(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<bool, Error>> {
        self.poll_input(cx, read_buffer, |connection| {
            let found = connection.received.find_event()?;
            if found {
                connection.outbox.budget.spend_call();
            }
            Ok(found.then_some(()))
        })
        .map_ok(|found| found.is_some())
    }

    /// Waits for the next whole frame: `true` if [`frame`](Self::frame) has it, `false` at the end of the stream.
    ///
    /// # Errors
    ///
    /// [`Error::FrameTooLong`], once for each such frame. [`Error::Truncated`], once, if the stream ended within a frame;
    /// [`partial`](Self::partial) then has the part that arrived. Or that of the transport. Or one that blames the caller,
    /// if it has asked for more than 1,024 frames without a byte in a row.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<bool, Error>> {
        self.poll_input(cx, read_buffer, |connection| {
            connection.outbox.budget.spend_call();
            Ok(connection.received.find_frame()?.then_some(()))
        })
        .map_ok(|found| found.is_some())
    }

    /// Skips the present frame, or the next one if none has begun: waits for its end, and returns its length in bytes.
    /// `None` at the end of the stream. See [`Frames::skip_frame`](crate::framing::Frames::skip_frame).
    ///
    /// # Errors
    ///
    /// As for [`poll_frame`](Self::poll_frame), without [`Error::FrameTooLong`].
    pub fn poll_skip_frame(
        &mut self,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<Option<u64>, Error>> {
        self.poll_input(cx, read_buffer, |connection| {
            connection.outbox.budget.spend_call();
            connection.received.find_skipped()
        })
    }

    /// Finds the next frame in what was read before, without a waker, a read buffer or a look at the time. `None` if there
    /// is none, or if the connection has more to do first: [`poll_frame`](Self::poll_frame) does it.
    ///
    /// # Errors
    ///
    /// As for [`poll_frame`](Self::poll_frame).
    #[inline]
    pub fn find_ready_frame(&mut self) -> Option<Result<(), Error>> {
        if self.has_turn() { self.received.find_ready_frame() } else { None }
    }

    /// Finds the next event in what was read before, as [`find_ready_frame`](Self::find_ready_frame) finds a frame.
    ///
    /// # Errors
    ///
    /// As for [`poll_event`](Self::poll_event).
    #[inline]
    pub fn find_ready_event(&mut self) -> Option<Result<(), Error>> {
        if self.has_turn() { self.received.find_ready_event() } else { None }
    }

    /// Spends a call of this turn, if nothing is to be done before the input is looked at.
    #[inline(always)]
    fn has_turn(&mut self) -> bool {
        let has_turn = (self.may_look || self.may_look_slow()) && !self.outbox.budget.is_spent();
        if has_turn {
            self.outbox.budget.spend_call();
        }
        has_turn
    }

    #[inline(never)]
    fn may_look_slow(&mut self) -> bool {
        if self.was_pushed || self.was_above {
            if self.is_above_high_water() {
                // `poll_turn` decides whether the caller has to wait.
                return false;
            }
            (self.was_above, self.was_pushed) = (false, false);
        }
        let may_look = !self.paused && self.ending == Ending::No && !self.is_end_requested();
        // A handle can end the input at any time.
        self.may_look = may_look && !self.has_mailbox();
        may_look
    }

    /// Waits for what `find` looks for in the input that was read: `None` at the end of the stream.
    #[inline(always)]
    fn poll_input<R>(
        &mut self,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
        find: impl Fn(&mut Self) -> Result<Option<R>, Error>,
    ) -> Poll<Result<Option<R>, Error>> {
        self.outbox.queue.ask_again();
        for _ in 0..MAX_ROUNDS_PER_POLL {
            ready!(self.poll_turn(cx));
            if self.is_end_requested() {
                self.ending.close();
            }
            if self.ending != Ending::No {
                return self.poll_ending(cx, read_buffer);
            }
            let found = find(self)?;
            if found.is_some() || !self.received.wants_read() {
                return Poll::Ready(Ok(found));
            }
            ready!(self.poll_more(cx, read_buffer))?;
        }
        self.yield_now(cx)
    }

    /// Waits for more input. Output is sent meanwhile; its errors are returned by the polls that send.
    fn poll_more(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        let _ = self.poll_send(cx);
        if self.ending != Ending::No {
            return Poll::Ready(Ok(()));
        }
        let result = self.poll_read(cx, read_buffer);
        if result.is_pending() {
            self.received.return_buffer(read_buffer);
            return self.poll_judge(cx);
        }
        self.cut_off_if_late()?;
        result
    }

    /// Waits for the turn of the input: until the queue is below its mark, and the other tasks have had their turn.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.may_look = false;
        if self.outbox.budget.is_spent() {
            return self.yield_now(cx);
        }
        if !self.paused {
            let is_above = self.is_above_high_water();
            // A caller that only reads may go on: its peer may be unable to read before it has written.
            self.paused = is_above && self.was_above && self.was_pushed && !self.is_split;
            (self.was_above, self.was_pushed) = (is_above, false);
        }
        if !self.paused {
            return Poll::Ready(());
        }
        // Its errors are returned by the polls that send. They empty the queue.
        let sent = self.poll_send(cx);
        self.paused = self.is_above_low_water();
        if !self.paused {
            (self.was_above, self.was_pushed) = (false, false);
            return Poll::Ready(());
        }
        debug_assert!(sent.is_pending(), "everything was sent, and is queued");
        // Being cut off ends the wait too, and the polls for input return the error.
        self.poll_judge(cx).map(drop)
    }

    /// Ends the turn.
    pub(super) fn yield_now<R>(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        self.outbox.budget = Budget::default();
        yield_now(cx, &mut self.transport)
    }

    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        if let Some(error) = &self.read_failed {
            return Poll::Ready(Err(error.clone()));
        }
        let space = self.received.space_from(read_buffer, read_size(&self.config));
        let Poll::Ready(result) = self.transport.poll_read(cx, space) else {
            self.outbox.budget = Budget::default();
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(0) => match self.outbox.result() {
                // The peer has reset the connection, and a write was told: this is no end of the stream.
                Err(error) if error.is_reset() => {
                    self.read_failed = Some(error.clone());
                    Err(error)
                }
                _ => {
                    self.received.received_end();
                    Ok(())
                }
            },
            Ok(len) => {
                self.outbox.budget.spend_bytes(len);
                #[cfg(feature = "std")]
                if let Some(record) = &self.outbox.record {
                    record.received(len);
                }
                self.received.advance(len);
                Ok(())
            }
            Err(error) => {
                let error = Error::transport(error);
                self.read_failed = Some(error.clone());
                Err(error)
            }
        })
    }
}
