//! A handler that checks every call that it gets, and changes the conversation from inside a call.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use asynchat_core::{BoxError, Channel, End, Error, Handler, PushError, Terminator};

use super::checked_output::CheckedOutput;

use crate::harness::mock::closed;
use crate::oracle::{ChatOracle, ExpectedCall, TerminatorSpec, WaterMarks};

/// An action on the conversation, from inside a handler's call or from outside.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sets the terminator.
    Set(TerminatorSpec),
    /// Sets the frame limit.
    Limit(usize),
    /// Pushes this many bytes.
    Push(usize),
    /// Pushes a deferred reply.
    Defer,
    /// Sets the timer to this many seconds, or takes it away.
    Timer(Option<u64>),
    /// Calls `close_when_done`.
    Close,
    /// Calls `upgrade_when_done`.
    Upgrade,
    /// Calls `finish`.
    Finish,
    /// Calls `pause`.
    Pause,
    /// Calls `resume`.
    Resume,
    /// Drops the output, and the input that was read and not delivered. Only from outside.
    Discard,
    /// Returns an error. Only from inside a handler's call.
    Fail,
}

impl Action {
    /// Performs the action on the channel and on the oracle.
    pub(super) fn apply(&self, channel: &mut Channel, oracle: &mut ChatOracle, output: &mut CheckedOutput) {
        let refused = if oracle.is_closing() || oracle.is_upgrading() { Err(PushError::Closing) } else { Ok(()) };
        match self {
            Self::Set(spec) => {
                channel.set_terminator(spec.terminator());
                oracle.set_terminator(spec.clone());
            }
            Self::Limit(max_len) => {
                channel.set_max_frame_len(*max_len);
                oracle.set_max_len(*max_len);
            }
            Self::Push(length) => {
                let pushed = channel.push(output.next(*length));
                if oracle.ends_output() && !oracle.is_closing() {
                    assert!(pushed.is_err());
                } else {
                    assert_eq!(pushed, refused);
                }
                output.pushed(*length, pushed.is_ok());
            }
            Self::Defer => {
                let reply = channel.push_deferred();
                assert_eq!(reply.is_err(), refused.is_err() || oracle.ends_output());
                output.deferred(reply.ok());
            }
            Self::Timer(seconds) => {
                let after = seconds.map(Duration::from_secs);
                channel.set_timer(after);
                oracle.set_timer(after);
            }
            Self::Upgrade => {
                channel.upgrade_when_done();
                oracle.upgrade();
            }
            Self::Finish => {
                channel.finish();
                oracle.finish();
            }
            Self::Close => {
                channel.close_when_done();
                oracle.close();
            }
            Self::Pause => {
                channel.pause();
                oracle.pause();
            }
            Self::Resume => {
                channel.resume();
                oracle.resume();
            }
            Self::Discard => {
                channel.discard_buffers();
                oracle.discard();
                output.discard();
            }
            Self::Fail => {}
        }
        oracle.set_queued(channel.queued());
    }
}

/// The limits of a conversation, and the actions of its handler.
#[derive(Clone, Debug)]
pub struct Script {
    /// The frame limit at the beginning.
    pub max_len: usize,
    /// The water marks of the output queue.
    pub water_marks: WaterMarks,
    /// The actions of each call without data: `handle_connect` first, then the first terminator, and so on.
    pub actions: Vec<Vec<Action>>,
    /// The actions of each call with data. Their number depends on the cut.
    pub data_actions: Vec<Vec<Action>>,
}

/// A call that the handler got; adjacent data is merged (F1).
#[derive(Clone, PartialEq, Eq)]
pub enum RecordedCall {
    /// Bytes of a frame.
    Data(Vec<u8>),
    /// Any other call.
    Call(String),
}

impl fmt::Debug for RecordedCall {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(formatter, "\"{}\"", data.escape_ascii()),
            Self::Call(call) => formatter.write_str(call),
        }
    }
}

/// A handler with its oracle.
#[derive(Debug)]
pub struct CheckingHandler {
    pub(super) oracle: ChatOracle,
    pub(super) output: CheckedOutput,
    actions: VecDeque<Vec<Action>>,
    data_actions: VecDeque<Vec<Action>>,
    calls: Vec<RecordedCall>,
    phase: Phase,
    failed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Open,
    Failed,
    Closed,
    /// It lives on above the upgrade, and is told nothing more here.
    Upgraded,
}

impl CheckingHandler {
    pub(super) fn new(script: &Script) -> Self {
        Self {
            oracle: ChatOracle::new(script.max_len, script.water_marks),
            output: CheckedOutput::default(),
            actions: script.actions.clone().into(),
            data_actions: script.data_actions.clone().into(),
            calls: Vec::new(),
            phase: Phase::New,
            failed: false,
        }
    }

    /// Returns whether a call has returned an error, the only reason to fail.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// Expects no further call, since the stream was handed over.
    pub(super) fn upgraded(&mut self) {
        assert_eq!(self.phase, Phase::Open);
        self.phase = Phase::Upgraded;
    }

    /// Returns every call that it got; `handle_close` is the last, unless there was an upgrade.
    pub(super) fn into_calls(self) -> Vec<RecordedCall> {
        assert!(matches!(self.phase, Phase::Closed | Phase::Upgraded), "handle_close was never called");
        self.calls
    }

    /// Performs the actions of a call. It skips `Discard`, because how much that drops here depends on the cut.
    pub(super) fn perform(&mut self, actions: Option<Vec<Action>>, channel: &mut Channel) -> Result<(), BoxError> {
        for action in actions.unwrap_or_default() {
            match action {
                Action::Discard => {}
                Action::Fail => {
                    (self.phase, self.failed) = (Phase::Failed, true);
                    return Err("the script says so".into());
                }
                action => action.apply(channel, &mut self.oracle, &mut self.output),
            }
        }
        Ok(())
    }

    /// Checks that a call is allowed now, and returns the call that the oracle expects.
    fn next_call(&mut self) -> ExpectedCall {
        assert_eq!(self.phase, Phase::Open, "a call before handle_connect, or after an error or handle_close");
        self.oracle.next_call()
    }

    fn record(&mut self, call: impl Into<String>, channel: &mut Channel) -> Result<(), BoxError> {
        self.calls.push(RecordedCall::Call(call.into()));
        let actions = self.actions.pop_front();
        self.perform(actions, channel)
    }
}

impl Handler for CheckingHandler {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(self.phase, Phase::New, "handle_connect was called twice");
        self.phase = Phase::Open;
        self.record("connect", channel)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match self.next_call() {
            ExpectedCall::Data(most) if (1..=most).contains(&data.len()) => {
                assert_eq!(self.oracle.take_data(data.len()), data, "{:?}", self.oracle);
            }
            expected => panic!("got data {data:?}, expected {expected:?}: {:?}", self.oracle),
        }
        match self.calls.last_mut() {
            Some(RecordedCall::Data(before)) => before.extend_from_slice(data),
            _ => self.calls.push(RecordedCall::Data(data.to_vec())),
        }
        let actions = self.data_actions.pop_front();
        self.perform(actions, channel)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let member = matches!(channel.terminator(), Terminator::AnyOf(_)).then(|| channel.matched());
        assert_eq!(ExpectedCall::Terminator(member), self.next_call(), "{:?}", self.oracle);
        self.oracle.take_terminator();
        self.record(member.map_or("|".to_owned(), |member| format!("|{member}")), channel)
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(ExpectedCall::TooLong, self.next_call(), "{:?}", self.oracle);
        self.oracle.take_too_long();
        self.record("!", channel)
    }

    fn frame_skipped(&mut self, len: u64, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(ExpectedCall::Skipped(len), self.next_call(), "{:?}", self.oracle);
        self.oracle.take_terminator();
        self.record(format!("({len})"), channel)
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(ExpectedCall::Eof(end), self.next_call(), "{:?}", self.oracle);
        self.oracle.take_eof();
        self.record(format!("{end:?}"), channel)
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(self.phase, Phase::Open, "a timer before handle_connect, or after an error or handle_close");
        assert!(self.oracle.is_timer_due(), "the timer is early: {:?}", self.oracle);
        self.oracle.take_timer();
        self.record("timer", channel)
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        assert!(matches!(self.phase, Phase::Open | Phase::Failed), "closed in {:?}", self.phase);
        assert_eq!(outcome.is_err(), self.failed, "{outcome:?}");
        self.phase = Phase::Closed;
        self.calls.push(RecordedCall::Call(closed(outcome)));
    }
}
