//! The last check before a loop cuts off a peer that takes its output too slowly (C6). The loop asks the transport how much
//! of the output the peer has not acknowledged, and lets the transport read and write once more.

use core::time::Duration;

use crate::chat::MinRate;
use crate::drive::transport::Transport;

/// An upper bound on the written bytes that the peer's system has not acknowledged.
///
/// It is exact only after an answer of the transport. Each answer is a system call, so the transport is asked only before
/// a peer is judged. A connection that sends without pause asks once in a grace period.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Held(u64);

impl Held {
    /// The transport cannot tell.
    const UNKNOWN: u64 = u64::MAX;

    /// Notes bytes that were written.
    pub(crate) fn wrote(&mut self, bytes: u64) {
        // No sum of lengths of writes comes near the mark for `UNKNOWN`.
        self.0 = self.0.saturating_add(bytes);
    }

    /// Asks the transport, unless nothing can be held.
    pub(crate) fn ask(&mut self, transport: &impl Transport) {
        if self.0 > 0 && self.0 != Self::UNKNOWN {
            self.0 = transport.unacknowledged().unwrap_or(Self::UNKNOWN);
        }
    }

    /// Returns the bytes for which the peer is held to `min_rate`. While the connection `lingers`, every byte counts: a reset
    /// would destroy it.
    ///
    /// Once everything was written (`drained`), less than a peer has to take within the grace period counts as taken. So a
    /// connection that sends small answers has no timer, and its transport is not asked.
    pub(crate) fn bytes(self, lingers: bool, drained: bool, min_rate: Option<MinRate>) -> u64 {
        let negligible = min_rate.map_or(u64::MAX, |min_rate| {
            u64::from(min_rate.bytes_per_second).saturating_mul(min_rate.grace.as_secs().max(1))
        });
        if drained && !lingers && self.all() <= negligible { 0 } else { self.all() }
    }

    /// Returns the bytes at the last answer of the transport, and those that were written since.
    pub(crate) fn all(self) -> u64 {
        if self.0 == Self::UNKNOWN { 0 } else { self.0 }
    }
}

/// The last chance of a peer whose deadline has passed.
///
/// A runtime reports readiness late: tokio tries no write before a third of the send buffer is free, and a process that was
/// stopped (SIGSTOP) or starved sees its timers go off before it sees what has arrived meanwhile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastCall {
    /// The peer may be judged from this time on, in nanoseconds: half of the size of a [`Duration`].
    at: u64,
}

/// No deadline has passed.
const NONE: u64 = u64::MAX;

impl Default for LastCall {
    fn default() -> Self {
        Self { at: NONE }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The transport has been asked: judge the peer.
    Judge,
    /// Yield, so that the runtime looks at its I/O, and then ask the transport.
    Yield,
    /// Ask the transport until this time.
    Wait(Duration),
}

/// A timer that goes off later than this has a runtime that is stopped or starved, or is shared by connections and not
/// exact.
const LATE: Duration = Duration::from_millis(100);

/// The time in which such a runtime reports what has arrived. It looks at 1,024 connections at once, and takes less than a
/// millisecond for them.
const CATCH_UP: Duration = Duration::from_millis(100);

impl LastCall {
    /// Returns what to do about a deadline that has passed. `now` is the time before the transport was last asked.
    pub(crate) fn check(&mut self, deadline: Duration, now: Duration) -> Verdict {
        match self.until() {
            None => {
                let is_late = now.saturating_sub(deadline) > LATE;
                let at = if is_late { now.saturating_add(CATCH_UP) } else { now };
                self.at = u64::try_from(at.as_nanos()).unwrap_or(NONE);
                if is_late { Verdict::Wait(at) } else { Verdict::Yield }
            }
            Some(at) if at > now => Verdict::Wait(at),
            Some(_) => {
                self.clear();
                Verdict::Judge
            }
        }
    }

    /// Notes that no deadline has passed.
    pub(crate) fn clear(&mut self) {
        self.at = NONE;
    }

    /// Returns until when the transport is asked, instead of waiting for the deadline.
    pub(crate) fn until(self) -> Option<Duration> {
        (self.at != NONE).then(|| Duration::from_nanos(self.at))
    }
}
