use alloc::vec::Vec;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use core::{any, fmt};

use crate::chat::{Config, RateClock};
use crate::drive::budget::Budget;
use crate::drive::judgement::{LastCall, Verdict};
use crate::drive::parts::Parts;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, Transport, read_size, yield_now};
use crate::drive::writer::{Output, Sent, send};
use crate::error::Error;
use crate::framing::Frames;
use crate::framing::ReceiveBuffer;
use crate::framing::Terminator;
use crate::framing::{End, Event};
use crate::output::ProducerQueue;

mod outbox;

use outbox::Outbox;

/// Frames or events on demand, and a queue of output: the pull-style counterpart of [`Driver`](crate::drive::Driver), behind
/// every adapter's `Connection`. For adapters.
///
/// - It is cancel-safe: a poll that returns `Pending` has lost nothing. Any other poll may come next.
/// - Output is sent while input is waited for, and input is read while output is, so that two peers that both send before
///   they read do not deadlock.
/// - It has no read buffer while it waits with no unread input.
/// - A caller that pushes although the queue was above its high-water mark gets no input before the queue is at or below
///   the low one: a peer that never reads cannot make it grow (backpressure). The queue has at most the mark and two
///   answers.
/// - A peer that takes the output at less than [`Config::min_output_rate`] is cut off, also while input is waited for.
/// - A producer that is pending is asked again once in each poll, and the peer owes nothing while it is waited for.
/// - It yields to other tasks, however fast the peer sends or reads: a turn has a budget in bytes and in frames, and is
///   given away through [`Transport::yield_now`] (fairness).
///
/// # States
///
/// Input and output fail and end separately: a peer that has stopped reading may have sent something worth reading. An
/// error of the transport is final on its own side. [`Error::FrameTooLong`] and [`Error::Truncated`] are not errors of the
/// transport: reading goes on behind them. [`Error::ReadTooSlowly`] is final on both sides, since the transport is reset:
/// after what had arrived, the polls for input return it too.
pub struct PollConnection<T, C> {
    transport: T,
    clock: C,
    config: Config,
    received: ReceiveBuffer,
    outbox: Outbox,
    read_failed: Option<Error>,
    /// The end of the wait for the peer to close. Set once the write side is shut down.
    linger_until: Option<Duration>,
    /// Output was pushed above the high-water mark, and the queue is not yet at or below the low one.
    paused: bool,
    /// The queue was above its mark when input was last polled for.
    was_above: bool,
    /// The queue was lent since then, to be pushed to.
    was_pushed: bool,
    rate: RateClock,
    last_call: LastCall,
    /// The time before the transport was last asked to write.
    asked_at: Duration,
}

/// Shows the type of the transport, lengths and states, and no byte (C20).
impl<T, C> fmt::Debug for PollConnection<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollConnection")
            .field("transport", &format_args!("{}", any::type_name::<T>()))
            .field("received", &self.received)
            .field("outbox", &self.outbox)
            .field("read_failed", &self.read_failed)
            .field("linger_until", &self.linger_until)
            .finish_non_exhaustive()
    }
}

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Makes a connection at the beginning of a stream. [`Config::max_frame_len`] bounds whole frames.
    pub fn new(transport: T, clock: C, terminator: impl Into<Terminator>, config: Config) -> Self {
        let received = ReceiveBuffer::with_max_len(terminator, config.max_frame_len);
        Self {
            transport,
            clock,
            outbox: Outbox::new(config.stage_budget()),
            config,
            received,
            read_failed: None,
            linger_until: None,
            paused: false,
            was_above: false,
            was_pushed: false,
            rate: RateClock::default(),
            last_call: LastCall::default(),
            asked_at: Duration::ZERO,
        }
    }

    /// Waits for the next event: `true` if [`event`](Self::event) has it, `false` at the end of the stream.
    ///
    /// # Errors
    ///
    /// That of the transport, after everything that arrived before it. Or one that blames the caller, if it has asked for
    /// more than 1,024 frames without a byte in a row.
    pub fn poll_event(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<bool, Error>> {
        self.outbox.queue.ask_again();
        for _ in 0..MAX_ROUNDS_PER_POLL {
            ready!(self.poll_turn(cx));
            if self.received.find_event()? {
                self.outbox.budget.spend_call();
                return Poll::Ready(Ok(true));
            }
            if !self.received.wants_read() {
                return Poll::Ready(Ok(false));
            }
            ready!(self.poll_more(cx, read_buffer))?;
        }
        self.yield_now(cx)
    }

    /// Waits for the next whole frame: `true` if [`frame`](Self::frame) has it, `false` at the end of the stream.
    ///
    /// # Errors
    ///
    /// [`Error::FrameTooLong`], once for each such frame. [`Error::Truncated`], once, if the stream ended within a frame;
    /// `frame` then has the part that arrived. Or that of the transport. Or one that blames the caller, if it has asked for
    /// more than 1,024 frames without a byte in a row.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<bool, Error>> {
        self.outbox.queue.ask_again();
        for _ in 0..MAX_ROUNDS_PER_POLL {
            ready!(self.poll_turn(cx));
            self.outbox.budget.spend_call();
            if self.received.find_frame()? {
                return Poll::Ready(Ok(true));
            }
            if !self.received.wants_read() {
                return Poll::Ready(Ok(false));
            }
            ready!(self.poll_more(cx, read_buffer))?;
        }
        self.yield_now(cx)
    }

    /// Returns the event that was found.
    pub fn event(&self) -> Event<'_> {
        self.received.event()
    }

    /// Returns the frame that was found.
    pub fn frame(&self) -> &[u8] {
        self.received.frame()
    }

    /// Returns the framing, mutably: to change the terminator.
    pub fn frames_mut(&mut self) -> &mut Frames {
        &mut self.received.frames
    }

    /// Returns the framing.
    pub fn frames(&self) -> &Frames {
        &self.received.frames
    }

    /// Returns the output queue, mutably.
    pub fn queue_mut(&mut self) -> &mut ProducerQueue {
        self.was_pushed = true;
        &mut self.outbox.queue
    }

    /// Returns the output queue.
    pub fn queue(&self) -> &ProducerQueue {
        &self.outbox.queue
    }

    /// Returns how the stream ended, once all of it was handed out.
    pub fn end(&self) -> Option<End> {
        self.received.end()
    }

    /// Returns how many bytes were read and not handed out.
    pub fn unread(&self) -> usize {
        self.received.unread()
    }

    /// Returns the bounds that it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the transport.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// Returns the clock. A blocking adapter asks it how long to wait.
    pub fn clock_mut(&mut self) -> &mut C {
        &mut self.clock
    }

    /// Waits until all output is written and flushed, that of producers that are pending included. Input is read meanwhile,
    /// up to [`Config::high_water`], since the peer may be unable to read before it has written.
    ///
    /// # Errors
    ///
    /// That of the transport, or of a producer; the same again at every later call.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        self.outbox.queue.ask_again();
        self.poll_reading(cx, read_buffer, |_| {})
    }

    /// Sends all output, and calls `dispose` for the input that is read meanwhile.
    fn poll_reading(
        &mut self,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
        dispose: impl Fn(&mut ReceiveBuffer),
    ) -> Poll<Result<(), Error>> {
        for _ in 0..MAX_ROUNDS_PER_POLL {
            dispose(&mut self.received);
            if let Poll::Ready(result) = self.poll_send(cx) {
                return Poll::Ready(result);
            }
            let room = self.received.waiting() < self.config.high_water && self.received.wants_read();
            // An error of the input is returned by the polls for input.
            if !room || self.read_failed.is_some() || self.poll_read(cx, read_buffer).is_pending() {
                self.received.return_buffer(read_buffer);
                return self.poll_judge(cx, None);
            }
            self.cut_off_if_late()?;
            if self.outbox.budget.is_spent() {
                break;
            }
        }
        dispose(&mut self.received);
        self.received.return_buffer(read_buffer);
        self.yield_now(cx)
    }

    /// Closes gracefully: sends all output, shuts down the write side, and waits for the peer to close, for
    /// [`Config::linger`] at most. Input that arrives meanwhile is dropped. A later push is refused.
    ///
    /// # Errors
    ///
    /// As for [`poll_flush`](Self::poll_flush).
    pub fn poll_close(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        self.outbox.queue.close_when_done();
        self.outbox.queue.ask_again();
        ready!(self.poll_reading(cx, read_buffer, ReceiveBuffer::discard))?;
        if self.outbox.is_peer_gone() {
            // There is nobody to wait for.
            self.received.received_end();
        }
        let (clock, linger) = (&self.clock, self.config.linger);
        self.linger_until.get_or_insert_with(|| clock.now().saturating_add(linger));
        for _ in 0..MAX_ROUNDS_PER_POLL {
            self.received.discard();
            let hung_up = !self.received.wants_read() || self.read_failed.is_some();
            self.asked_at = self.clock.now();
            if hung_up || self.has_lingered() {
                let _ = self.clock.poll_alarm(cx, None);
                return Poll::Ready(Ok(()));
            }
            if self.poll_read(cx, read_buffer).is_pending() {
                self.received.return_buffer(read_buffer);
                ready!(self.poll_judge(cx, self.linger_until))?;
            }
            if self.outbox.budget.is_spent() {
                break;
            }
        }
        self.received.discard();
        self.received.return_buffer(read_buffer);
        self.yield_now(cx)
    }

    /// Takes the connection apart: the transport, the input that was not handed out, and the output that was not written.
    pub fn into_parts(mut self) -> Parts<T> {
        let unread = self.received.take_unread();
        Parts::new(self.transport, unread.into(), self.outbox.queue)
    }

    /// Changes when input was read: for a comparison.
    #[cfg(feature = "futures")]
    pub(crate) fn input_mark(&self) -> impl PartialEq + use<T, C> {
        (self.received.unread(), self.received.wants_read(), self.read_failed.is_some())
    }

    /// Changes when output was written, flushed or given up: for a comparison.
    #[cfg(feature = "futures")]
    pub(crate) fn output_mark(&self) -> impl PartialEq + use<T, C> {
        self.outbox.mark()
    }

    /// Waits for more input. Output is sent meanwhile; its errors are returned by the polls that send.
    fn poll_more(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        let _ = self.poll_send(cx);
        let result = self.poll_read(cx, read_buffer);
        if result.is_pending() {
            self.received.return_buffer(read_buffer);
            return self.poll_judge(cx, None);
        }
        self.cut_off_if_late()?;
        result
    }

    /// Waits for the turn of the input: until the queue is below its mark, and the other tasks have had their turn.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.outbox.budget.is_spent() {
            return self.yield_now(cx);
        }
        if !self.paused {
            let is_above = self.outbox.queue.queued() > self.config.high_water;
            // A caller that only reads may go on: its peer may be unable to read before it has written.
            self.paused = is_above && self.was_above && self.was_pushed;
            (self.was_above, self.was_pushed) = (is_above, false);
        }
        if !self.paused {
            return Poll::Ready(());
        }
        // Its errors are returned by the polls that send. They empty the queue.
        let sent = self.poll_send(cx);
        self.paused = self.outbox.queue.queued() > self.config.low_water;
        if !self.paused {
            return Poll::Ready(());
        }
        debug_assert!(sent.is_pending(), "everything was sent, and is queued");
        // Being cut off ends the wait too, and the polls for input return the error.
        self.poll_judge(cx, None).map(drop)
    }

    /// Returns the deadline of the peer for taking the output. `None` if it owes nothing.
    fn output_deadline(&mut self) -> Option<Duration> {
        let min_rate = self.config.min_output_rate;
        let unsent = self.outbox.wants_write() || self.outbox.is_unflushed();
        // While lingering, every byte counts: a reset would destroy it.
        let lingers = self.linger_until.is_some();
        let held = if lingers { self.outbox.held.all() } else { self.outbox.held.bytes(!unsent, min_rate) };
        let taken = self.outbox.queue.consumed().saturating_sub(held);
        self.rate.update(min_rate, self.config.idle_timeout, self.asked_at, unsent || held > 0, taken);
        self.rate.deadline()
    }

    /// Cuts off a peer that does not take the output. Otherwise waits for its deadline, or until `other`.
    fn poll_judge(&mut self, cx: &mut Context<'_>, other: Option<Duration>) -> Poll<Result<(), Error>> {
        let now = self.asked_at;
        let mut deadline = self.output_deadline();
        if deadline.is_some_and(|deadline| deadline <= now) {
            self.outbox.held.ask(&self.transport);
            deadline = self.output_deadline();
        }
        match deadline.filter(|deadline| *deadline <= now) {
            None => self.last_call.clear(),
            Some(passed) => match self.last_call.check(passed, now) {
                Verdict::Judge => return Poll::Ready(Err(self.cut_off())),
                Verdict::Yield => return self.yield_now(cx),
                Verdict::Wait(at) => deadline = Some(at),
            },
        }
        let at = deadline.map_or(other, |deadline| Some(other.map_or(deadline, |other| other.min(deadline))));
        ready!(self.clock.poll_alarm(cx, at));
        // It went off since the time was asked for.
        self.yield_now(cx)
    }

    /// Judges a peer that sends without pause, and takes nothing.
    fn cut_off_if_late(&mut self) -> Result<(), Error> {
        let is_late =
            |connection: &mut Self| connection.output_deadline().filter(|deadline| *deadline <= connection.asked_at);
        if is_late(self).is_none() {
            return Ok(());
        }
        self.outbox.held.ask(&self.transport);
        match is_late(self).map(|deadline| self.last_call.check(deadline, self.asked_at)) {
            Some(Verdict::Judge) => Err(self.cut_off()),
            Some(Verdict::Yield | Verdict::Wait(_)) | None => Ok(()),
        }
    }

    /// Ends both sides: the peer does not take the output.
    fn cut_off(&mut self) -> Error {
        self.outbox.fail(Error::ReadTooSlowly);
        self.read_failed.get_or_insert(Error::ReadTooSlowly);
        self.rate.stop();
        self.transport.reset();
        Error::ReadTooSlowly
    }

    /// Returns whether the peer has had its time to close: from when it had all the output, as far as the transport can
    /// say.
    fn has_lingered(&mut self) -> bool {
        if self.linger_until.is_some_and(|until| until > self.asked_at) {
            return false;
        }
        self.outbox.held.ask(&self.transport);
        let has_all = self.outbox.held.all() == 0;
        if !has_all {
            self.linger_until = Some(self.asked_at.saturating_add(self.config.linger));
        }
        has_all
    }

    /// Ends the turn.
    fn yield_now<R>(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        self.outbox.budget = Budget::default();
        yield_now(cx, &mut self.transport)
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, read_buffer: &mut Vec<u8>) -> Poll<Result<(), Error>> {
        if let Some(error) = &self.read_failed {
            return Poll::Ready(Err(error.clone()));
        }
        let space = self.received.space_from(read_buffer, read_size(&self.config));
        let Poll::Ready(result) = self.transport.poll_read(cx, space) else {
            self.outbox.budget = Budget::default();
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(0) => {
                self.received.received_end();
                Ok(())
            }
            Ok(len) => {
                self.outbox.budget.spend_bytes(len);
                self.received.advance(len);
                Ok(())
            }
            Err(error) => {
                let error = Error::transport(error);
                self.read_failed = Some(error.clone());
                Err(error)
            }
        })
    }

    /// Writes and flushes everything that is queued, and shuts down the write side once the queue is closed.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.asked_at = self.clock.now();
        let sent = send(cx, &mut self.transport, &mut self.outbox);
        self.outbox.result()?;
        match sent {
            // A producer wakes the task.
            Sent::All if self.outbox.queue.is_pending() => Poll::Pending,
            Sent::All => Poll::Ready(Ok(())),
            Sent::Pending => Poll::Pending,
            Sent::More => yield_now(cx, &mut self.transport),
        }
    }
}
