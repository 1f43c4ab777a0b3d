//! What a conversation does inside: delivering events, ending, and measuring.

use core::time::Duration;

use super::life::Life;
use super::{Chat, PeerSide, Phase};
use crate::chat::channel::{Channel, Last};
use crate::chat::config::Config;
use crate::chat::handler::Handler;
use crate::chat::pace::PaceClock;
use crate::error::{Error, HandlerError};
use crate::framing::Input;
use crate::framing::Step;

impl Life {
    pub(super) fn deliver<H: Handler>(
        &mut self,
        handler: &mut H,
        config: &Config,
        input: &mut Input<'_>,
    ) -> Result<(), Error> {
        self.result()?;
        // Nothing in here ends the conversation but an error, which returns.
        loop {
            if self.channel.is_closing() || self.peer == PeerSide::Ended {
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
                None => match self.peer {
                    PeerSide::EndedUntold if self.channel.framer().held() == 0 => {
                        self.peer = PeerSide::Ended;
                        let (_, end) = self.channel.framer_mut().finish();
                        self.call(handler, |handler, channel| handler.handle_eof(end, channel))?;
                    }
                    PeerSide::EndedUntold => self.deliver_held(handler)?,
                    PeerSide::Sending | PeerSide::Ended => return Ok(()),
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
        what: impl FnOnce(&mut H, &mut Channel) -> Result<(), HandlerError>,
    ) -> Result<(), Error> {
        if self.calling {
            // It has not returned from its last call, which was caught elsewhere: who knows what it has left half done.
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

    /// Ends the conversation, if it has not ended, and tells the handler, if it has been told that it began.
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
        self.life.end(&mut self.handler, outcome);
    }

    pub(super) fn result(&self) -> Result<(), Error> {
        self.life.result()
    }

    /// As `handle_timeout`, without judging the peer yet.
    pub(crate) fn tell_time(&mut self, now: Duration) {
        self.life.now = self.life.now.max(now);
    }

    pub(super) fn update_clocks(&mut self) {
        let reading = matches!(self.life.phase, Phase::Open) && self.wants_read() && !self.life.channel.is_closing();
        // The end of the output is output, too: it is not out before the transport has been flushed and shut down.
        let sending = self.wants_write() || self.wants_shutdown() || self.life.unflushed;
        let life = &mut *self.life;
        // A frame that comes after a complete one has a grace period of its own, and so has output after an empty queue.
        if life.channel.take_completed() {
            life.inbound = PaceClock::default();
        }
        if life.channel.queue_mut().take_drained() {
            life.outbound = PaceClock::default();
        }
        let received = core::mem::take(&mut life.received);
        life.inbound.update(self.config.pace, life.now, reading && life.channel.is_owed(), received);
        let sent = life.channel.queue().taken();
        let since = sent.saturating_sub(core::mem::replace(&mut life.sent, sent));
        life.outbound.update(self.config.pace, life.now, sending, since);
    }
}
