//! The only code that calls the handler: it delivers events, and the end.

use core::ops::ControlFlow;
use core::time::Duration;

use super::state::{Phase, ReadState, State, UserCode};
use crate::chat::channel::Channel;
use crate::chat::config::Config;
use crate::chat::handler::{Handler, Timeout};
use crate::error::{BoxError, Error};
use crate::framing::{Event, Input, Span, Step};

impl State {
    /// Delivers the events in the input, until it is used up, the connection is closing or the queue is above its mark.
    pub(super) fn deliver<H: Handler>(
        &mut self,
        handler: &mut H,
        config: &Config,
        input: &mut Input<'_>,
    ) -> Result<(), Error> {
        self.result()?;
        (self.out_of_calls, self.put_off) = (false, false);
        // While paused, no event waits for the mark.
        let mut decide_above = if self.channel.is_paused() { usize::MAX } else { self.update_above_mark(config) };
        let mut has_ended = self.read_state == ReadState::Ended;
        // Only an error ends the conversation in this loop, and it returns.
        loop {
            if (self.channel.needs_attention() || has_ended) && self.attend(handler, config, input)?.is_break() {
                return Ok(());
            }
            if self.channel.queue().queued() > decide_above {
                decide_above = self.update_above_mark(config);
            }
            if self.was_above_mark {
                return Ok(());
            }
            let Some(calls_left) = self.calls_left.checked_sub(1) else {
                self.out_of_calls = true;
                return Ok(());
            };
            self.calls_left = calls_left;
            match self.channel.next_event_fast(input) {
                Some(Event::Data(data)) => {
                    self.call(handler, |handler, channel| handler.collect_incoming_data(data, channel))?;
                }
                Some(Event::Terminator) => self.call(handler, H::found_terminator)?,
                None => {
                    if self.deliver_slow(handler, input)?.is_break() {
                        return Ok(());
                    }
                    has_ended = self.read_state == ReadState::Ended;
                }
            }
        }
    }

    /// Does what the handler, or the end of the stream, has asked of the loop. Breaks if no further event is delivered.
    #[inline(never)]
    fn attend<H: Handler>(
        &mut self,
        handler: &mut H,
        config: &Config,
        input: &mut Input<'_>,
    ) -> Result<ControlFlow<()>, Error> {
        if self.channel.is_spinning() {
            self.end(handler, Err(Error::handler("it asks for one frame without a byte after another (Count(0))")));
        }
        self.settle(handler, config);
        self.result()?;
        if self.channel.take_discards_input() {
            self.channel.drop_input(input, usize::MAX);
        }
        if self.channel.is_upgrading() {
            // The rest of the input is handed over with the stream, or dropped after a later close.
            self.was_above_mark = true;
            return Ok(ControlFlow::Break(()));
        }
        if self.channel.is_closing() || self.read_state == ReadState::Ended {
            self.was_above_mark = false;
            input.take(usize::MAX);
            return Ok(ControlFlow::Break(()));
        }
        if self.channel.is_paused() {
            self.put_off = true;
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Does what the handler may have asked for in a call: starts its timer, notes that it has paused or resumed, and
    /// ends the connection if it was aborted, if a write has failed and no more input will be delivered, or if it
    /// closes after its output has ended.
    pub(super) fn settle<H: Handler>(&mut self, handler: &mut H, config: &Config) {
        self.channel.timer_mut().start(self.now);
        self.update_pause();
        if self.channel.is_aborted() {
            self.end(handler, Err(Error::Aborted));
        }
        let delivered = self.read_state == ReadState::Ended || self.channel.is_closing();
        if let Some(failure) = self.write_failure.take_if(|_| delivered) {
            self.end(handler, Err(failure.error));
        }
        if self.closes_after_finish() {
            self.linger(handler, config);
        }
    }

    /// Waits for the peer to close, after the write side was shut down; or ends, if there is nothing to wait for.
    pub(super) fn linger<H: Handler>(&mut self, handler: &mut H, config: &Config) {
        if self.read_state != ReadState::Sending || config.linger.is_zero() {
            self.end(handler, Ok(()));
        } else {
            self.phase = Phase::Lingering { until: self.now.saturating_add(config.linger) };
        }
    }

    /// Calls the handler if its timer has gone off, and judges the peer of an open connection. The clocks are up to date.
    pub(super) fn judge<H: Handler>(&mut self, handler: &mut H, config: &Config, now: Duration) -> Result<(), Error> {
        if self.channel.timer_mut().take_elapsed(now) {
            self.call_apart(handler, H::handle_timer)?;
            self.settle(handler, config);
            self.result()?;
            // The handler may have closed, or pushed.
            self.update_clocks(config);
        }
        let has_passed = |deadline: Option<Duration>| deadline.is_some_and(|deadline| deadline <= now);
        if let Some(failure) = self.write_failure.take_if(|failure| failure.until <= now) {
            self.end(handler, Err(failure.error));
        } else if self.outbound.has_passed(now) {
            self.end(handler, Err(Error::ReadTooSlowly));
        } else if has_passed(self.input_deadline()) {
            self.inbound.stop();
            self.call_apart(handler, |handler, channel| handler.handle_timeout(Timeout::Frame, channel))?;
        } else if has_passed(self.idle_deadline(config)) {
            self.idle_since = self.now;
            self.call_apart(handler, |handler, channel| handler.handle_timeout(Timeout::Idle, channel))?;
        }
        Ok(())
    }

    /// Delivers one event that the fast path has not found, or the end of the stream. Breaks if there is none. Out of
    /// line, so that the loop around the fast path is small: a line of 8 bytes costs 129 instructions, and 256 without
    /// the two.
    #[inline(never)]
    fn deliver_slow<H: Handler>(&mut self, handler: &mut H, input: &mut Input<'_>) -> Result<ControlFlow<()>, Error> {
        let unread = input.remaining();
        let mut step = self.channel.next_step(input);
        if step.is_none() && self.read_state != ReadState::Sending {
            step = self.channel.next_step_at_eof();
        }
        match step {
            Some(Step::Data(Span::Held { prefix, from, len })) => {
                let held = self.channel.framer().detach(prefix, from, len);
                self.call(handler, |handler, channel| handler.collect_incoming_data(held.unread(), channel))?;
            }
            Some(Step::Data(span)) => {
                let data = span.within(unread);
                self.call(handler, |handler, channel| handler.collect_incoming_data(data, channel))?;
            }
            Some(Step::Terminator) => match self.channel.take_skipped() {
                None => self.call(handler, H::found_terminator)?,
                Some(len) => self.call(handler, |handler, channel| handler.frame_skipped(len, channel))?,
            },
            Some(Step::TooLong) => self.call(handler, H::frame_too_long)?,
            None if self.read_state == ReadState::EofPending => {
                self.read_state = ReadState::Ended;
                let (_, end) = self.channel.framer_mut().finish();
                self.call(handler, |handler, channel| handler.handle_eof(end, channel))?;
            }
            None if self.read_state == ReadState::FailurePending => self.read_state = ReadState::Ended,
            None => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Calls the handler between two inputs: the terminator that it sets may end a frame without another one.
    pub(super) fn call_apart<H: Handler>(
        &mut self,
        handler: &mut H,
        call: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError>,
    ) -> Result<(), Error> {
        self.call(handler, call)?;
        self.put_off |= self.channel.has_event_without_input();
        Ok(())
    }

    /// Calls the handler. Its error ends the connection.
    pub(super) fn call<H: Handler>(
        &mut self,
        handler: &mut H,
        call: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError>,
    ) -> Result<(), Error> {
        if self.running.is_some() {
            return self.stop_after_panic();
        }
        self.running = Some(UserCode::Handler);
        let result = call(handler, &mut self.channel);
        self.running = None;
        match result {
            Ok(()) => Ok(()),
            Err(error) => {
                self.end(handler, Err(Error::handler(error)));
                self.result()
            }
        }
    }

    /// Ends the connection without a call, if earlier code of the user's has panicked and the caller caught that. The
    /// handler may be in any state, so it is not called again, not even to close.
    #[cold]
    pub(super) fn stop_after_panic(&mut self) -> Result<(), Error> {
        if let Some(panicked) = self.running
            && !matches!(self.phase, Phase::Ended(_))
        {
            self.phase = Phase::Ended(Err(match panicked {
                UserCode::Handler => Error::handler("it has panicked"),
                UserCode::Producer => Error::producer("it has panicked"),
            }));
            self.channel.closed();
        }
        self.result()
    }

    /// Ends the connection, unless it has ended, and calls [`Handler::handle_close`] if the handler was connected and no
    /// code of the user's has panicked.
    pub(super) fn end<H: Handler>(&mut self, handler: &mut H, outcome: Result<(), Error>) {
        if matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        let connected = !matches!(self.phase, Phase::New);
        self.wants_reset = match &outcome {
            Ok(()) => false,
            // For any other error, output that the transport was given counts as sent: a reset would destroy an answer
            // that is on its way. A peer that does not take it would leave it in the kernel for minutes.
            Err(Error::Aborted | Error::ReadTooSlowly | Error::SentTooSlowly) => {
                self.has_unsent_output() || self.unacknowledged > 0
            }
            Err(_) => self.has_unsent_output(),
        };
        // In this order, since the drop of a producer may panic: then nothing is called any more.
        self.phase = Phase::Ended(outcome);
        self.dropped = self.dropped.saturating_add(self.channel.queue().unsent_len());
        self.channel.closed();
        self.charge.set(None, 0);
        if let (true, Phase::Ended(outcome)) = (connected && self.running.is_none(), &self.phase) {
            self.running = Some(UserCode::Handler);
            handler.handle_close(outcome.as_ref().copied());
            self.running = None;
        }
    }
}
