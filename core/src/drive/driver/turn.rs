//! One poll of a driver.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::task::{Context, Poll};
use core::time::Duration;

use bytes::Bytes;

use super::{Seldom, Undelivered};
use crate::chat::{Chat, Handler};
use crate::drive::budget::Budget;
use crate::drive::ended::Ended;
use crate::drive::judgement::{Held, Verdict};
use crate::drive::mailbox::Mailbox;
use crate::drive::parts::Parts;
use crate::drive::server::ConnectionRecord;
use crate::drive::transport::{Clock, MAX_ROUNDS_PER_POLL, Transport, read_size, yield_now};
use crate::drive::writer::{Sent, send};
use crate::error::Error;
use crate::framing::Input;
use crate::invariant::{difference, head};
use crate::output::ProducerQueue;

/// A [`Driver`] that is polled: its chat is awake.
pub(super) struct Turn<'d, C, H: Handler> {
    pub(super) clock: &'d mut C,
    /// The time at which the round began, before the transport was asked: the peer is judged by it at the end.
    pub(super) now: Duration,
    /// True if neither a handler nor a write has run since then.
    pub(super) is_now_current: bool,
    pub(super) chat: &'d mut Chat<H>,
    pub(super) mailbox: &'d mut Option<Mailbox<H>>,
    pub(super) seldom: &'d mut Option<Box<Seldom>>,
    pub(super) held: &'d mut Held,
    pub(super) budget: Budget,
    /// True if the caller can hand the transport over.
    pub(super) can_upgrade: bool,
    /// True if the chat was asked for its timeout at the end of this round, and nothing has changed it.
    pub(super) is_timeout_known: bool,
    /// True if the mailbox was looked at in this turn, and nothing was left in it.
    pub(super) is_mailbox_emptied: bool,
}

impl<C: Clock, H: Handler> Turn<'_, C, H> {
    pub(super) fn poll(
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
            if read && transport.may_block() {
                // The next read may wait as long: the timer and the peer's deadline are looked at before it.
                self.look_at_clock();
            } else if read && round < MAX_ROUNDS_PER_POLL && self.has_turn() && self.chat.outcome().is_none() {
                // The next round writes what the handler has pushed, and then judges the peer.
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
    pub(super) fn record(&self, outcome: &Poll<Result<Ended<()>, Error>>) {
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
    pub(super) fn server_record(&self) -> Option<&ConnectionRecord> {
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
