//! Runs a `Chat` and its oracle in lockstep. The handler checks every call that it gets, and the harness checks that no
//! call is missing.

mod checking_handler;

use std::time::Duration;

use asynchat_core::chat::IdleChat;
use asynchat_core::{Chat, Config, Input};
use bytes::Buf;

use crate::harness::cuts::Cut;
use crate::harness::noop_context;
use crate::oracle::{ChatOracle, ExpectedCall, WaterMarks};
pub use checking_handler::{Action, CheckingHandler, RecordedCall, Script};

/// An action on the conversation from outside the handler.
#[derive(Clone, Debug)]
pub enum Call {
    /// Appends bytes to the stream. They wait while the conversation does not want input.
    Feed(Vec<u8>),
    /// Writes at most this many bytes of output.
    Write(usize),
    /// Ends the stream, after everything before has been delivered.
    End,
    /// Performs an action on the channel.
    FromOutside(Action),
}

/// Makes these calls, then runs the conversation to its end. Returns all calls that the handler got.
///
/// # Panics
///
/// When the contract requires another call, or requires it at another time.
#[must_use]
pub fn run(script: &Script, calls: &[Call]) -> Vec<RecordedCall> {
    let mut handler = CheckingHandler::new(script);
    let mut lockstep = ChatLockstep::new(&mut handler, script);
    calls.iter().for_each(|call| lockstep.call(call));
    lockstep.finish();
    drop(lockstep);
    handler.into_calls()
}

/// Delivers `stream` under a cut, then its end, and writes all output at once. Returns all calls that the handler got.
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

/// The time does not matter here: there is no minimum rate.
const NOW: Duration = Duration::ZERO;

struct ChatLockstep<'h> {
    chat: IdleChat<&'h mut CheckingHandler>,
    water_marks: WaterMarks,
    /// The bytes that were fed and that the chat has not taken.
    unread: Vec<u8>,
    /// How many of them the chat has seen, and left over.
    left_over: usize,
    /// The stream has ended.
    ended: bool,
    eof_delivered: bool,
}

impl<'h> ChatLockstep<'h> {
    fn new(handler: &'h mut CheckingHandler, script: &Script) -> Self {
        let config = Config::default()
            .with_max_frame_len(script.max_len)
            .with_high_water(script.water_marks.high)
            .with_low_water(script.water_marks.low)
            .with_min_input_rate(None)
            .with_min_output_rate(None)
            .with_idle_timeout(None)
            .with_linger(Duration::ZERO);
        let mut chat = Chat::new(handler, config);
        let _ = chat.handle_connect(NOW);
        Self {
            chat: IdleChat::new(chat),
            water_marks: script.water_marks,
            unread: Vec::new(),
            left_over: 0,
            ended: false,
            eof_delivered: false,
        }
    }

    fn chat(&mut self) -> &mut Chat<&'h mut CheckingHandler> {
        self.chat.wake(NOW)
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Feed(bytes) if !self.ended => {
                self.unread.extend_from_slice(bytes);
                if !self.chat().is_closed() {
                    self.chat().handler_mut().oracle.feed(bytes);
                }
            }
            Call::Feed(_) => {}
            Call::Write(most) => self.write(*most),
            Call::End => self.ended = true,
            Call::FromOutside(action) => self.apply_from_outside(action),
        }
        self.deliver();
    }

    /// Delivers what may be delivered, as `Driver` does.
    fn deliver(&mut self) {
        let input_wanted = self.chat().wants_read() && !self.unread.is_empty();
        if self.chat().wants_resume() || input_wanted {
            let mut input = Input::new(&self.unread);
            let _ = self.chat.wake(NOW).handle_input(NOW, &mut input);
            self.unread = input.remaining().to_vec();
            self.left_over = self.unread.len();
            self.check_delivery();
        }
        if self.ended && !self.eof_delivered && self.unread.is_empty() {
            self.eof_delivered = true;
            self.chat().handler_mut().oracle.end();
            let _ = self.chat().handle_eof(NOW);
            self.check_delivery();
        }
        self.check();
        // Going idle changes nothing, at whatever moment it happens.
        self.chat.try_idle();
        self.check();
    }

    /// Checks that no call is missing after a delivery.
    fn check_delivery(&mut self) {
        let chat = self.chat.wake(NOW);
        let closed = chat.is_closed();
        let oracle = &mut chat.handler_mut().oracle;
        if closed {
            self.unread.clear();
            return;
        }
        assert_eq!(oracle.next_call(), ExpectedCall::Nothing, "a call is missing: {oracle:?}");
        assert!(self.unread.is_empty() || oracle.is_held_back(), "{:?} is unread: {oracle:?}", self.unread);
        assert!(oracle.unread().ends_with(&self.unread), "{:?} is unread: {oracle:?}", self.unread);
    }

    fn check(&mut self) {
        let chat = self.chat.wake(NOW);
        if chat.is_closed() {
            assert!(chat.handler().has_failed() || chat.outcome() == Some(Ok(())));
            assert!(!chat.wants_read() && !chat.wants_resume() && !chat.wants_write());
            return;
        }
        let oracle = &chat.handler().oracle;
        assert_eq!(chat.wants_read(), oracle.wants_read(), "{oracle:?}");
        assert_eq!(chat.wants_resume(), oracle.wants_resume(), "{oracle:?}");
        assert_eq!(chat.channel().is_paused(), oracle.is_paused(), "{oracle:?}");
    }

    fn write(&mut self, most: usize) {
        let mut output = self.chat().poll_transmit(&mut noop_context());
        let written = most.min(output.remaining());
        output.advance(written);
        let queued = self.chat().channel().queued();
        self.chat().handler_mut().oracle.set_queued(queued);
        if self.chat().wants_shutdown() {
            self.chat().handle_shutdown(NOW);
        }
    }

    fn apply_from_outside(&mut self, action: &Action) {
        if self.chat().is_closed() {
            return;
        }
        // The oracle belongs to the handler, which is borrowed together with the channel: take it out for this call.
        let nothing = ChatOracle::new(0, self.water_marks);
        let mut oracle = std::mem::replace(&mut self.chat().handler_mut().oracle, nothing);
        action.apply(self.chat().channel_mut(), &mut oracle);
        if let Action::Discard = action {
            // The chat drops what it has seen. Bytes that were fed meanwhile stay.
            oracle.feed(&self.unread[self.left_over..]);
        }
        self.chat().handler_mut().oracle = oracle;
    }

    /// Resumes, writes and delivers everything, then closes.
    fn finish(&mut self) {
        self.ended = true;
        while !self.chat().is_closed() {
            self.apply_from_outside(&Action::Resume);
            self.write(usize::MAX);
            self.deliver();
            let waits = self.chat().wants_write() || self.chat().wants_resume() || self.chat().channel().is_paused();
            if !waits && !self.chat().is_closed() {
                assert!(self.eof_delivered && self.unread.is_empty(), "the conversation hangs");
                self.apply_from_outside(&Action::Close);
            }
        }
    }
}
