//! The only code that calls the handler: it delivers events, and the end.

use core::ops::ControlFlow;

use super::state::{Phase, ReadState, State};
use crate::chat::channel::Channel;
use crate::chat::config::Config;
use crate::chat::handler::Handler;
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
        self.out_of_calls = false;
        // Only an error ends the conversation in this loop, and it returns.
        loop {
            if self.channel.is_closing() || self.read_state == ReadState::Ended {
                self.paused = false;
                input.take(usize::MAX);
                return Ok(());
            }
            self.paused = self.is_above_mark(config);
            if self.paused {
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
                }
            }
        }
    }

    /// Delivers one event that the fast path has not found, or the end of the stream. Breaks if there is none. Out of
    /// line, so that the loop around the fast path is small: a line of 8 bytes costs 146 instructions, and 256 without
    /// the two.
    #[inline(never)]
    fn deliver_slow<H: Handler>(&mut self, handler: &mut H, input: &mut Input<'_>) -> Result<ControlFlow<()>, Error> {
        let unread = input.remaining();
        let mut step = self.channel.next_step(input);
        if step.is_none() && self.read_state == ReadState::EofPending {
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
            Some(Step::Terminator) => self.call(handler, H::found_terminator)?,
            Some(Step::TooLong) => self.call(handler, H::frame_too_long)?,
            None if self.read_state == ReadState::EofPending => {
                self.read_state = ReadState::Ended;
                let (_, end) = self.channel.framer_mut().finish();
                self.call(handler, |handler, channel| handler.handle_eof(end, channel))?;
            }
            None => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Calls the handler. Its error ends the connection.
    pub(super) fn call<H: Handler>(
        &mut self,
        handler: &mut H,
        call: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError>,
    ) -> Result<(), Error> {
        if self.calling {
            // An earlier call panicked, and the caller caught that. The handler may be in any state, so it is not
            // called again, not even to close.
            self.phase = Phase::Ended(Err(Error::handler("it has panicked")));
            self.channel.closed();
            return self.result();
        }
        self.calling = true;
        let result = call(handler, &mut self.channel);
        self.calling = false;
        match result {
            Ok(()) => Ok(()),
            Err(error) => {
                self.end(handler, Err(Error::handler(error)));
                self.result()
            }
        }
    }

    /// Ends the connection, unless it has ended, and calls [`Handler::handle_close`] if the handler was connected.
    pub(super) fn end<H: Handler>(&mut self, handler: &mut H, outcome: Result<(), Error>) {
        if matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        let connected = !matches!(self.phase, Phase::New);
        self.channel.closed();
        self.phase = Phase::Ended(outcome);
        if let (true, Phase::Ended(outcome)) = (connected && !self.calling, &self.phase) {
            self.calling = true;
            handler.handle_close(outcome.as_ref().copied());
            self.calling = false;
        }
    }
}
