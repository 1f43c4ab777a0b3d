//! The judgement of a peer that does not take the output (C6), and of one that does not close (C7).

use core::task::{Context, Poll, ready};
use core::time::Duration;

use super::PollConnection;
use crate::drive::judgement::Verdict;
use crate::drive::transport::{Clock, Transport};
use crate::drive::writer::Output;
use crate::error::Error;

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Returns the deadline of the peer for taking the output. `None` if it owes nothing.
    fn output_deadline(&mut self) -> Option<Duration> {
        let min_rate = self.config.min_output_rate;
        let unsent = self.outbox.wants_write() || self.outbox.is_unflushed();
        let held = self.outbox.held.bytes(self.linger_until.is_some(), !unsent, min_rate);
        let taken = self.outbox.queue.consumed().saturating_sub(held);
        self.rate.update(min_rate, self.config.idle_timeout, self.asked_at, unsent || held > 0, taken);
        self.rate.deadline()
    }

    /// Cuts off a peer that does not take the output. Otherwise waits for its deadline, or for the end of the linger.
    pub(super) fn poll_judge(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
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
        // One half of a connection may read while the other lingers: the alarm is that of both.
        let other = self.linger_until.filter(|until| *until > now);
        let at = deadline.into_iter().chain(other).min();
        ready!(self.clock.poll_alarm(cx, at));
        // It went off since the time was asked for.
        self.yield_now(cx)
    }

    /// Judges a peer that sends without pause, and takes nothing.
    pub(super) fn cut_off_if_late(&mut self) -> Result<(), Error> {
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
    pub(super) fn has_lingered(&mut self) -> bool {
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
}
