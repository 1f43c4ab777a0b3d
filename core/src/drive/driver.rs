use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;

use crate::chat::{Chat, Handler, IdleChat};
use crate::drive::budget::{Budget, CALLS_PER_TURN};
use crate::drive::ended::Ended;
use crate::drive::judgement::{Held, LastCall, Verdict};
use crate::drive::mailbox::Mailbox;
use crate::drive::parts::Parts;
use crate::drive::server::ConnectionRecord;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, Transport, read_size, yield_now};
use crate::drive::writer::{Output, Sent, send};
use crate::error::{BoxError, Error};
use crate::framing::Input;
use crate::invariant::{difference, head, tail};
use crate::output::{ProducerQueue, Transmit};

/// Drives a [`Chat`] over a [`Transport`]: the loop behind every adapter's `drive`. For adapters.
///
/// - Reading and writing go on at the same time.
/// - A task that has nothing to do is pending. The transport, the mailbox, a producer or the alarm wakes it.
/// - It never spins, and never holds the task for long: a turn has a budget in bytes and in calls of the handler, and is
///   given away through [`Transport::yield_now`] (fairness).
/// - It has no read buffer of its own: the caller lends one. It keeps input only while the queue is above its high-water
///   mark (backpressure), or while the channel is [paused](crate::chat::Channel::pause).
/// - While the chat is idle, an [`IdleChat`] gives back its memory.
///
/// # One round
///
/// ```text
/// handle_connect ▶ resume ▶ collect the mailbox ▶ write, flush, shut down ▶ collect ▶ read and deliver ▶ handle_timeout
///        ▲                                                      (or upgrade)                                 │
///        └────────────────────────────── while there is something to do at once ────────────────────────────┘
/// ```
///
/// This is the [run loop](Chat#the-run-loop) of [`Chat`], with a mailbox.
///
/// An event loop without tasks polls a driver when its socket is ready, when its waker was woken, and at the time that
/// its clock was given by [`Clock::poll_alarm`]. Then the transport and the clock need no waker: the one returns
/// `Pending` while its socket would block, and the other keeps the time.
///
/// Writing comes before reading, so that a transport whose calls block has sent its greeting before it waits for input. The
/// driver also reads while there is more to write; such a transport should return `Pending` from a read that comes after a
/// write.
///
/// Dropping the driver drops the chat, whose handler is given [`Error::Aborted`].
pub struct Driver<C, H: Handler> {
    clock: C,
    chat: IdleChat<H>,
    mailbox: Option<Mailbox<H>>,
    seldom: Option<Box<Seldom>>,
    held: Held,
}

/// The state that an idle connection has not. Boxed, since a driver is most of what such a connection consists of.
#[derive(Default)]
struct Seldom {
    undelivered: Option<Undelivered>,
    last_call: LastCall,
}

impl Seldom {
    fn undelivered(seldom: &Option<Box<Self>>) -> Option<&Undelivered> {
        seldom.as_ref()?.undelivered.as_ref()
    }

    /// Drops it if there is nothing in it.
    fn tidy(seldom: &mut Option<Box<Self>>) {
        let is_empty = |seldom: &Self| seldom.undelivered.is_none() && seldom.last_call.until().is_none();
        seldom.take_if(|seldom| is_empty(seldom));
    }
}

/// Input that was read and put off, since the queue was above its mark or the channel was paused.
struct Undelivered {
    bytes: Vec<u8>,
    /// The number of bytes that were delivered since.
    delivered: usize,
}

/// Shows lengths and states, and no byte (C20).
impl<C, H: Handler> fmt::Debug for Driver<C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock: _, chat, mailbox, seldom, held } = self;
        f.debug_struct("Driver")
            .field("chat", chat)
            .field("mailbox", mailbox)
            .field("undelivered", &Seldom::undelivered(seldom))
            .field("held", held)
            .finish_non_exhaustive()
    }
}

impl Undelivered {
    fn rest(&self) -> &[u8] {
        tail(&self.bytes, self.delivered)
    }
}

/// Shows lengths, and no byte that the peer sent.
impl fmt::Debug for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, delivered } = self;
        f.debug_struct("Undelivered").field("len", &bytes.len()).field("delivered", delivered).finish()
    }
}

impl<C: Clock, H: Handler> Driver<C, H> {
    /// Makes a driver of a chat that has not begun.
    pub fn new(clock: C, chat: Chat<H>) -> Self {
        Self { clock, chat: IdleChat::new(chat), mailbox: None, seldom: None, held: Held::default() }
    }

    /// Makes a driver with a mailbox, through which others push to the connection and call its handler.
    pub fn with_mailbox(clock: C, chat: Chat<H>, mailbox: Mailbox<H>) -> Self {
        Self { mailbox: Some(mailbox), ..Self::new(clock, chat) }
    }

    /// Does everything that can be done now. Ready when the conversation is over, with its outcome; at an upgrade
    /// ([`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done)) with everything that was read and not
    /// delivered. The caller adds the transport to these parts: [`Ended::map_stream`].
    ///
    /// The transport has to be the same in all calls.
    ///
    /// `read_buffer` may have any length and content. It grows to
    /// [`Config::read_size`](crate::chat::Config::read_size). Its content does not matter after the call, so that one
    /// buffer serves all the connections of a thread.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<Ended<()>, Error>> {
        self.poll_turn(cx, transport, read_buffer, true)
    }

    /// Does what [`poll`](Self::poll) does, for a caller that cannot hand its transport over: an upgrade ends the
    /// connection with an error that blames the handler.
    pub fn poll_without_upgrade(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<(), Error>> {
        self.poll_turn(cx, transport, read_buffer, false).map_ok(drop)
    }

    fn poll_turn(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
        can_upgrade: bool,
    ) -> Poll<Result<Ended<()>, Error>> {
        let Self { clock, chat, mailbox, seldom, held } = self;
        let now = clock.now();
        let awake = chat.wake(now);
        awake.limit_calls(CALLS_PER_TURN);
        awake.handle_wake(now);
        let mut turn = Turn {
            clock,
            now,
            is_now_current: true,
            chat: awake,
            mailbox,
            seldom,
            held,
            budget: Budget::default(),
            can_upgrade,
            is_timeout_known: false,
            is_mailbox_emptied: false,
        };
        let outcome = turn.poll(cx, transport, read_buffer);
        turn.record(&outcome);
        match &outcome {
            Poll::Pending => {
                chat.try_idle();
                Seldom::tidy(seldom);
            }
            // Entries of the mailbox are for the stream above, if that has an end of it too.
            Poll::Ready(Ok(Ended::Upgrade(_))) => *mailbox = None,
            Poll::Ready(_) => {}
        }
        outcome
    }

    /// Returns whether the output waits for a producer that is pending, and that wakes the task:
    /// [`Chat::is_output_pending`]. A blocking adapter asks it what may end a wait.
    pub fn is_output_pending(&self) -> bool {
        self.chat.is_output_pending()
    }

    /// Returns the clock. A blocking adapter asks it how long to wait.
    pub fn clock_mut(&mut self) -> &mut C {
        &mut self.clock
    }
}

/// A [`Driver`] that is polled: its chat is awake.
struct Turn<'d, C, H: Handler> {
    clock: &'d mut C,
    /// The time at which the round began, before the transport was asked: the peer is judged by it at the end.
    now: Duration,
    /// True if neither a handler nor a write has run since then.
    is_now_current: bool,
    chat: &'d mut Chat<H>,
    mailbox: &'d mut Option<Mailbox<H>>,
    seldom: &'d mut Option<Box<Seldom>>,
    held: &'d mut Held,
    budget: Budget,
    /// True if the caller can hand the transport over.
    can_upgrade: bool,
    /// True if the chat was asked for its timeout at the end of this round, and nothing has changed it.
    is_timeout_known: bool,
    /// True if the mailbox was looked at in this turn, and nothing was left in it.
    is_mailbox_emptied: bool,
}

impl<C: Clock, H: Handler> Turn<'_, C, H> {
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut impl Transport,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<Ended<()>, Error>> {
        for round in 1..=MAX_ROUNDS_PER_POLL {
            self.is_now_current &= !self.chat.is_new();
            // The chat keeps every error. It is asked for its outcome below.
            let _ = self.chat.handle_connect(self.now);
            self.resume();
            self.collect(cx);
            if !self.can_upgrade {
                let _ = self.chat.refuse_upgrade();
            }
            let sent = send(cx, transport, self);
            // The mailbox wakes nobody for what it kept because the queue was above its mark: collect it now.
            let collected = self.collect(cx);
            if let Some(unread) = self.upgrade() {
                return Poll::Ready(Ok(Ended::Upgrade(Parts::new((), unread, ProducerQueue::new()))));
            }
            let read = self.read(cx, transport, read_buffer);
            // The next round writes what the handler has pushed, and then judges the peer.
            if read && round < MAX_ROUNDS_PER_POLL && self.has_turn() && self.chat.outcome().is_none() {
                self.look_at_clock();
                continue;
            }
            let awaits_input = self.chat.wants_read();
            self.watch_for_error(cx, transport);
            // After reading: a peer whose bytes had arrived in time is not cut off because this task is late.
            if self.judge(transport) == Some(Verdict::Yield) {
                break;
            }
            if let Some(outcome) = self.chat.outcome().map(|outcome| outcome.map_err(Clone::clone)) {
                if self.chat.wants_reset() {
                    transport.reset();
                }
                return Poll::Ready(outcome.map(|()| Ended::Closed));
            }
            let more = read || collected || self.chat.wants_resume() || self.chat.wants_upgrade();
            // The handler may have resumed, pushed or closed since, in a timeout.
            let reads = self.chat.wants_read() && !awaits_input;
            let sends = sent != Sent::Pending && (self.chat.wants_write() || self.chat.wants_shutdown());
            if !(more || reads || sends) && self.poll_alarm(cx).is_pending() {
                return Poll::Pending;
            }
            if !self.has_turn() {
                break;
            }
            self.look_at_clock();
        }
        yield_now(cx, transport)
    }

    /// Begins a round.
    fn look_at_clock(&mut self) {
        self.now = self.clock.now();
        self.is_now_current = true;
    }

    /// Returns whether the budget of this turn lasts.
    fn has_turn(&self) -> bool {
        !(self.budget.is_spent() || self.chat.is_out_of_calls())
    }

    /// Notes for an observer how much output is unsent, and the outcome.
    fn record(&self, outcome: &Poll<Result<Ended<()>, Error>>) {
        let Some(record) = self.server_record() else { return };
        match outcome {
            // The connection goes on above.
            Poll::Ready(Ok(Ended::Upgrade(_))) => record.set_unsent(0),
            Poll::Ready(outcome) => {
                record.set_unsent(self.chat.dropped_output());
                record.note(outcome.as_ref().map(drop).map_err(Clone::clone));
            }
            Poll::Pending if record.is_observed() => record.set_unsent(self.chat.channel().queue().unsent_len()),
            Poll::Pending => {}
        }
    }

    /// Returns what the server keeps of the connection, if anything.
    fn server_record(&self) -> Option<&ConnectionRecord> {
        self.mailbox.as_ref()?.record().map(|record| &**record)
    }

    /// Ends the conversation for an upgrade, if it is time, and returns everything that was read and not delivered.
    fn upgrade(&mut self) -> Option<Bytes> {
        let left_over = Seldom::undelivered(self.seldom).map_or(&[][..], Undelivered::rest);
        let unread = self.chat.handle_upgrade(left_over)?;
        *self.seldom = None;
        Some(unread)
    }

    /// Collects the mailbox, and returns whether that changed anything.
    fn collect(&mut self, cx: &Context<'_>) -> bool {
        let Some(mailbox) = self.mailbox else { return false };
        // The task was woken for whatever was pushed since. An output that has ended is to refuse it at once.
        if self.is_mailbox_emptied && self.chat.channel_mut().push(Bytes::new()).is_ok() {
            return false;
        }
        let mark = self.chat.config().low_water;
        let collected = mailbox.collect_into(self.chat, mark, self.now, cx.waker());
        self.is_mailbox_emptied = collected.is_emptied;
        self.is_now_current &= !collected.changed;
        collected.changed
    }

    /// Judges the peer, if the transport has been asked once more since its deadline has passed. Otherwise returns how to
    /// ask it.
    fn judge(&mut self, transport: &impl Transport) -> Option<Verdict> {
        let mut deadline = self.deadline();
        if deadline.is_some() {
            self.held.ask(transport);
            deadline = self.deadline();
        }
        self.is_timeout_known = deadline.is_none();
        if let Some(deadline) = deadline
            && !self.chat.channel().is_aborted()
        {
            let verdict = self.seldom.get_or_insert_default().last_call.check(deadline, self.now);
            if verdict != Verdict::Judge {
                return Some(verdict);
            }
        }
        if let Some(seldom) = self.seldom {
            seldom.last_call.clear();
        }
        // The deadline has brought the clocks up to date, before.
        let _ = self.chat.handle_timeout_updated(self.now);
        None
    }

    /// Returns the deadline that has passed, if any.
    fn deadline(&mut self) -> Option<Duration> {
        let min_rate = self.chat.config().min_output_rate;
        let held = self.held.bytes(self.chat.is_lingering(), !self.chat.wants_write(), min_rate);
        self.chat.set_unacknowledged(held);
        self.chat.poll_timeout().filter(|deadline| *deadline <= self.now)
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let last_call = self.seldom.as_ref().and_then(|seldom| seldom.last_call.until());
        // No call has changed it since it was asked for.
        let next = if self.is_timeout_known { Chat::last_timeout } else { Chat::poll_timeout };
        let at = last_call.or_else(|| next(self.chat));
        self.clock.poll_alarm(cx, at)
    }

    /// Waits for an error of the transport while no read and no write would report it: a peer that has ended its stream, or
    /// that is not read since the channel is paused, may reset the connection.
    fn watch_for_error(&mut self, cx: &mut Context<'_>, transport: &mut impl Transport) {
        if !self.chat.wants_error() {
            return;
        }
        if let Poll::Ready(error) = transport.poll_error(cx) {
            let _ = self.chat.handle_write_error(self.clock.now(), error);
        }
    }

    fn resume(&mut self) {
        if !self.chat.wants_resume() {
            return;
        }
        self.is_now_current = false;
        let Some(undelivered) = self.seldom.as_mut().and_then(|seldom| seldom.undelivered.as_mut()) else {
            let _ = self.chat.handle_input(self.now, &mut Input::new(&[]));
            return;
        };
        let mut input = Input::new(undelivered.rest());
        let _ = self.chat.handle_input(self.now, &mut input);
        let left = input.remaining().len();
        undelivered.delivered = difference(undelivered.bytes.len(), left);
        if left == 0
            && let Some(seldom) = self.seldom
        {
            seldom.undelivered = None;
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, transport: &mut impl Transport, read_buffer: &mut Vec<u8>) -> bool {
        if !self.chat.wants_read() || Seldom::undelivered(self.seldom).is_some() {
            return false;
        }
        let size = read_size(self.chat.config());
        if read_buffer.len() < size {
            read_buffer.resize(size, 0);
        }
        let (buffer, _) = read_buffer.split_at_mut(size);
        let Poll::Ready(result) = transport.poll_read(cx, buffer) else { return false };
        // The round may have waited, for a handler or for the processor: what begins here has all its time.
        let is_current = self.is_now_current && !transport.may_block();
        let now = if is_current { self.now } else { self.clock.now() };
        let _ = match result {
            Ok(0) => self.chat.handle_eof(now),
            // A transport that says that it read more than there was room for is wrong, and no reason to panic.
            Ok(len) => {
                let len = len.min(buffer.len());
                self.budget.spend_bytes(len);
                if let Some(record) = self.server_record() {
                    record.received(len);
                }
                let mut input = Input::new(head(buffer, len));
                let result = self.chat.handle_input(now, &mut input);
                if !input.is_empty() {
                    let undelivered = Undelivered { bytes: input.remaining().to_vec(), delivered: 0 };
                    self.seldom.get_or_insert_default().undelivered = Some(undelivered);
                }
                result
            }
            Err(error) => self.chat.handle_transport_error(error),
        };
        true
    }
}

impl<C: Clock, H: Handler> Output for Turn<'_, C, H> {
    fn wrote(&mut self, len: usize) {
        self.is_now_current = false;
        self.budget.spend_bytes(len);
        self.held.wrote(len as u64);
        if let Some(record) = self.server_record() {
            record.sent(len);
        }
    }

    fn is_turn_over(&self) -> bool {
        self.budget.is_spent()
    }

    fn wants_write(&self) -> bool {
        self.chat.wants_write()
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Transmit<'_> {
        self.chat.poll_transmit(cx)
    }

    fn is_unflushed(&self) -> bool {
        self.chat.is_unflushed() && !self.chat.is_closed()
    }

    fn set_unflushed(&mut self, unflushed: bool) {
        self.chat.set_unflushed(unflushed);
    }

    fn wants_shutdown(&self) -> bool {
        self.chat.wants_shutdown()
    }

    fn handle_shutdown(&mut self, error: Option<BoxError>) {
        self.chat.handle_shutdown(self.clock.now());
        if let Some(error) = error {
            // While lingering, an error of the transport is an end like any other. After `Channel::finish`, input that has
            // arrived is still delivered.
            let _ = self.chat.handle_write_error(self.clock.now(), error);
        }
    }

    fn handle_write_error(&mut self, error: BoxError) {
        let _ = self.chat.handle_write_error(self.clock.now(), error);
    }
}

#[cfg(test)]
mod tests;
