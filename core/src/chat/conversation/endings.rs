//! The ends of a conversation: shutdown, upgrade, failures and commands of the owner.

use core::time::Duration;

use bytes::Bytes;

use super::Chat;
use super::state::{Phase, ReadState, WriteFailure};
use crate::chat::handler::Handler;
use crate::error::{BoxError, Error};
use crate::framing::Input;

impl<H: Handler> Chat<H> {
    /// Reports that the output was flushed and the write side shut down, as [`wants_shutdown`](Self::wants_shutdown)
    /// asked. Does nothing if it did not ask.
    ///
    /// After [`Channel::finish`](crate::chat::Channel::finish) the connection stays open for input: this is no close.
    pub fn handle_shutdown(&mut self, now: Duration) {
        let (handler, config, state) = self.parts();
        state.advance_to(now);
        if state.wants_shutdown() {
            state.output_ended = true;
            state.settle(handler, config);
        }
    }

    /// Ends the conversation for [`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done), if
    /// [`wants_upgrade`](Self::wants_upgrade) asked for that. Returns everything that was read and not delivered, in
    /// order: the bytes that the framer held back, and then `left_over`, the input that the last
    /// [`handle_input`](Self::handle_input) has not taken. `None` if it did not ask.
    ///
    /// The handler is not called, and its [`handle_close`](Handler::handle_close) never will be: the conversation goes on
    /// above. [`outcome`](Self::outcome) is `Ok` from now on.
    pub fn handle_upgrade(&mut self, left_over: &[u8]) -> Option<Bytes> {
        let state = self.memory.state_mut();
        if !state.wants_upgrade() {
            return None;
        }
        // `discard_buffers` may have been called from outside.
        let left_over = if state.channel.take_discards_input() { &[] } else { left_over };
        let left_over = state.channel.without_lf(left_over);
        let (held, _) = state.channel.framer_mut().finish();
        let unread = [held, left_over].concat();
        state.phase = Phase::Ended(Ok(()));
        state.channel.closed();
        Some(unread.into())
    }

    /// Ends the connection with [`Error::Handler`] if the handler has called
    /// [`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done): for a driver that cannot hand its
    /// stream over, as [`Server::serve`](crate::drive::Server::serve). Call it before
    /// [`poll_transmit`](Self::poll_transmit), so that the peer is not invited to an upgrade that does not come.
    ///
    /// # Errors
    ///
    /// The error that ended the connection, now or earlier.
    pub fn refuse_upgrade(&mut self) -> Result<(), Error> {
        const REFUSED: &str =
            "upgrade_when_done: this driver cannot hand its stream over (use Server::serve_with or drive)";
        let (handler, _, state) = self.parts();
        if state.channel.is_upgrading() {
            state.end(handler, Err(Error::handler(REFUSED)));
        }
        state.result()
    }

    /// Reports that a write or a flush has failed, or an error that was [waited for](Self::wants_error). Input that has
    /// arrived is still delivered: a peer that sends a request, or its answer, and then resets the connection, has sent it.
    ///
    /// Queued output is dropped, and so is all that the handler pushes from now on; no push fails for that reason. The
    /// driver goes on reading while [`wants_read`](Self::wants_read). The connection ends with this error when the read
    /// side has ended ([`handle_eof`](Self::handle_eof)) or failed
    /// ([`handle_transport_error`](Self::handle_transport_error)), when the handler closes, or in
    /// [`handle_timeout`](Self::handle_timeout) a second later, even if the channel is
    /// [paused](crate::chat::Channel::pause): in a runtime, readiness to read may lag behind the error.
    ///
    /// While the chat lingers, an error is a normal end: all output was sent.
    ///
    /// # Errors
    ///
    /// The error that ended the connection, now or earlier.
    pub fn handle_write_error(&mut self, now: Duration, error: impl Into<BoxError>) -> Result<(), Error> {
        /// The longest time in which a runtime reports input that has arrived.
        const ARRIVED_WITHIN: Duration = Duration::from_secs(1);
        let (handler, config, state) = self.parts();
        state.advance_to(now);
        if !matches!(state.phase, Phase::Open) {
            return self.handle_transport_error(error);
        }
        if state.write_failure.is_none() {
            let until = state.now.saturating_add(ARRIVED_WITHIN);
            state.write_failure = Some(WriteFailure { error: Error::transport(error), until });
            state.dropped = state.dropped.saturating_add(state.channel.queue().unsent_len());
            state.channel.lose_output();
            (state.unflushed, state.unacknowledged) = (false, 0);
            state.settle(handler, config);
        }
        state.result()
    }

    /// Reports that a read has failed, or that the transport is gone. Held bytes are delivered as data first, as they
    /// are at the end of the stream, unless the channel is [paused](crate::chat::Channel::pause). While the chat
    /// lingers, this is a normal end: all output was sent.
    ///
    /// # Errors
    ///
    /// This error, or the earlier error that ended the connection.
    pub fn handle_transport_error(&mut self, error: impl Into<BoxError>) -> Result<(), Error> {
        let (handler, config, state) = self.parts();
        let outcome = match state.phase {
            Phase::Lingering { .. } => Ok(()),
            _ => Err(Error::transport(error)),
        };
        if matches!(state.phase, Phase::Open) && !state.channel.is_closing() {
            if state.read_state == ReadState::Sending {
                state.read_state = ReadState::FailurePending;
            }
            state.dropped = state.dropped.saturating_add(state.channel.queue().unsent_len());
            state.channel.lose_output();
            // The end of the stream is this error, and no graceful one.
            (state.unflushed, state.output_ended) = (false, false);
            // Its error, if any, is the outcome.
            let _ = state.deliver(handler, config, &mut Input::new(&[]));
            state.settle(handler, config);
        }
        state.end(handler, outcome);
        state.result()
    }

    /// Asks the connection to end, since the server shuts down (graceful shutdown): calls [`Handler::handle_shutdown`],
    /// once. Does nothing if the connection is closing already.
    ///
    /// # Errors
    ///
    /// The error that ended the connection, now or earlier.
    pub fn request_shutdown(&mut self, now: Duration) -> Result<(), Error> {
        self.handle_connect(now)?;
        let (handler, config, state) = self.parts();
        let asks = matches!(state.phase, Phase::Open) && !state.channel.is_closing();
        if asks && !core::mem::replace(&mut state.shutdown_requested, true) {
            state.call_apart(handler, H::handle_shutdown)?;
            state.settle(handler, config);
        }
        state.result()
    }

    /// Ends the connection at once with [`Error::Aborted`], unless it has ended: drops the queued output and all input.
    /// [`wants_reset`](Self::wants_reset) then says how to close the transport.
    pub fn abort(&mut self) {
        let (handler, _, state) = self.parts();
        state.end(handler, Err(Error::Aborted));
    }
}
