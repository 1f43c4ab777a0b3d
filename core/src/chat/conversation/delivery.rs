//! The only code that calls the handler: it delivers events, and the end.

use super::state::{Phase, ReadState, State};
use crate::chat::channel::{Channel, Last};
use crate::chat::config::Config;
use crate::chat::handler::Handler;
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
