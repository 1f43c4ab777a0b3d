use alloc::string::ToString;
use alloc::sync::Arc;
use core::error::Error;
use core::{fmt, mem};

use crate::error::BoxError;
use crate::output::push_error::PushError;

/// The state of a queue between open and closed.
#[derive(Default)]
pub(super) enum State {
    #[default]
    Open,
    /// `close_when_done` was called; something is left to send.
    Closing,
    Closed,
    /// A producer has failed; the bytes staged before it are sent first.
    Failing(BoxError),
    /// The error has been returned; every later call returns a copy of its text.
    Failed(ProducerFailed),
}

impl State {
    /// Refuses a push unless the queue is open.
    pub(super) fn check_open(&self) -> Result<(), PushError> {
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

    /// Closes a closing queue: its last byte has been consumed.
    pub(super) fn on_drained(&mut self) {
        if matches!(self, Self::Closing) {
            *self = Self::Closed;
        }
    }

    pub(super) fn fail(&mut self, error: BoxError) {
        *self = Self::Failing(error);
    }

    /// Returns the error of a failed producer: the original one first, then copies of its text.
    pub(super) fn next_error(&mut self) -> Option<BoxError> {
        match self {
            Self::Failing(error) => {
                let copy = ProducerFailed { text: error.to_string().into() };
                match mem::replace(self, Self::Failed(copy)) {
                    Self::Failing(error) => Some(error),
                    _ => None,
                }
            }
            Self::Failed(copy) => Some(copy.clone().into()),
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

/// The text of a producer's error, returned after the original has been returned: a `BoxError` cannot be cloned.
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
    fn queue_state_refuses_pushes_unless_open() {
        let mut state = State::Open;
        state.on_drained();
        assert_eq!(state.check_open(), Ok(()));
        state.close_when_done();
        assert_eq!(state.check_open(), Err(PushError::Closing));
        state.on_drained();
        assert_eq!(state.check_open(), Err(PushError::Closed));
        state.close_when_done();
        assert!(state.is_closed());
    }

    // C4
    #[test]
    fn queue_state_returns_original_error_then_text() {
        let mut state = State::Open;
        state.fail(fmt::Error.into());
        assert!(state.is_failing() && !state.is_closed());
        assert!(state.next_error().unwrap().is::<fmt::Error>());
        for _ in 0..2 {
            let later = state.next_error().unwrap();
            assert!(!later.is::<fmt::Error>());
            assert_eq!(later.to_string(), fmt::Error.to_string());
        }
        assert!(state.is_closed() && !state.is_failing());
    }

    #[test]
    fn queue_state_stays_failed_after_close() {
        let mut state = State::Closing;
        state.fail(fmt::Error.into());
        state.close_when_done();
        state.on_drained();
        assert_eq!(state.check_open(), Err(PushError::Closed));
        assert!(state.next_error().is_some());
    }
}
