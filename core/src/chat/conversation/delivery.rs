//! What a conversation does inside: delivering events, ending, and measuring.

use core::time::Duration;

use super::state::State;
use super::{Chat, Phase, ReadState};
use crate::chat::channel::{Channel, Last};
use crate::chat::config::Config;
use crate::chat::handler::Handler;
use crate::chat::min_rate::RateClock;
use crate::error::{BoxError, Error};
use crate::framing::Input;
use crate::framing::Step;

impl State {
    pub(super) fn deliver<H: Handler>(
        &mut self,
        handler: &mut H,
        config: &Config,
        input: &mut Input<'_>,
    ) -> Result<(), Error> {
        self.result()?;
        // Nothing in here ends the conversation but an error, which returns.
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
            // What is skipped comes before what the step is about.
            let (unread, step) = self.channel.next_step(input);
            match step {
                Some(Step::Input { len }) => {
                    let data = unread.get(..len).unwrap_or_default();
                    self.call(handler, |handler, channel| handler.collect_incoming_data(data, channel))?;
                }
                Some(step @ (Step::Carried { .. } | Step::Held { .. })) => {
                    let detached = self.channel.framer_mut().detach(step);
                    self.call(handler, |handler, channel| handler.collect_incoming_data(detached.unread(), channel))?;
                }
                Some(Step::Terminator) => self.call(handler, H::found_terminator)?,
                Some(Step::TooLong) => self.call(handler, H::frame_too_long)?,
                None => match self.read_state {
                    ReadState::EofPending if self.channel.framer().held() == 0 => {
                        self.read_state = ReadState::Ended;
                        let (_, end) = self.channel.framer_mut().finish();
                        self.call(handler, |handler, channel| handler.handle_eof(end, channel))?;
                    }
                    ReadState::EofPending => self.deliver_held(handler)?,
                    ReadState::Sending | ReadState::Ended => return Ok(()),
                },
            }
        }
    }

    /// The stream has ended: what was held is data, as far as the limit allows. The rest is looked at anew, under the
    /// terminator that there is then.
    fn deliver_held<H: Handler>(&mut self, handler: &mut H) -> Result<(), Error> {
        match self.channel.take_last() {
            Last::Data(data) => {
                self.call(handler, |handler, channel| handler.collect_incoming_data(data.unread(), channel))
            }
            Last::Skipped => Ok(()),
            Last::TooLong => self.call(handler, H::frame_too_long),
        }
    }

    pub(super) fn call<H: Handler>(
        &mut self,
        handler: &mut H,
        what: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError>,
    ) -> Result<(), Error> {
        if self.calling {
            // It has not returned from its last call, which was caught elsewhere: who knows what it has remaining_len half done.
            self.phase = Phase::Ended(Err(Error::handler("it has panicked")));
            self.channel.closed();
            return self.result();
        }
        self.calling = true;
        let result = what(handler, &mut self.channel);
        self.calling = false;
        match result {
            Ok(()) => Ok(()),
            Err(error) => {
                self.end(handler, Err(Error::handler(error)));
                self.result()
            }
        }
    }

    /// BytePair the conversation, if it has not ended, and tells the handler, if it has been told that it began.
    pub(super) fn end<H: Handler>(&mut self, handler: &mut H, outcome: Result<(), Error>) {
        if matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        let begun = !matches!(self.phase, Phase::New);
        self.channel.closed();
        self.phase = Phase::Ended(outcome);
        if let (true, Phase::Ended(outcome)) = (begun && !self.calling, &self.phase) {
            self.calling = true;
            handler.handle_close(outcome.as_ref().copied());
            self.calling = false;
        }
    }

    pub(super) fn result(&self) -> Result<(), Error> {
        match &self.phase {
            Phase::Ended(outcome) => outcome.clone(),
            _ => Ok(()),
        }
    }

    /// Whether events have to wait: for the queue to go down, or, once a producer has failed, for the error to be reached.
    pub(super) fn is_above_mark(&self, config: &Config) -> bool {
        let mark = if self.paused { config.low_water } else { config.high_water };
        self.channel.queue().queued() > mark || self.channel.queue().is_failing()
    }
}

impl<H: Handler> Chat<H> {
    pub(super) fn end(&mut self, outcome: Result<(), Error>) {
        self.state.end(&mut self.handler, outcome);
    }

    pub(super) fn result(&self) -> Result<(), Error> {
        self.state.result()
    }

    /// As `handle_timeout`, without judging the peer yet.
    pub(crate) fn tell_time(&mut self, now: Duration) {
        self.state.now = self.state.now.max(now);
    }

    pub(super) fn update_clocks(&mut self) {
        let reading = matches!(self.state.phase, Phase::Open) && self.wants_read() && !self.state.channel.is_closing();
        // The end of the output is output, too: it is not out before the transport has been flushed and shut down.
        let sending = self.wants_write() || self.wants_shutdown() || self.state.unflushed;
        let state = &mut *self.state;
        // A frame that comes after a complete one has a grace period of its own, and so has output after an empty queue.
        if state.channel.take_completed() {
            state.inbound = RateClock::default();
        }
        if state.channel.queue_mut().take_drained() {
            state.outbound = RateClock::default();
        }
        let received = core::mem::take(&mut state.received);
        state.inbound.update(self.config.pace, state.now, reading && state.channel.is_owed(), received);
        let sent = state.channel.queue().consumed();
        let since = sent.saturating_sub(core::mem::replace(&mut state.sent, sent));
        state.outbound.update(self.config.pace, state.now, sending, since);
    }
}
