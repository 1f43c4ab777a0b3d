use core::time::Duration;

use crate::chat::channel::{Channel, IdleState};
use crate::chat::config::Config;
use crate::chat::min_rate::RateClock;
use crate::error::Error;

/// Everything about a chat that changes, without its handler.
#[derive(Debug)]
pub(super) struct State {
    pub(super) channel: Channel,
    pub(super) phase: Phase,
    pub(super) read_state: ReadState,
    /// The queue was above the high-water mark, and is not yet at or below the low one.
    pub(super) paused: bool,
    /// How many more calls for input the handler gets: [`Chat::limit_calls`](super::Chat::limit_calls).
    pub(super) calls_left: u32,
    /// Events were put off since no call was left.
    pub(super) out_of_calls: bool,
    /// A call of the handler has begun and not returned. If it is set between two calls, the handler has panicked.
    pub(super) calling: bool,
    /// The transport holds output that it has not sent.
    pub(super) unflushed: bool,
    /// The latest time that the driver has given.
    pub(super) now: Duration,
    pub(super) inbound: RateClock,
    pub(super) outbound: RateClock,
    /// The bytes of input since the last update of `inbound`.
    pub(super) received: u64,
    /// The bytes of output up to the last update of `outbound`.
    pub(super) sent: u64,
}

#[derive(Debug)]
pub(super) enum Phase {
    New,
    Open,
    Lingering { until: Duration },
    Ended(Result<(), Error>),
}

/// The state of the peer's own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadState {
    Sending,
    /// The stream has ended, and the handler does not know yet: held bytes come first, and backpressure may delay both.
    EofPending,
    Ended,
}

impl State {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            channel,
            phase: Phase::New,
            read_state: ReadState::Sending,
            paused: false,
            calls_left: u32::MAX,
            out_of_calls: false,
            calling: false,
            unflushed: false,
            now: Duration::ZERO,
            inbound: RateClock::default(),
            outbound: RateClock::default(),
            received: 0,
            sent: 0,
        }
    }

    pub(super) fn advance_to(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    pub(super) fn wants_read(&self, config: &Config) -> bool {
        self.read_state == ReadState::Sending && self.takes_input(config)
    }

    pub(super) fn wants_resume(&self, config: &Config) -> bool {
        (self.paused || self.out_of_calls) && self.takes_input(config)
    }

    /// Whether input would be delivered or dropped, and not be left over.
    fn takes_input(&self, config: &Config) -> bool {
        match self.phase {
            Phase::Open => self.channel.is_closing() || !self.is_above_mark(config),
            Phase::Lingering { .. } => true,
            Phase::New | Phase::Ended(_) => false,
        }
    }

    pub(super) fn wants_write(&self) -> bool {
        matches!(self.phase, Phase::Open) && !self.channel.queue().is_empty()
    }

    pub(super) fn wants_shutdown(&self) -> bool {
        matches!(self.phase, Phase::Open) && self.channel.is_closing() && self.channel.queue().is_empty()
    }

    /// Whether events have to wait: until the queue is shorter, or, after a producer has failed, until its error is
    /// reached.
    pub(super) fn is_above_mark(&self, config: &Config) -> bool {
        let mark = if self.paused { config.low_water } else { config.high_water };
        self.channel.queue().queued() > mark || self.channel.queue().is_failing()
    }

    pub(super) fn result(&self) -> Result<(), Error> {
        match &self.phase {
            Phase::Ended(outcome) => outcome.clone(),
            _ => Ok(()),
        }
    }

    /// Gives both clocks the bytes that were moved since the last update.
    pub(super) fn update_clocks(&mut self, config: &Config) {
        let reading = matches!(self.phase, Phase::Open) && self.wants_read(config) && !self.channel.is_closing();
        // The end of the stream is output too: it has not left before the transport was flushed and shut down.
        let sending = self.wants_write() || self.wants_shutdown() || self.unflushed;
        // Each frame has a grace period of its own, and so has the output after an empty queue.
        if self.channel.take_completed() {
            self.inbound = RateClock::default();
        }
        if self.channel.queue_mut().take_drained() {
            self.outbound = RateClock::default();
        }
        let received = core::mem::take(&mut self.received);
        self.inbound.update(config.min_input_rate, self.now, reading && self.channel.is_owed(), received);
        let sent = self.channel.queue().consumed();
        debug_assert!(self.sent <= sent, "the queue's count went from {} to {sent}", self.sent);
        let taken = sent.saturating_sub(core::mem::replace(&mut self.sent, sent));
        self.outbound.update(config.min_output_rate, self.now, sending, taken);
    }

    /// Takes the state that an idle chat keeps, or returns `None` if it is not idle.
    pub(super) fn take_idle_state(&mut self) -> Option<IdleState> {
        let idle = matches!((&self.phase, self.read_state), (Phase::Open, ReadState::Sending))
            && !(self.paused || self.out_of_calls || self.calling || self.unflushed)
            && self.inbound.deadline().or(self.outbound.deadline()).is_none();
        if idle { self.channel.idle_state() } else { None }
    }

    /// Becomes the state of a chat that was idle. `self` may have belonged to another connection.
    pub(super) fn wake(&mut self, idle_state: IdleState, now: Duration) {
        self.channel.wake(idle_state);
        self.phase = Phase::Open;
        self.now = now;
        self.received = 0;
        self.calls_left = u32::MAX;
        self.sent = self.channel.queue().consumed();
    }
}
