//! A handler that judges every call it gets, and changes the conversation from within it.

use std::collections::VecDeque;
use std::fmt;

use asynchat_core::{BoxError, Channel, End, Error, Handler, PushError, Terminator};

use crate::oracle::{ChatOracle, ExpectedCall, TerminatorSpec, WaterMarks};

/// What a handler, or someone outside, does to the conversation.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sets the terminator.
    Set(TerminatorSpec),
    /// Sets how long a frame may be.
    Limit(usize),
    /// Pushes so many bytes.
    Push(usize),
    /// Closes when done.
    Close,
    /// Drops the output, and what is held: from outside alone.
    Discard,
    /// Fails: in a call of the handler alone.
    Fail,
}

impl Action {
    /// To both.
    pub(super) fn apply(&self, channel: &mut Channel, oracle: &mut ChatOracle) {
        match self {
            Self::Set(spec) => {
                channel.set_terminator(spec.terminator());
                oracle.set(spec.clone());
            }
            Self::Limit(max_len) => {
                channel.set_max_frame_len(*max_len);
                oracle.set_max_len(*max_len);
            }
            Self::Push(length) => {
                let expected = if oracle.is_closing() { Err(PushError::Closing) } else { Ok(()) };
                assert_eq!(channel.push(vec![b'o'; *length]), expected);
            }
            Self::Close => {
                channel.close_when_done();
                oracle.close();
            }
            Self::Discard => {
                channel.discard_buffers();
                oracle.discard();
            }
            Self::Fail => {}
        }
        oracle.queue(channel.queued());
    }
}

/// The bounds of a conversation, and what its handler does.
#[derive(Clone, Debug)]
pub struct Script {
    /// How long a frame may be at first.
    pub max_len: usize,
    /// How much output may wait.
    pub water_marks: WaterMarks,
    /// What is done in each call but those with data: when connected, at the first terminator, and so on.
    pub actions: Vec<Vec<Action>>,
    /// What is done in each call with data. How many such calls there are depends on the cut.
    pub data_actions: Vec<Vec<Action>>,
}

/// What the handler was told; neighbouring data is merged (F1).
#[derive(Clone, PartialEq, Eq)]
pub enum RecordedCall {
    /// Bytes of a frame.
    Data(Vec<u8>),
    /// Whatever else.
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

/// A handler beside its oracle.
#[derive(Debug)]
pub struct CheckingHandler {
    pub(super) oracle: ChatOracle,
    actions: VecDeque<Vec<Action>>,
    data_actions: VecDeque<Vec<Action>>,
    calls: Vec<RecordedCall>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Open,
    Failed,
    Closed,
}

impl CheckingHandler {
    pub(super) fn new(script: &Script) -> Self {
        Self {
            oracle: ChatOracle::new(script.max_len, script.water_marks),
            actions: script.actions.clone().into(),
            data_actions: script.data_actions.clone().into(),
            calls: Vec::new(),
            phase: Phase::New,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.phase == Phase::Failed || self.phase == Phase::Closed
    }

    /// Everything it was told, the close last.
    pub(super) fn into_calls(self) -> Vec<RecordedCall> {
        assert_eq!(self.phase, Phase::Closed, "it was never told of the close");
        self.calls
    }

    /// Does what is to be done in a call. How much a `Discard` would drop here depends on the cut, so it is left out.
    fn perform(&mut self, actions: Option<Vec<Action>>, channel: &mut Channel) -> Result<(), BoxError> {
        for action in actions.unwrap_or_default() {
            match action {
                Action::Discard => {}
                Action::Fail => {
                    self.phase = Phase::Failed;
                    return Err("as the script says".into());
                }
                action => action.apply(channel, &mut self.oracle),
            }
        }
        Ok(())
    }

    /// The oracle's answer to what the handler is being told.
    fn next_call(&mut self) -> ExpectedCall {
        assert_eq!(self.phase, Phase::Open, "a call before the connect, or behind an error or the close");
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
        assert_eq!(self.phase, Phase::New, "connected again");
        self.phase = Phase::Open;
        self.record("connect", channel)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match self.next_call() {
            ExpectedCall::Data(most) if (1..=most).contains(&data.len()) => {
                assert_eq!(self.oracle.take_data(data.len()), data, "{:?}", self.oracle);
            }
            expected => panic!("{data:?}, and not {expected:?}: {:?}", self.oracle),
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

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(ExpectedCall::Eof(end), self.next_call(), "{:?}", self.oracle);
        self.oracle.take_eof();
        self.record(format!("{end:?}"), channel)
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        assert!(matches!(self.phase, Phase::Open | Phase::Failed), "closed in {:?}", self.phase);
        self.phase = Phase::Closed;
        self.calls.push(RecordedCall::Call(
            outcome.map_or_else(|error| format!("closed: {error}"), |()| "closed".to_owned()),
        ));
    }
}
