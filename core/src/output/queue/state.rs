use alloc::string::ToString;
use alloc::sync::Arc;
use core::error::Error;
use core::{fmt, mem};

use crate::error::BoxError;
use crate::output::push_error::PushError;

/// Where a queue is on its way from open to its end.
#[derive(Default)]
pub(super) enum State {
    #[default]
    Open,
    /// `close_when_done` was called; something is left to take.
    Closing,
    Closed,
    /// A producer has failed; what was staged before it goes first.
    Failing(BoxError),
    /// The error has been returned; this is what is returned ever after.
    Failed(ProducerFailed),
}

impl State {
    /// Whether a push may go on.
    pub(super) fn admit(&self) -> Result<(), PushError> {
        match self {
            Self::Open => Ok(()),
            Self::Closing => Err(PushError::Closing),
            Self::Closed | Self::Failing(_) | Self::Failed(_) => Err(PushError::Closed),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    pub(super) fn is_closing(&self) -> bool {
        matches!(self, Self::Closing)
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Closed | Self::Failed(_))
    }

    pub(super) fn is_failing(&self) -> bool {
        matches!(self, Self::Failing(_))
    }

    pub(super) fn close_when_done(&mut self) {
        if matches!(self, Self::Open) {
            *self = Self::Closing;
        }
    }

    /// Everything has been taken.
    pub(super) fn drained(&mut self) {
        if matches!(self, Self::Closing) {
            *self = Self::Closed;
        }
    }

    pub(super) fn fail(&mut self, error: BoxError) {
        *self = Self::Failing(error);
    }

    /// The error to return, if a producer has failed: the first time its own, then the stand-in.
    pub(super) fn failure(&mut self) -> Option<BoxError> {
        match self {
            Self::Failing(error) => {
                let stand_in = ProducerFailed { text: error.to_string().into() };
                match mem::replace(self, Self::Failed(stand_in)) {
                    Self::Failing(error) => Some(error),
                    _ => None,
                }
            }
            Self::Failed(stand_in) => Some(stand_in.clone().into()),
            Self::Open | Self::Closing | Self::Closed => None,
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Closing => "Closing",
            Self::Closed => "Closed",
            Self::Failing(_) => "Failing",
            Self::Failed(_) => "Failed",
        })
    }
}

/// Stands in for a producer's error once that has been given away: errors cannot be cloned, their text can.
#[derive(Clone, Debug)]
pub(super) struct ProducerFailed {
    text: Arc<str>,
}

impl fmt::Display for ProducerFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for ProducerFailed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_queue_admits_and_only_a_closing_one_closes() {
        let mut state = State::Open;
        state.drained();
        assert_eq!(state.admit(), Ok(()));
        state.close_when_done();
        assert_eq!(state.admit(), Err(PushError::Closing));
        state.drained();
        assert_eq!(state.admit(), Err(PushError::Closed));
        state.close_when_done();
        assert!(state.is_closed());
    }

    // C4
    #[test]
    fn the_first_error_is_the_original_and_the_later_ones_read_the_same() {
        let mut state = State::Open;
        state.fail(fmt::Error.into());
        assert!(state.is_failing() && !state.is_closed());
        assert!(state.failure().unwrap().is::<fmt::Error>());
        for _ in 0..2 {
            let later = state.failure().unwrap();
            assert!(!later.is::<fmt::Error>());
            assert_eq!(later.to_string(), fmt::Error.to_string());
        }
        assert!(state.is_closed() && !state.is_failing());
    }

    #[test]
    fn a_failure_outlasts_a_close() {
        let mut state = State::Closing;
        state.fail(fmt::Error.into());
        state.close_when_done();
        state.drained();
        assert_eq!(state.admit(), Err(PushError::Closed));
        assert!(state.failure().is_some());
    }
}
