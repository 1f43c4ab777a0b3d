//! A conversation and its oracle, in step: every call that the handler gets is judged, and so is every one that it
//! does not get.

mod checking_handler;

use std::time::Duration;

use asynchat_core::{Chat, Config, Input};
use bytes::Buf;

use crate::harness::cuts::Cut;
use crate::oracle::{ChatOracle, ExpectedCall, WaterMarks};
pub use checking_handler::{Action, CheckingHandler, RecordedCall, Script};

/// What happens to a conversation from outside.
#[derive(Clone, Debug)]
pub enum Call {
    /// More of the stream. While the conversation does not want it, it is kept for later.
    Feed(Vec<u8>),
    /// So many bytes of output are written, at most.
    Write(usize),
    /// The stream ended, once all before has been delivered.
    End,
    /// Something is done through the channel.
    FromOutside(Action),
}

/// Makes these calls, then goes on to the end of the conversation. ProducerOutput all that the handler was told.
///
/// # Panics
///
/// When the contract wants anything else to be told, or to be told at another time.
#[must_use]
pub fn run(script: &Script, calls: &[Call]) -> Vec<RecordedCall> {
    let mut handler = CheckingHandler::new(script);
    let mut lockstep = ChatLockstep::new(&mut handler, script);
    calls.iter().for_each(|call| lockstep.call(call));
    lockstep.finish();
    drop(lockstep);
    handler.into_calls()
}

/// What the handler is told of a stream under a cut, and its end. All output is written at once.
///
/// # Panics
///
/// As [`run`] does.
#[must_use]
pub fn run_cut(script: &Script, stream: &[u8], cut: &Cut) -> Vec<RecordedCall> {
    let calls: Vec<Call> = cut
        .chunks(0, stream)
        .into_iter()
        .flat_map(|chunk| [Call::Feed(chunk.to_vec()), Call::Write(usize::MAX)])
        .chain([Call::End])
        .collect();
    run(script, &calls)
}

struct ChatLockstep<'j> {
    chat: Chat<&'j mut CheckingHandler>,
    water_marks: WaterMarks,
    /// What has been fed and not been taken.
    unread: Vec<u8>,
    /// The end was fed.
    ended: bool,
    eof_delivered: bool,
}

impl<'j> ChatLockstep<'j> {
    fn new(handler: &'j mut CheckingHandler, script: &Script) -> Self {
        let config = Config {
            max_frame_len: script.max_len,
            high_water: script.water_marks.high,
            low_water: script.water_marks.low,
            pace: None,
            linger: Duration::ZERO,
            ..Config::default()
        };
        let mut chat = Chat::new(handler, config);
        let _ = chat.handle_connect();
        Self { chat, water_marks: script.water_marks, unread: Vec::new(), ended: false, eof_delivered: false }
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Feed(bytes) if !self.ended => {
                self.unread.extend_from_slice(bytes);
                if !self.chat.is_closed() {
                    self.chat.handler_mut().oracle.feed(bytes);
                }
            }
            Call::Feed(_) => {}
            Call::Write(most) => self.write(*most),
            Call::End => self.ended = true,
            Call::FromOutside(action) => self.apply_from_outside(action),
        }
        self.deliver();
    }

    /// Delivers what may be delivered, as a driver does.
    fn deliver(&mut self) {
        let input_wanted = self.chat.wants_read() && !self.unread.is_empty();
        if self.chat.wants_resume() || input_wanted {
            let mut input = Input::new(&self.unread);
            let _ = self.chat.handle_input(&mut input);
            self.unread = input.remaining().to_vec();
            self.check_delivery();
        }
        if self.ended && !self.eof_delivered && self.unread.is_empty() {
            self.eof_delivered = true;
            self.chat.handler_mut().oracle.end();
            let _ = self.chat.handle_eof();
            self.check_delivery();
        }
        self.check();
        // A rest changes nothing, whenever it is taken.
        self.chat.rest();
        self.check();
    }

    /// Whoever could have been told something more has been wronged.
    fn check_delivery(&mut self) {
        let closed = self.chat.is_closed();
        let oracle = &mut self.chat.handler_mut().oracle;
        if closed {
            self.unread.clear();
            return;
        }
        assert_eq!(oracle.next_call(), ExpectedCall::Nothing, "not told: {oracle:?}");
        assert!(self.unread.is_empty() || oracle.is_paused(), "{:?} is left: {oracle:?}", self.unread);
        assert!(oracle.unread().ends_with(&self.unread), "{:?} is left: {oracle:?}", self.unread);
    }

    fn check(&self) {
        if self.chat.is_closed() {
            assert!(self.chat.handler().has_failed() || self.chat.outcome() == Some(Ok(())));
            assert!(!self.chat.wants_read() && !self.chat.wants_resume() && !self.chat.wants_write());
            return;
        }
        let oracle = &self.chat.handler().oracle;
        assert_eq!(self.chat.wants_read(), oracle.wants_read(), "{oracle:?}");
        assert_eq!(self.chat.wants_resume(), oracle.wants_resume(), "{oracle:?}");
    }

    fn write(&mut self, most: usize) {
        let mut output = self.chat.poll_transmit();
        let written = most.min(output.remaining());
        output.advance(written);
        let queued = self.chat.channel().queued();
        self.chat.handler_mut().oracle.queue(queued);
        if self.chat.wants_shutdown() {
            self.chat.handle_shutdown();
        }
    }

    fn apply_from_outside(&mut self, action: &Action) {
        if self.chat.is_closed() {
            return;
        }
        // The oracle is the handler's, which lies beside the channel: so for a moment it is taken out.
        let nothing = ChatOracle::new(0, self.water_marks);
        let mut oracle = std::mem::replace(&mut self.chat.handler_mut().oracle, nothing);
        action.apply(self.chat.channel_mut(), &mut oracle);
        if let Action::Discard = action {
            // What was fed and not taken is the driver's, and stays.
            oracle.feed(&self.unread);
        }
        self.chat.handler_mut().oracle = oracle;
    }

    /// Writes and delivers all there is, then ended.
    fn finish(&mut self) {
        self.ended = true;
        while !self.chat.is_closed() {
            self.write(usize::MAX);
            self.deliver();
            if !self.chat.wants_write() && !self.chat.wants_resume() && !self.chat.is_closed() {
                assert!(self.eof_delivered && self.unread.is_empty(), "it does not go on");
                self.apply_from_outside(&Action::Close);
            }
        }
    }
}
