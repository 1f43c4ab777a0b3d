//! A handler that judges every call it gets, and changes the conversation from within it.

use std::collections::VecDeque;
use std::fmt;

use asynchat_core::{BoxError, Channel, End, Error, Handler, PushError, Terminator};

use crate::harness::scripted::closed;
use crate::oracle::{ChatOracle, Marks, TerminatorSpec, Told};

/// What a handler, or someone outside, does to the conversation.
#[derive(Clone, Debug)]
pub enum Act {
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

impl Act {
    /// To both.
    pub(super) fn apply(&self, channel: &mut Channel, oracle: &mut ChatOracle) {
        match self {
            Self::Set(rule) => {
                channel.set_terminator(rule.terminator());
                oracle.set(rule.clone());
            }
            Self::Limit(max_len) => {
                channel.set_max_frame_len(*max_len);
                oracle.set_max_len(*max_len);
            }
            Self::Push(length) => {
                let wanted = if oracle.is_closing() { Err(PushError::Closing) } else { Ok(()) };
                assert_eq!(channel.push(vec![b'o'; *length]), wanted);
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
    pub marks: Marks,
    /// What is done in each call but those with data: when connected, at the first terminator, and so on.
    pub acts: Vec<Vec<Act>>,
    /// What is done in each call with data. How many such calls there are depends on the cut.
    pub acts_on_data: Vec<Vec<Act>>,
}

/// What the handler was told; neighbouring data is merged (F1).
#[derive(Clone, PartialEq, Eq)]
pub enum Heard {
    /// Bytes of a frame.
    Data(Vec<u8>),
    /// Whatever else.
    Call(String),
}

impl fmt::Debug for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => write!(formatter, "\"{}\"", data.escape_ascii()),
            Self::Call(call) => formatter.write_str(call),
        }
    }
}

/// A handler beside its oracle.
#[derive(Debug)]
pub struct Judge {
    pub(super) oracle: ChatOracle,
    acts: VecDeque<Vec<Act>>,
    acts_on_data: VecDeque<Vec<Act>>,
    heard: Vec<Heard>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Open,
    Failed,
    Closed,
}

impl Judge {
    pub(super) fn new(script: &Script) -> Self {
        Self {
            oracle: ChatOracle::new(script.max_len, script.marks),
            acts: script.acts.clone().into(),
            acts_on_data: script.acts_on_data.clone().into(),
            heard: Vec::new(),
            phase: Phase::New,
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.phase == Phase::Failed || self.phase == Phase::Closed
    }

    /// Everything it was told, the close last.
    pub(super) fn heard(self) -> Vec<Heard> {
        assert_eq!(self.phase, Phase::Closed, "it was never told of the close");
        self.heard
    }

    /// Does what is to be done in a call. How much a `Discard` would drop here depends on the cut, so it is left out.
    fn follow(&mut self, acts: Option<Vec<Act>>, channel: &mut Channel) -> Result<(), BoxError> {
        for act in acts.unwrap_or_default() {
            match act {
                Act::Discard => {}
                Act::Fail => {
                    self.phase = Phase::Failed;
                    return Err("as the script says".into());
                }
                act => act.apply(channel, &mut self.oracle),
            }
        }
        Ok(())
    }

    /// The oracle's answer to what the handler is being told.
    fn ask(&mut self) -> Told {
        assert_eq!(self.phase, Phase::Open, "a call before the connect, or behind an error or the close");
        self.oracle.ask()
    }

    fn hear(&mut self, call: impl Into<String>, channel: &mut Channel) -> Result<(), BoxError> {
        self.heard.push(Heard::Call(call.into()));
        let acts = self.acts.pop_front();
        self.follow(acts, channel)
    }
}

impl Handler for Judge {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(self.phase, Phase::New, "connected again");
        self.phase = Phase::Open;
        self.hear("connect", channel)
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        match self.ask() {
            Told::Data(most) if (1..=most).contains(&data.len()) => {
                assert_eq!(self.oracle.take_data(data.len()), data, "{:?}", self.oracle);
            }
            wanted => panic!("{data:?}, and not {wanted:?}: {:?}", self.oracle),
        }
        match self.heard.last_mut() {
            Some(Heard::Data(before)) => before.extend_from_slice(data),
            _ => self.heard.push(Heard::Data(data.to_vec())),
        }
        let acts = self.acts_on_data.pop_front();
        self.follow(acts, channel)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        let member = matches!(channel.terminator(), Terminator::AnyOf(_)).then(|| channel.matched());
        assert_eq!(Told::Terminator(member), self.ask(), "{:?}", self.oracle);
        self.oracle.take_terminator();
        self.hear(member.map_or("|".to_owned(), |member| format!("|{member}")), channel)
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(Told::TooLong, self.ask(), "{:?}", self.oracle);
        self.oracle.take_too_long();
        self.hear("!", channel)
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!(Told::Eof(end), self.ask(), "{:?}", self.oracle);
        self.oracle.take_eof();
        self.hear(format!("{end:?}"), channel)
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        assert!(matches!(self.phase, Phase::Open | Phase::Failed), "closed in {:?}", self.phase);
        self.phase = Phase::Closed;
        self.heard.push(Heard::Call(closed(outcome)));
    }
}
