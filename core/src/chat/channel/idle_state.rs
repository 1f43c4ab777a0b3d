use core::fmt;
use core::time::Duration;

use super::timer::Timer;
use crate::framing::Terminator;

/// All the state that an idle channel keeps, packed: an idle connection consists of little else.
#[derive(Debug)]
pub(crate) struct IdleState {
    pub(super) terminator: Terminator,
    max_frame_len: u32,
    /// [`Framer::idle_mark`](crate::framing::Framer::idle_mark).
    framer_mark: u16,
    /// In milliseconds.
    idle_since: U48,
    received: U48,
    sent: U48,
    /// In milliseconds, or [`NO_TIMER`].
    timer: U48,
}

/// The fields of an [`IdleState`], unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) max_frame_len: usize,
    /// [`Framer::idle_mark`](crate::framing::Framer::idle_mark).
    pub(super) framer_mark: u16,
    pub(super) idle_since: Duration,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) timer: Timer,
}

/// The timer of this number is none.
const NO_TIMER: U48 = U48([u8::MAX; 6]);

/// The frame limit of this number stands for no limit.
const UNLIMITED: u32 = u32::MAX;

impl Counters {
    /// Packs the numbers, or returns `None` if one is too large, or if the timer was not started: such a channel stays
    /// awake, which costs memory and nothing else. 48 bits are enough for 280 TB, and for 8,900 years.
    pub(super) fn pack(self, terminator: impl FnOnce() -> Terminator) -> Option<IdleState> {
        let max_frame_len = match self.max_frame_len {
            usize::MAX => UNLIMITED,
            len => u32::try_from(len).ok().filter(|len| *len != UNLIMITED)?,
        };
        let idle_since = U48::of_millis(self.idle_since)?;
        let timer = match self.timer.deadline() {
            Some(at) => U48::of_millis(at)?,
            None if self.timer.is_new() => return None,
            None => NO_TIMER,
        };
        Some(IdleState {
            max_frame_len,
            framer_mark: self.framer_mark,
            idle_since,
            received: U48::new(self.received)?,
            sent: U48::new(self.sent)?,
            timer,
            terminator: terminator(),
        })
    }
}

impl IdleState {
    pub(crate) fn idle_since(&self) -> Duration {
        Duration::from_millis(self.idle_since.get())
    }

    /// Returns the timer, which was started.
    pub(crate) fn timer(&self) -> Timer {
        match self.timer {
            NO_TIMER => Timer::OFF,
            millis => Timer::at(Duration::from_millis(millis.get())),
        }
    }

    pub(super) fn counters(&self) -> Counters {
        Counters {
            max_frame_len: match self.max_frame_len {
                UNLIMITED => usize::MAX,
                // A `usize` had this value.
                len => len as usize,
            },
            framer_mark: self.framer_mark,
            idle_since: self.idle_since(),
            received: self.received.get(),
            sent: self.sent.get(),
            timer: self.timer(),
        }
    }
}

/// An integer of 48 bits, without alignment.
#[derive(Clone, Copy, PartialEq, Eq)]
struct U48([u8; 6]);

impl fmt::Debug for U48 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl U48 {
    fn new(value: u64) -> Option<Self> {
        let [a, b, c, d, e, f, 0, 0] = value.to_le_bytes() else { return None };
        Some(Self([a, b, c, d, e, f]))
    }

    /// Rounds up, so that no idle timeout and no timer is early.
    fn of_millis(time: Duration) -> Option<Self> {
        Self::new(u64::try_from(time.as_nanos().div_ceil(1_000_000)).ok()?)
    }

    fn get(self) -> u64 {
        let Self([a, b, c, d, e, f]) = self;
        u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: u64 = (1 << 48) - 1;

    fn counters(number: u64, len: usize) -> Counters {
        Counters {
            max_frame_len: len,
            framer_mark: 3,
            idle_since: Duration::from_millis(number),
            received: number,
            sent: number,
            timer: Timer::OFF,
        }
    }

    #[test]
    fn idle_state_keeps_every_number() {
        for number in [0, 1, 255, 256, LARGEST] {
            for len in [0, 1, 65_536, usize::MAX] {
                let counters = counters(number, len);
                let packed = counters.pack(|| Terminator::None).unwrap();
                assert_eq!(packed.counters(), counters);
            }
        }
    }

    #[test]
    fn idle_state_refuses_what_it_cannot_keep() {
        let good = counters(1, 1);
        let bad = [
            Counters { received: LARGEST + 1, ..good },
            Counters { sent: LARGEST + 1, ..good },
            Counters { idle_since: Duration::from_millis(LARGEST + 1), ..good },
            Counters { idle_since: Duration::MAX, ..good },
            Counters { max_frame_len: usize::MAX - 1, ..good },
            Counters { timer: Timer::after(Duration::ZERO), ..good },
        ];
        for counters in bad {
            assert!(counters.pack(|| Terminator::None).is_none(), "{counters:?}");
        }
    }

    // C13
    #[test]
    fn idle_state_keeps_the_timer() {
        for timer in [Timer::OFF, Timer::at(Duration::ZERO), Timer::at(Duration::from_secs(30))] {
            let packed = Counters { timer, ..counters(1, 1) }.pack(|| Terminator::None).unwrap();
            assert_eq!(packed.counters().timer, timer);
        }
    }

    // C11
    #[test]
    fn idle_state_never_shortens_an_idle_time() {
        let counters = Counters { idle_since: Duration::from_nanos(1), ..counters(0, 0) };
        assert_eq!(counters.pack(|| Terminator::None).unwrap().idle_since(), Duration::from_millis(1));
    }
}
