use core::time::Duration;

/// The timer of a channel, which has no clock: the chat starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timer(State);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Off,
    /// Set, and not started yet.
    After(Duration),
    At(Duration),
}

impl Timer {
    pub(crate) const OFF: Self = Self(State::Off);

    /// Makes a timer that goes off this long after its start.
    pub(crate) fn after(time: Duration) -> Self {
        Self(State::After(time))
    }

    /// Makes a timer that goes off at this time.
    pub(crate) fn at(at: Duration) -> Self {
        Self(State::At(at))
    }

    /// Starts it, if it was set and not started yet.
    pub(crate) fn start(&mut self, now: Duration) {
        if let State::After(time) = self.0 {
            *self = Self::at(now.saturating_add(time));
        }
    }

    /// Returns whether it was set and not started yet.
    pub(crate) fn is_new(self) -> bool {
        matches!(self.0, State::After(_))
    }

    /// Returns the time at which it goes off, if it was started.
    pub(crate) fn deadline(self) -> Option<Duration> {
        if let State::At(at) = self.0 { Some(at) } else { None }
    }

    /// Returns whether it has gone off, and takes it away.
    pub(crate) fn take_elapsed(&mut self, now: Duration) -> bool {
        let elapsed = self.deadline().is_some_and(|at| at <= now);
        if elapsed {
            *self = Self::OFF;
        }
        elapsed
    }
}
