//! What a conversation does inside: delivering events, ending, and measuring.

use super::{Chat, PeerSide, Phase};
use crate::channel::Channel;
use crate::error::{Error, HandlerError};
use crate::framer::Step;
use crate::handler::Handler;
use crate::input::Input;
use crate::pace::PaceClock;

impl<H: Handler> Chat<H> {
    pub(super) fn deliver(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        loop {
            self.result()?;
            if self.channel.is_closing() || self.is_closed() {
                self.paused = false;
                input.take(usize::MAX);
                return Ok(());
            }
            self.paused = self.is_above_mark();
            if self.paused {
                return Ok(());
            }
            // Skipped bytes come before those that the step is about.
            let (unread, step) = self.channel.next_step(input);
            match step {
                Some(Step::Input { len }) => {
                    let data = unread.get(..len).unwrap_or_default();
                    self.call(|handler, channel| handler.collect_incoming_data(data, channel))?;
                }
                Some(step @ (Step::Carried { .. } | Step::Held { .. })) => {
                    let detached = self.channel.framer_mut().detach(step);
                    self.call(|handler, channel| handler.collect_incoming_data(detached.unread(), channel))?;
                }
                Some(Step::Terminator) => {
                    self.completed = true;
                    self.call(H::found_terminator)?;
                }
                Some(Step::TooLong) => self.call(H::frame_too_long)?,
                None if self.peer == PeerSide::EndedUntold => {
                    self.peer = PeerSide::Ended;
                    self.deliver_end()?;
                }
                None => return Ok(()),
            }
        }
    }

    /// The last bytes, which were held, and the end.
    pub(super) fn deliver_end(&mut self) -> Result<(), Error> {
        let last = self.channel.framer_mut().detach_held();
        let (_, end) = self.channel.framer_mut().finish();
        let (admitted, too_long) = self.channel.admit_last(last.unread().len());
        if admitted > 0 {
            self.call(|handler, channel| {
                handler.collect_incoming_data(last.unread().get(..admitted).unwrap_or_default(), channel)
            })?;
        }
        if too_long && !self.channel.is_closing() {
            self.call(H::frame_too_long)?;
        }
        if !self.channel.is_closing() {
            self.call(|handler, channel| handler.handle_eof(end, channel))?;
        }
        Ok(())
    }

    pub(super) fn call(
        &mut self,
        what: impl FnOnce(&mut H, &mut Channel) -> Result<(), HandlerError>,
    ) -> Result<(), Error> {
        self.calling = true;
        let result = what(&mut self.handler, &mut self.channel);
        self.calling = false;
        if let Err(error) = result {
            self.end(Err(Error::handler(error)));
        }
        self.result()
    }

    /// Ends the conversation, if it has not ended, and tells the handler.
    pub(super) fn end(&mut self, outcome: Result<(), Error>) {
        if !self.is_closed() {
            self.channel.closed();
            self.calling = true;
            self.handler.handle_close(outcome.as_ref().copied());
            self.calling = false;
            self.phase = Phase::Ended(outcome);
        }
    }

    pub(super) fn result(&self) -> Result<(), Error> {
        match &self.phase {
            Phase::Ended(outcome) => outcome.clone(),
            _ => Ok(()),
        }
    }

    pub(super) fn is_above_mark(&self) -> bool {
        let mark = if self.paused { self.config.low_water } else { self.config.high_water };
        self.channel.queue().queued() > mark
    }

    pub(super) fn update_clocks(&mut self) {
        let open = matches!(self.phase, Phase::Open);
        let reading = open && self.wants_read() && !self.channel.is_closing();
        if core::mem::take(&mut self.completed) {
            self.inbound = PaceClock::default();
        }
        let received = core::mem::take(&mut self.received);
        self.inbound.update(self.config.pace, self.now, reading && self.channel.is_owed(), received);
        let sent = self.channel.queue().taken();
        let since = sent.saturating_sub(core::mem::replace(&mut self.sent, sent));
        self.outbound.update(self.config.pace, self.now, self.wants_write(), since);
    }
}
