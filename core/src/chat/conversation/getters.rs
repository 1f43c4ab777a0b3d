//! The state of a conversation, and its parts.

use super::Chat;
use super::state::Phase;
use crate::chat::channel::Channel;
use crate::chat::config::Config;
use crate::chat::handler::Handler;
use crate::error::Error;

impl<H: Handler> Chat<H> {
    /// Returns whether [`limit_calls`](Self::limit_calls) has put events off.
    pub fn is_out_of_calls(&self) -> bool {
        self.memory.state().out_of_calls
    }

    /// Returns whether the connection has not been reported.
    #[cfg(feature = "std")]
    pub(crate) fn is_new(&self) -> bool {
        matches!(self.memory.state().phase, Phase::New)
    }

    /// Returns whether to read more input. While the connection is closing, that input is dropped.
    pub fn wants_read(&self) -> bool {
        self.memory.state().wants_read(&self.config)
    }

    /// Returns whether to call [`handle_input`](Self::handle_input) with the input that was left over, or with an empty
    /// one: events were put off above the high-water mark, and the queue is now at or below the low one; or they were put
    /// off by [`limit_calls`](Self::limit_calls); or by [`Channel::pause`], and the channel was resumed; or the handler has
    /// set a terminator between two inputs that ends a frame at once.
    pub fn wants_resume(&self) -> bool {
        self.memory.state().wants_resume(&self.config)
    }

    /// Returns whether to wait for an error of the transport alone, since neither a read nor a write would report it: after
    /// the end of the peer's stream, or while the channel is [paused](Channel::pause), with nothing to send. Report it to
    /// [`handle_write_error`](Self::handle_write_error).
    pub fn wants_error(&self) -> bool {
        self.memory.state().wants_error(&self.config)
    }

    /// Returns whether there may be output to write. It is false while the only output is that of a producer that is
    /// pending: see [`is_output_pending`](Self::is_output_pending).
    pub fn wants_write(&self) -> bool {
        self.memory.state().wants_write()
    }

    /// Returns whether output is queued of which there is no byte yet: the producer at the front was pending when it
    /// was last asked, and wakes the task. The peer owes nothing meanwhile, and no timeout bounds the wait.
    pub fn is_output_pending(&self) -> bool {
        self.memory.state().is_output_pending()
    }

    /// Returns whether to flush and shut down the write side: all output was written and no more will come. It asks once,
    /// after [`Channel::close_when_done`] or [`Channel::finish`].
    pub fn wants_shutdown(&self) -> bool {
        self.memory.state().wants_shutdown()
    }

    /// Returns whether to hand the stream over: [`Channel::upgrade_when_done`] was called, and all output was written and
    /// flushed. [`handle_upgrade`](Self::handle_upgrade) then ends the conversation.
    pub fn wants_upgrade(&self) -> bool {
        self.memory.state().wants_upgrade()
    }

    /// Returns whether to reset the transport (RST), and not to close it gracefully: the connection has ended by an abort,
    /// a timeout or an error, and output was unsent. A peer would take what it has for all of it; and the kernel would
    /// keep what a slow peer does not take for minutes.
    ///
    /// After an abort, [`Error::ReadTooSlowly`] and [`Error::SentTooSlowly`], output that the peer has not acknowledged
    /// counts as unsent: [`set_unacknowledged`](Self::set_unacknowledged). After any other error it is on its way, and a
    /// reset would destroy it.
    pub fn wants_reset(&self) -> bool {
        self.memory.state().wants_reset
    }

    /// Returns how many bytes of queued output were dropped unsent, because a write has failed or the connection has ended
    /// early. A producer counts as one. Output that [`Channel::discard_buffers`] dropped does not count.
    pub fn dropped_output(&self) -> usize {
        self.memory.state().dropped
    }

    /// Returns whether the transport holds output that it has not sent: [`set_unflushed`](Self::set_unflushed).
    pub fn is_unflushed(&self) -> bool {
        self.memory.state().unflushed
    }

    /// Returns whether the write side was shut down, and the peer is waited for.
    pub fn is_lingering(&self) -> bool {
        matches!(self.memory.state().phase, Phase::Lingering { .. })
    }

    /// Returns whether the connection has ended and the handler knows.
    pub fn is_closed(&self) -> bool {
        matches!(self.memory.state().phase, Phase::Ended(_))
    }

    /// Returns the result of the connection, once it has ended.
    pub fn outcome(&self) -> Option<Result<(), &Error>> {
        match &self.memory.state().phase {
            Phase::Ended(outcome) => Some(outcome.as_ref().copied()),
            _ => None,
        }
    }

    /// Returns the handler.
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// Returns the handler, to change it from outside.
    pub fn handler_mut(&mut self) -> &mut H {
        &mut self.handler
    }

    /// Returns the channel.
    pub fn channel(&self) -> &Channel {
        &self.memory.state().channel
    }

    /// Returns the channel, through which code other than the handler may push to this connection, resume it and close it.
    pub fn channel_mut(&mut self) -> &mut Channel {
        &mut self.memory.state_mut().channel
    }

    /// Returns the limits that the chat was created with.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
