//! Runs a `Chat` and its oracle in lockstep. The handler checks every call that it gets, and the harness checks that no
//! call is missing.

mod checked_output;
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
    /// Performs an action in the handler, between two events: [`Chat::call`].
    Inside(Action),
    /// Sends this one of the deferred replies that wait, of this many bytes.
    Answer(usize, usize),
    /// Advances the clock by this many seconds.
    Advance(u64),
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

struct ChatLockstep<'h> {
    chat: IdleChat<&'h mut CheckingHandler>,
    water_marks: WaterMarks,
    /// The bytes that were fed and that the chat has not taken.
    unread: Vec<u8>,
    /// The number of them that the chat has seen, and left over.
    left_over: usize,
    /// The stream has ended.
    ended: bool,
    eof_delivered: bool,
    /// Time matters to the timer alone: there is no minimum rate.
    now: Duration,
    /// The write side was shut down.
    output_ended: bool,
    /// The terminator or the limit was changed past the chat, which does not look at it before the next input.
    set_outside: bool,
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
        let _ = chat.handle_connect(Duration::ZERO);
        Self {
            chat: IdleChat::new(chat),
            water_marks: script.water_marks,
            unread: Vec::new(),
            left_over: 0,
            ended: false,
            eof_delivered: false,
            now: Duration::ZERO,
            output_ended: false,
            set_outside: false,
        }
    }

    fn chat(&mut self) -> &mut Chat<&'h mut CheckingHandler> {
        self.chat.wake(self.now)
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
            Call::FromOutside(action) => {
                self.set_outside |= matches!(action, Action::Set(_) | Action::Limit(_));
                self.apply_from_outside(action);
            }
            Call::Inside(action) => {
                let actions = Some(vec![action.clone()]);
                let now = self.now;
                let _ = self.chat().call(now, |handler, channel| handler.perform(actions, channel));
            }
            Call::Answer(which, length) => self.chat().handler_mut().output.answer(*which, *length),
            Call::Advance(seconds) => {
                self.now += Duration::from_secs(*seconds);
                let now = self.now;
                self.chat().handler_mut().oracle.set_now(now);
            }
        }
        self.deliver();
        self.judge();
    }

    /// Delivers what may be delivered, as `Driver` does.
    fn deliver(&mut self) {
        let input_wanted = self.chat().wants_read() && !self.unread.is_empty();
        if self.chat().wants_resume() || input_wanted {
            let mut input = Input::new(&self.unread);
            let _ = self.chat.wake(self.now).handle_input(self.now, &mut input);
            self.unread = input.remaining().to_vec();
            self.set_outside = false;
            self.left_over = self.unread.len();
            self.check_delivery();
        }
        if self.ended && !self.eof_delivered && self.unread.is_empty() {
            self.eof_delivered = true;
            self.chat().handler_mut().oracle.end();
            let now = self.now;
            let _ = self.chat().handle_eof(now);
            self.check_delivery();
        }
        self.check();
        // Going idle changes nothing, at whatever moment it happens.
        self.chat.try_idle();
        self.check();
    }

    /// Lets the timer go off, and delivers what its handler has asked for, as `Driver` does.
    fn judge(&mut self) {
        let now = self.now;
        let _ = self.chat().handle_timeout(now);
        let output_ended = self.output_ended;
        if !self.chat().is_closed() {
            let oracle = &self.chat().handler().oracle;
            assert!(!oracle.is_timer_due(), "handle_timer is missing");
            assert!(!(output_ended && oracle.ends_with_output()), "both directions have ended: {oracle:?}");
        }
        self.deliver();
    }

    /// Checks that no call is missing after a delivery.
    fn check_delivery(&mut self) {
        let chat = self.chat.wake(self.now);
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
        let chat = self.chat.wake(self.now);
        if chat.is_closed() {
            assert_eq!(chat.outcome().map(|outcome| outcome.is_err()), Some(chat.handler().has_failed()));
            assert!(!chat.wants_read() && !chat.wants_resume() && !chat.wants_write());
            return;
        }
        let oracle = &chat.handler().oracle;
        assert_eq!(chat.wants_read(), oracle.wants_read(), "{oracle:?}");
        assert_eq!(chat.wants_resume(), oracle.wants_resume(), "{oracle:?}");
        assert_eq!(chat.channel().is_paused(), oracle.is_paused(), "{oracle:?}");
        if !self.set_outside {
            assert_eq!(oracle.clone().next_call(), ExpectedCall::Nothing, "a call is missing: {oracle:?}");
        }
    }

    fn write(&mut self, most: usize) {
        let now = self.now;
        self.chat().handle_wake(now);
        let mut output = self.chat().poll_transmit(&mut noop_context());
        let sent = output.copy_to_bytes(most.min(output.remaining()));
        let all_sent = !output.has_remaining();
        let queued = self.chat().channel().queued();
        let handler = self.chat().handler_mut();
        handler.oracle.set_queued(queued);
        handler.output.take(&sent);
        if self.chat().is_closed() {
            return;
        }
        let handler = self.chat.wake(now).handler();
        let (is_empty, is_pending) = (handler.output.is_empty(), handler.output.is_pending());
        let (ends_output, is_upgrading) = (handler.oracle.ends_output(), handler.oracle.is_upgrading());
        let expected = ends_output && is_empty && !self.output_ended;
        assert_eq!(self.chat().wants_shutdown(), expected);
        assert!(!all_sent || is_empty || is_pending, "output is missing");
        assert_eq!(
            (self.chat().is_output_pending(), self.chat().wants_write()),
            (is_pending, !(is_empty || is_pending))
        );
        if expected {
            self.output_ended = true;
            self.chat().handle_shutdown(now);
        }
        assert_eq!(self.chat().wants_upgrade(), is_upgrading && is_empty);
        if is_upgrading && is_empty {
            let (seen, not_read) = self.unread.split_at(self.left_over);
            let chat = self.chat.wake(now);
            let handed_over = chat.handle_upgrade(seen).unwrap_or_default();
            // An LF of the last line end that was not read yet comes to the stream above. The oracle has dropped it (F14).
            let is_longer = handed_over.len() + not_read.len() > chat.handler().oracle.unread().len();
            let not_read =
                not_read.strip_prefix(b"\n").filter(|_| handed_over.is_empty() && is_longer).unwrap_or(not_read);
            let unread = [&handed_over, not_read].concat();
            assert_eq!(unread, chat.handler().oracle.unread(), "everything unread is handed over");
            assert!(chat.is_closed(), "it was handed over");
            chat.handler_mut().upgraded();
        }
    }

    fn apply_from_outside(&mut self, action: &Action) {
        if self.chat().is_closed() {
            return;
        }
        // The oracle belongs to the handler, which is borrowed together with the channel: take it out for this call.
        let nothing = ChatOracle::new(0, self.water_marks);
        let mut oracle = std::mem::replace(&mut self.chat().handler_mut().oracle, nothing);
        let mut output = std::mem::take(&mut self.chat().handler_mut().output);
        // The chat drops what it has seen, and bytes that were fed meanwhile stay. Of these the oracle may have dropped an LF
        // already, which the chat will drop when it comes (F14).
        let unseen = self.unread.len() - self.left_over;
        let kept = oracle.unread()[oracle.unread().len().saturating_sub(unseen)..].to_vec();
        action.apply(self.chat().channel_mut(), &mut oracle, &mut output);
        // Starts the timer.
        self.chat().poll_timeout();
        if let Action::Discard = action {
            oracle.feed(&kept);
        }
        let handler = self.chat().handler_mut();
        (handler.oracle, handler.output) = (oracle, output);
    }

    /// Resumes, writes and delivers everything, then closes.
    fn finish(&mut self) {
        self.ended = true;
        while !self.chat().is_closed() {
            self.apply_from_outside(&Action::Resume);
            while self.chat().handler().output.has_replies() {
                self.chat().handler_mut().output.answer(0, 1);
            }
            self.write(usize::MAX);
            self.deliver();
            self.judge();
            let chat = self.chat();
            let waits = (chat.wants_write() || chat.is_output_pending() || chat.wants_resume())
                || (chat.wants_shutdown() || chat.wants_upgrade() || chat.channel().is_paused());
            if !waits && !self.chat().is_closed() {
                assert!(self.eof_delivered && self.unread.is_empty(), "the conversation hangs");
                self.apply_from_outside(&Action::Close);
            }
        }
    }
}
