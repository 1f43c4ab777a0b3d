use core::time::Duration;

use super::timer::Timer;
use crate::framing::Terminator;

/// All the state that an idle channel keeps.
#[derive(Debug)]
pub(crate) struct IdleState {
    pub(super) terminator: Terminator,
    pub(super) max_frame_len: usize,
    pub(super) packed: Packed,
}

impl IdleState {
    /// Returns since when the channel is idle, rounded up to a millisecond.
    pub(crate) fn idle_since(&self) -> Duration {
        Duration::from_millis(self.packed.idle_since_and_matched >> Packed::MATCHED_BITS)
    }

    /// Returns the timer, which was started.
    pub(crate) fn timer(&self) -> Timer {
        match self.packed.timer {
            Packed::NO_TIMER => Timer::OFF,
            nanos => Timer::at(Duration::from_nanos(nanos)),
        }
    }
}

/// Two times and a number in 16 bytes, so that an idle chat has no more than 56.
#[derive(Debug)]
pub(super) struct Packed {
    /// The time in milliseconds in the upper 40 bits, which are 34 years, and the member of the set that matched last in
    /// the others.
    idle_since_and_matched: u64,
    /// In nanoseconds: half of the size of a [`Duration`], and enough for 584 years.
    timer: u64,
}

impl Packed {
    const MATCHED_BITS: u32 = 24;
    const MAX_MATCHED: u64 = (1 << Self::MATCHED_BITS) - 1;
    const NO_TIMER: u64 = u64::MAX;

    /// Returns `None` if a number is too large, or if the timer was not started: the channel then does not become idle.
    pub(super) fn new(idle_since: Duration, matched: usize, timer: Timer) -> Option<Self> {
        if timer.is_new() {
            return None;
        }
        let matched = u64::try_from(matched).ok().filter(|matched| *matched <= Self::MAX_MATCHED)?;
        let millis = u64::try_from(idle_since.as_nanos().div_ceil(1_000_000)).ok()?;
        let idle_since_and_matched = millis.checked_mul(1 << Self::MATCHED_BITS)? | matched;
        // A timer that goes off in 584 years or later never goes off.
        let nanos = timer.deadline().and_then(|at| u64::try_from(at.as_nanos()).ok());
        Some(Self { idle_since_and_matched, timer: nanos.unwrap_or(Self::NO_TIMER) })
    }

    pub(super) fn matched(&self) -> usize {
        (self.idle_since_and_matched & Self::MAX_MATCHED) as usize
    }
}
