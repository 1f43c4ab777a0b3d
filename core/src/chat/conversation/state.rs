use core::time::Duration;

use crate::chat::channel::{Channel, IdleState};
use crate::chat::config::Config;
use crate::chat::memory_budget::{Charge, MemoryBudget};
use crate::chat::min_rate::RateClock;
use crate::error::Error;

/// Everything about a chat that changes, without its handler.
#[derive(Debug)]
pub(super) struct State {
    pub(super) channel: Channel,
    pub(super) phase: Phase,
    pub(super) read_state: ReadState,
    /// The queue was above the high-water mark, and is not yet at or below the low one.
    pub(super) was_above_mark: bool,
    /// Events were put off since the channel is paused, or since no input had come when the handler asked for them.
    pub(super) put_off: bool,
    /// The channel is paused since this time, as far as the clocks know.
    paused_since: Option<Duration>,
    /// The most that the queue may cost by the memory budget: an upper bound of the high-water mark.
    share: usize,
    /// The cost of the queue, as the memory budget knows it.
    pub(super) charge: Charge,
    /// The handler gets this many more calls for input: [`Chat::limit_calls`](super::Chat::limit_calls).
    pub(super) calls_left: u32,
    /// Events were put off since no call was left.
    pub(super) out_of_calls: bool,
    /// Code of the user's that has begun and not returned. If it is set between two calls, that code has panicked.
    pub(super) running: Option<UserCode>,
    /// The transport holds output that it has not sent.
    pub(super) unflushed: bool,
    /// [`Handler::handle_shutdown`](crate::chat::Handler::handle_shutdown) was called.
    pub(super) shutdown_requested: bool,
    /// The write side was shut down while the connection is open: [`Channel::finish`].
    pub(super) output_ended: bool,
    /// The connection has ended, and its transport should be reset.
    pub(super) wants_reset: bool,
    /// The bytes of output that were dropped unsent when a write failed or the connection ended.
    pub(super) dropped: usize,
    /// A write has failed.
    pub(super) write_failure: Option<WriteFailure>,
    /// The latest time that the driver has given.
    pub(super) now: Duration,
    pub(super) inbound: RateClock,
    pub(super) outbound: RateClock,
    /// The time since which nothing has been owed and no byte has moved, if that is so.
    pub(super) idle_since: Duration,
    /// The bytes of input that the last call has left to the driver.
    pub(super) left_over: usize,
    /// The bytes of output that the transport was given and that the peer has not taken, as far as the driver knows.
    pub(super) unacknowledged: u64,
    /// The bytes of output that had been given to the transport when the queue was drained. The next output has a grace
    /// period of its own, which begins once the peer has taken these.
    drained_at: Option<u64>,
    /// The bytes of input and of output at the last update of the clocks.
    moved: (u64, u64),
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
    /// The stream has failed, and held bytes come first.
    FailurePending,
    Ended,
}

/// Code of the user's, which may panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserCode {
    Handler,
    Producer,
}

/// The error of a write. It ends the connection when the input that has arrived was delivered, or at `until`.
#[derive(Debug)]
pub(super) struct WriteFailure {
    pub(super) error: Error,
    pub(super) until: Duration,
}

impl State {
    pub(super) fn new(channel: Channel) -> Self {
        Self {
            channel,
            phase: Phase::New,
            read_state: ReadState::Sending,
            was_above_mark: false,
            put_off: false,
            paused_since: None,
            share: usize::MAX,
            charge: Charge::default(),
            calls_left: u32::MAX,
            out_of_calls: false,
            running: None,
            unflushed: false,
            shutdown_requested: false,
            output_ended: false,
            wants_reset: false,
            dropped: 0,
            write_failure: None,
            now: Duration::ZERO,
            inbound: RateClock::default(),
            outbound: RateClock::default(),
            idle_since: Duration::ZERO,
            left_over: 0,
            unacknowledged: 0,
            drained_at: None,
            moved: (0, 0),
        }
    }

    pub(super) fn advance_to(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    pub(super) fn wants_read(&self, config: &Config) -> bool {
        self.read_state == ReadState::Sending && self.takes_input(config)
    }

    pub(super) fn wants_resume(&self, config: &Config) -> bool {
        (self.was_above_mark || self.out_of_calls || self.put_off) && self.takes_input(config)
    }

    /// Returns whether input would be delivered or dropped, and not be left over.
    fn takes_input(&self, config: &Config) -> bool {
        match self.phase {
            Phase::Open if self.channel.is_upgrading() => false,
            Phase::Open => self.channel.is_closing() || !(self.channel.is_paused() || self.is_above_mark(config)),
            Phase::Lingering { .. } => true,
            Phase::New | Phase::Ended(_) => false,
        }
    }

    pub(super) fn wants_write(&self) -> bool {
        let queue = self.channel.queue();
        matches!(self.phase, Phase::Open) && !queue.is_empty() && !queue.is_pending() && !self.channel.is_aborted()
    }

    /// Returns whether output is queued of which there is no byte before a producer wakes the task.
    pub(super) fn is_output_pending(&self) -> bool {
        matches!(self.phase, Phase::Open) && self.channel.queue().is_pending() && !self.channel.is_aborted()
    }

    pub(super) fn wants_shutdown(&self) -> bool {
        let ends_output = self.channel.ends_output() || (self.channel.is_closing() && !self.channel.is_upgrading());
        matches!(self.phase, Phase::Open)
            && ends_output
            && !self.output_ended
            && self.channel.queue().is_empty()
            && !self.is_ending()
    }

    pub(super) fn wants_upgrade(&self) -> bool {
        matches!(self.phase, Phase::Open)
            && self.channel.is_upgrading()
            && !(self.has_unsent_output() || self.wants_shutdown())
            && !self.is_ending()
            && self.running.is_none()
    }

    /// Returns whether the write side was shut down before, by [`Channel::finish`], and the connection is to close now:
    /// the handler has asked for it, or nothing more can be read either.
    pub(super) fn closes_after_finish(&self) -> bool {
        let is_over =
            self.channel.closes_when_done() || (self.read_state == ReadState::Ended && !self.channel.is_upgrading());
        matches!(self.phase, Phase::Open) && self.output_ended && is_over
    }

    /// Returns whether neither a read nor a write would report an error of the transport.
    pub(super) fn wants_error(&self, config: &Config) -> bool {
        let is_used = self.wants_read(config) || self.wants_write() || self.wants_shutdown() || self.unflushed;
        matches!(self.phase, Phase::Open) && !is_used && self.write_failure.is_none()
    }

    /// Returns whether the connection ends without a shutdown of the write side, as soon as the handler can be told.
    pub(super) fn is_ending(&self) -> bool {
        self.write_failure.is_some() || self.channel.is_aborted()
    }

    /// Returns whether events have to wait: until the queue is shorter, or, after a producer has failed, until its error is
    /// reached.
    pub(super) fn is_above_mark(&self, config: &Config) -> bool {
        let mark =
            if self.was_above_mark { config.low_water.min(self.share / 2) } else { config.high_water.min(self.share) };
        self.channel.queue().queued() > mark || self.channel.queue().is_failing()
    }

    /// Decides anew whether events have to wait. Returns the cost of the queue above which to decide again.
    pub(super) fn update_above_mark(&mut self, config: &Config) -> usize {
        self.update_share(config);
        self.was_above_mark = self.is_above_mark(config);
        let next = match config.memory_budget {
            Some(_) => self.channel.queue().queued().saturating_add(MemoryBudget::QUANTUM),
            None => usize::MAX,
        };
        next.min(config.high_water).min(self.share)
    }

    /// Tells the memory budget what the queue costs, and asks it for the share of this connection.
    fn update_share(&mut self, config: &Config) {
        let budget = config.memory_budget.as_ref();
        self.charge.set(budget, self.channel.queue().queued());
        self.share = budget.map_or(usize::MAX, MemoryBudget::share);
    }

    /// Returns whether output has not left: it is queued, or the transport holds it back.
    pub(super) fn has_unsent_output(&self) -> bool {
        !self.channel.queue().is_empty() || self.unflushed
    }

    pub(super) fn result(&self) -> Result<(), Error> {
        match &self.phase {
            Phase::Ended(outcome) => outcome.clone(),
            _ => Ok(()),
        }
    }

    /// Gives the clocks the bytes that were moved since the last update, and the memory budget the cost of the queue.
    pub(super) fn update_clocks(&mut self, config: &Config) {
        self.update_pause();
        self.channel.timer_mut().start(self.now);
        self.update_share(config);
        let is_open = matches!(self.phase, Phase::Open);
        let owes_input = is_open && self.channel.is_owed() && self.wants_read(config) && !self.channel.is_closing();
        // While a producer is pending and nothing is staged, the peer owes nothing: `wants_write` is false (O8).
        // The end of the stream is output too: it has not left before the transport was flushed and shut down.
        let owes_output = self.wants_write() || self.wants_shutdown() || self.unflushed || self.unacknowledged > 0;
        // Each request has a grace period of its own, and so has the output after an empty queue.
        if self.channel.take_completed() {
            self.inbound.stop();
        }
        let sent = self.channel.queue().consumed();
        let taken = sent.saturating_sub(self.unacknowledged);
        if self.channel.queue_mut().take_drained() {
            self.drained_at.get_or_insert(sent);
        }
        if self.drained_at.take_if(|drained_at| *drained_at <= taken).is_some() {
            self.outbound.stop();
        }
        // Input that was read and waits for the handler has not been taken.
        let delivered = self.channel.received().saturating_sub(self.left_over as u64);
        if self.paused_since.is_none() {
            self.inbound.update(config.min_input_rate, config.idle_timeout, self.now, owes_input, delivered);
        }
        self.outbound.update(config.min_output_rate, config.idle_timeout, self.now, owes_output, taken);
        let moved = (delivered, taken);
        let has_moved = core::mem::replace(&mut self.moved, moved) != moved;
        if has_moved || !self.is_idle() {
            self.idle_since = self.now;
        }
    }

    /// Stops the clocks of the peer's input while the channel is paused.
    pub(super) fn update_pause(&mut self) {
        if self.channel.is_paused() {
            self.paused_since.get_or_insert(self.now);
        } else if let Some(since) = self.paused_since.take() {
            // A grace period of its own after each pause would be no limit for a handler that pauses often.
            self.inbound.postpone(self.now.saturating_sub(since));
            self.idle_since = self.now;
        }
    }

    /// The time at which a frame is too late.
    pub(super) fn input_deadline(&self) -> Option<Duration> {
        self.inbound.deadline().filter(|_| self.paused_since.is_none())
    }

    /// Returns whether the connection waits for nothing but the peer, which owes nothing. It is not idle while a
    /// producer is pending: then this end owes the peer (O8).
    fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Open)
            && !(self.channel.is_owed() || self.channel.is_closing() || self.was_above_mark || self.has_unsent_output())
            && !(self.channel.is_paused() || self.paused_since.is_some() || self.put_off)
            && self.unacknowledged == 0
            && self.write_failure.is_none()
    }

    /// The time at which the connection has been idle for too long. Up to the last update of the clocks.
    pub(super) fn idle_deadline(&self, config: &Config) -> Option<Duration> {
        let timeout = config.idle_timeout.filter(|_| self.is_idle())?;
        Some(self.idle_since.saturating_add(timeout))
    }

    /// The next deadline. Up to the last update of the clocks.
    pub(super) fn deadline(&self, config: &Config) -> Option<Duration> {
        let earliest = |deadlines: [Option<Duration>; 4]| deadlines.into_iter().flatten().min();
        match (&self.phase, &self.write_failure) {
            (Phase::New | Phase::Ended(_), _) => None,
            // The chat does at once whatever was asked for from outside.
            _ if self.channel.is_aborted() || self.closes_after_finish() => Some(self.now),
            (Phase::Open, Some(failure)) => {
                earliest([Some(failure.until), self.channel.timer().deadline(), None, None])
            }
            (Phase::Open, None) => earliest([
                self.input_deadline(),
                self.outbound.deadline(),
                self.idle_deadline(config),
                self.channel.timer().deadline(),
            ]),
            (Phase::Lingering { until }, _) => earliest([Some(*until), self.outbound.deadline(), None, None]),
        }
    }

    /// Takes the state that an idle chat keeps, or returns `None` if it is not idle.
    pub(super) fn take_idle_state(&mut self) -> Option<IdleState> {
        let rests = self.is_idle()
            && self.read_state == ReadState::Sending
            && self.running.is_none()
            && !self.shutdown_requested
            && !self.out_of_calls
            && self.inbound.deadline().or(self.outbound.deadline()).is_none();
        let idle_state = if rests { self.channel.idle_state(self.idle_since) } else { None };
        if idle_state.is_some() {
            // The queue is empty. This state may serve another connection next.
            self.charge.set(None, 0);
            self.share = usize::MAX;
        }
        idle_state
    }

    /// Becomes the state of a chat that was idle. `self` may have belonged to another connection.
    pub(super) fn wake(&mut self, idle_state: IdleState, now: Duration) {
        self.idle_since = self.channel.wake(idle_state);
        self.phase = Phase::Open;
        self.now = now;
        self.calls_left = u32::MAX;
        self.left_over = 0;
        self.drained_at = None;
        self.moved = (self.channel.received(), self.channel.queue().consumed());
    }
}
