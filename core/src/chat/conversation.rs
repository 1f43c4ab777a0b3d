mod delivery;
mod state;

use alloc::sync::Arc;
use core::time::Duration;

use crate::chat::channel::Channel;
use crate::chat::config::Config;
use crate::chat::handler::Handler;
use crate::error::{BoxError, Error};
use crate::framing::Input;
use crate::output::Transmit;
use state::Sleeper;

/// A conversation: a [`Handler`], its [`Channel`], and all that can be decided about a connection without touching it.
///
/// asynchat's `async_chat` without its socket. Whoever has a transport drives it: an adapter, a test, or a loop of your
/// own. Nothing here blocks, reads a clock or calls back but into the handler.
///
/// # The four families of methods
///
/// | family | who speaks | methods |
/// |---|---|---|
/// | `handle_*` | the transport says what happened | [`handle_connect`](Self::handle_connect), [`handle_input`](Self::handle_input), [`handle_eof`](Self::handle_eof), [`handle_timeout`](Self::handle_timeout), [`set_unflushed`](Self::set_unflushed), [`handle_shutdown`](Self::handle_shutdown), [`handle_transport_error`](Self::handle_transport_error) |
/// | `poll_*` | the transport asks what to do | [`poll_transmit`](Self::poll_transmit), [`poll_timeout`](Self::poll_timeout) |
/// | bare | what is so | [`wants_read`](Self::wants_read), [`wants_resume`](Self::wants_resume), [`wants_write`](Self::wants_write), [`wants_shutdown`](Self::wants_shutdown), [`is_unflushed`](Self::is_unflushed), [`is_closed`](Self::is_closed), [`outcome`](Self::outcome) |
/// | access | whoever holds it | [`handler`](Self::handler), [`channel_mut`](Self::channel_mut) |
///
/// # The order in which a driver calls them
///
/// ```text
/// handle_timeout(now), handle_connect
/// until is_closed:
///   1. wants_resume?    handle_input with what was remaining_len over, or with nothing
///   2. wants_read?      read: handle_timeout(now), then handle_input (keep what is remaining_len over); at the end handle_eof
///   3. wants_write?     poll_transmit, write, advance by what was written
///   4. wants_shutdown?  flush, shut down the write side, handle_shutdown
///   5. if nothing could be done: rest, then wait for the transport, or until poll_timeout
/// after each wait:      handle_timeout(now), before anything else
/// anything fails:       handle_transport_error
/// ```
///
/// Nothing is read while input is remaining_len over: that would come first. Telling the time often is cheap, and makes
/// [`MinRate`](crate::chat::MinRate) exact; `now` is any monotonic time since any fixed origin, and so is what
/// [`poll_timeout`](Self::poll_timeout) returns.
///
/// # States
///
/// ```text
///  new ── handle_connect ──▶ open ── close_when_done ──▶ draining ── output sent ──▶ lingering ──▶ closed
///   │                         │  (events, unless the      (input is     handle_      (input is       ▲
///   │                         │   queue is above its       dropped)     shutdown      dropped)       │
///   └─────────────────────────┴── high-water mark) ──────────┴── any error: output is dropped ───────┘
/// ```
///
/// Lingering ends when the peer has hung up too, or when [`Config::linger`] is over.
///
/// # Errors
///
/// The first error is final. Each later `handle_*` call returns it again and does nothing, as does
/// [`outcome`](Self::outcome), so a driver may check at any one place.
///
/// # Examples
///
/// A driver in a dozen lines; see the [crate's page](crate) for a handler that does more.
///
/// ```
/// use asynchat_core::{Chat, Channel, Config, Handler, BoxError, Input};
/// use bytes::Buf;
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.set_terminator(b"\n");
///         Ok(())
///     }
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_vec())?)
///     }
///     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push("\n")?)
///     }
/// }
///
/// let mut chat = Chat::new(Echo, Config::default());
/// chat.handle_connect()?;
/// chat.handle_input(&mut Input::new(b"hel"))?;
/// chat.handle_input(&mut Input::new(b"lo\nbye"))?;
/// chat.handle_eof()?;
///
/// let mut staged = chat.poll_transmit();
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "hello\nbye");
/// assert!(chat.wants_shutdown());
/// chat.handle_shutdown();
/// assert_eq!(chat.outcome(), Some(Ok(())));
/// # Ok::<(), asynchat_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Chat<H: Handler> {
    handler: H,
    config: Arc<Config>,
    state: Sleeper,
}

#[derive(Debug)]
enum Phase {
    New,
    Open,
    Lingering { until: Duration },
    Ended(Result<(), Error>),
}

/// What the peer has done with its own side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadState {
    Sending,
    /// The end of its stream has come, but what was held goes first, and nothing while the queue is above its mark.
    EofPending,
    Ended,
}

impl<H: Handler> Chat<H> {
    /// A conversation that has not begun. The terminator is [`None`](crate::framing::Terminator::None) until the handler sets one.
    /// The bounds can be shared between conversations, as an [`Arc`].
    pub fn new(handler: H, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        Self { handler, state: Sleeper::new(Channel::new(config.max_frame_len)), config }
    }

    /// The connection is there. Again does nothing; the other `handle_*` calls do it first if it was remaining_len out.
    ///
    /// # Errors
    ///
    /// What the handler failed with, or the error that ended the conversation before.
    pub fn handle_connect(&mut self) -> Result<(), Error> {
        if matches!(self.state.phase, Phase::New) {
            self.state.phase = Phase::Open;
            self.state.call(&mut self.handler, H::handle_connect)?;
        }
        self.result()
    }

    /// Some input has come: delivers the events in it, until it is used up or the queue is above its high-water mark.
    ///
    /// What then remains in `input` has to be given again before any other, when [`wants_resume`](Self::wants_resume) says
    /// so. After [`Channel::close_when_done`] all input is taken and dropped.
    ///
    /// # Errors
    ///
    /// The error that ended the conversation, now or before.
    pub fn handle_input(&mut self, input: &mut Input<'_>) -> Result<(), Error> {
        self.handle_connect()?;
        let before = input.remaining().len();
        let result = self.state.deliver(&mut self.handler, &self.config, input);
        let taken = before.saturating_sub(input.remaining().len());
        self.state.received = self.state.received.saturating_add(taken as u64);
        result
    }

    /// The peer has sent all it will send, and all of that has been given to [`handle_input`](Self::handle_input).
    ///
    /// Held bytes are delivered as data, then the handler is told how the stream ended. If the queue is above its mark,
    /// that is put off until it is below and `handle_input` is called.
    ///
    /// # Errors
    ///
    /// The error that ended the conversation, now or before.
    pub fn handle_eof(&mut self) -> Result<(), Error> {
        self.handle_connect()?;
        if self.state.read_state == ReadState::Sending {
            self.state.read_state = ReadState::EofPending;
        }
        if let Phase::Lingering { .. } = self.state.phase {
            self.end(Ok(()));
        }
        self.state.deliver(&mut self.handler, &self.config, &mut Input::new(&[]))
    }

    /// It is now so late: a monotonic time since any fixed origin, the same in all calls. May be called at any time; what
    /// begins after it is counted from it.
    ///
    /// # Errors
    ///
    /// The error that ended the conversation, now or before: [`Error::SentTooSlowly`] or [`Error::ReadTooSlowly`] if the
    /// peer has fallen behind its [`MinRate`](crate::chat::MinRate).
    pub fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        self.tell_time(now);
        self.update_clocks();
        match self.state.phase {
            Phase::Lingering { until } if until <= self.state.now => self.end(Ok(())),
            Phase::Open if self.state.inbound.has_passed(self.state.now) => self.end(Err(Error::SentTooSlowly)),
            Phase::Open if self.state.outbound.has_passed(self.state.now) => self.end(Err(Error::ReadTooSlowly)),
            _ => {}
        }
        self.result()
    }

    /// Whether the transport still has output that it has not sent on, as one that encrypts or buffers may: the peer is held
    /// to its [`MinRate`](crate::chat::MinRate) until it has. To be said after each flush, and need not be by a transport that has none.
    pub fn set_unflushed(&mut self, unflushed: bool) {
        self.state.unflushed = unflushed;
    }

    /// The output has been flushed and the write side shut down, as [`wants_shutdown`](Self::wants_shutdown) asked.
    pub fn handle_shutdown(&mut self) {
        if !self.wants_shutdown() {
            return;
        }
        if self.state.read_state != ReadState::Sending || self.config.linger.is_zero() {
            self.end(Ok(()));
        } else {
            self.state.phase = Phase::Lingering { until: self.state.now.saturating_add(self.config.linger) };
        }
    }

    /// Reading or writing has failed. While lingering that is an end like any other: all output had been sent.
    ///
    /// # Errors
    ///
    /// This error, or the one that ended the conversation before.
    pub fn handle_transport_error(&mut self, error: impl Into<BoxError>) -> Result<(), Error> {
        match self.state.phase {
            Phase::Lingering { .. } => self.end(Ok(())),
            _ => self.end(Err(Error::transport(error))),
        }
        self.result()
    }

    /// What is to be written now: up to [`Config::write_size`], and a chunk, or all that was pushed as
    /// [slices](Channel::push_slice). Advance it by what was written.
    ///
    /// Producers are asked here. It is empty if there is nothing, or if a producer has failed, which ends the conversation.
    pub fn poll_transmit(&mut self) -> Transmit<'_> {
        if let Phase::Open = self.state.phase
            && let Err(error) = self.state.channel.queue_mut().stage(self.config.write_size.max(1))
        {
            self.end(Err(Error::producer(error)));
        }
        self.state.channel.queue_mut().staged()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest, on the clock of which it was last told. `None`:
    /// no need.
    pub fn poll_timeout(&mut self) -> Option<Duration> {
        self.update_clocks();
        match self.state.phase {
            Phase::Open => match (self.state.inbound.deadline(), self.state.outbound.deadline()) {
                (Some(inbound), Some(outbound)) => Some(inbound.min(outbound)),
                (inbound, outbound) => inbound.or(outbound),
            },
            Phase::Lingering { until } => Some(until),
            Phase::New | Phase::Ended(_) => None,
        }
    }

    /// Whether input is wanted: to be delivered, or, once the conversation is closing, to be dropped.
    pub fn wants_read(&self) -> bool {
        match self.state.phase {
            Phase::New | Phase::Ended(_) => false,
            Phase::Open => {
                self.state.read_state == ReadState::Sending
                    && (self.state.channel.is_closing() || !self.state.is_above_mark(&self.config))
            }
            Phase::Lingering { .. } => self.state.read_state == ReadState::Sending,
        }
    }

    /// Whether [`handle_input`](Self::handle_input) is to be called with what is unread, or with nothing: the queue was above
    /// its high-water mark, events were put off, and now it is below the low one.
    pub fn wants_resume(&self) -> bool {
        let may_go_on = match self.state.phase {
            Phase::Open => self.state.channel.is_closing() || !self.state.is_above_mark(&self.config),
            Phase::Lingering { .. } => true,
            Phase::New | Phase::Ended(_) => false,
        };
        self.state.paused && may_go_on
    }

    /// Whether there is output to be written.
    pub fn wants_write(&self) -> bool {
        matches!(self.state.phase, Phase::Open) && !self.state.channel.queue().is_empty()
    }

    /// Whether all output has been written and no more will come: flush it and shut down the write side.
    pub fn wants_shutdown(&self) -> bool {
        matches!(self.state.phase, Phase::Open)
            && self.state.channel.is_closing()
            && self.state.channel.queue().is_empty()
    }

    /// Whether the transport was said to have output that it has not sent on: [`set_unflushed`](Self::set_unflushed).
    pub fn is_unflushed(&self) -> bool {
        self.state.unflushed
    }

    /// Whether the conversation is over, and the handler has been told.
    pub fn is_closed(&self) -> bool {
        matches!(self.state.phase, Phase::Ended(_))
    }

    /// How the conversation ended, if it has.
    pub fn outcome(&self) -> Option<Result<(), &Error>> {
        match &self.state.phase {
            Phase::Ended(outcome) => Some(outcome.as_ref().copied()),
            _ => None,
        }
    }

    /// Gives back the memory that an idle conversation has no need of: one between two frames, with nothing to send and
    /// nothing owed. Any other, and one that rests already, is remaining_len as it is. The next call that is about more than the
    /// handler takes it anew.
    ///
    /// For a driver that is going to wait, and before which it tells the time when it has waited, as the order above has
    /// it.
    pub fn rest(&mut self) {
        self.state.rest();
    }

    /// The handler.
    pub fn handler(&self) -> &H {
        &self.handler
    }

    /// The handler, to be changed from outside.
    pub fn handler_mut(&mut self) -> &mut H {
        &mut self.handler
    }

    /// The channel.
    pub fn channel(&self) -> &Channel {
        &self.state.channel
    }

    /// The channel, through which others than the handler may push to this connection and close it.
    pub fn channel_mut(&mut self) -> &mut Channel {
        &mut self.state.channel
    }

    /// The bounds it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

/// A conversation dropped before it has ended tells its handler so, unless that is what panicked.
impl<H: Handler> Drop for Chat<H> {
    fn drop(&mut self) {
        if !self.state.calling && !matches!(self.state.phase, Phase::New) {
            self.end(Err(Error::Aborted));
        }
    }
}

#[cfg(test)]
mod tests;
