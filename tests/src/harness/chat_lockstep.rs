//! A conversation and its oracle, in step: every call that the handler gets is judged, and so is every one that it
//! does not get.

mod judge;

use std::time::Duration;

use asynchat_core::chat::IdleChat;
use asynchat_core::{Chat, Config, Input};
use bytes::Buf;

use crate::harness::cuts::Cut;
use crate::oracle::{ChatOracle, Marks, Told};
pub use judge::{Act, Heard, Judge, Script};

/// What happens to a conversation from outside.
#[derive(Clone, Debug)]
pub enum Call {
    /// More of the stream. While the conversation does not want it, it is kept for later.
    Feed(Vec<u8>),
    /// So many bytes of output are written, at most.
    Write(usize),
    /// The stream ends, once all before has been delivered.
    End,
    /// Something is done through the channel.
    Outside(Act),
}

/// Makes these calls, then goes on to the end of the conversation. Gives all that the handler was told.
///
/// # Panics
///
/// When the contract wants anything else to be told, or to be told at another time.
#[must_use]
pub fn run(script: &Script, calls: &[Call]) -> Vec<Heard> {
    let mut judge = Judge::new(script);
    let mut both = Lockstep::new(&mut judge, script);
    calls.iter().for_each(|call| both.call(call));
    both.finish();
    drop(both);
    judge.heard()
}

/// What the handler is told of a stream under a cut, and its end. All output is written at once.
///
/// # Panics
///
/// As [`run`] does.
#[must_use]
pub fn run_cut(script: &Script, stream: &[u8], cut: &Cut) -> Vec<Heard> {
    let calls: Vec<Call> = cut
        .chunks(0, stream)
        .into_iter()
        .flat_map(|chunk| [Call::Feed(chunk.to_vec()), Call::Write(usize::MAX)])
        .chain([Call::End])
        .collect();
    run(script, &calls)
}

/// The time has no say here: there is no minimum rate.
const NOW: Duration = Duration::ZERO;

struct Lockstep<'j> {
    connection: IdleChat<&'j mut Judge>,
    marks: Marks,
    /// What has been fed and not been taken.
    unread: Vec<u8>,
    /// The end was fed.
    ends: bool,
    end_told: bool,
}

impl<'j> Lockstep<'j> {
    fn new(judge: &'j mut Judge, script: &Script) -> Self {
        let config = Config {
            max_frame_len: script.max_len,
            high_water: script.marks.high,
            low_water: script.marks.low,
            min_input_rate: None,
            min_output_rate: None,
            linger: Duration::ZERO,
            ..Config::default()
        };
        let mut chat = Chat::new(judge, config);
        let _ = chat.handle_connect(NOW);
        Self { connection: IdleChat::new(chat), marks: script.marks, unread: Vec::new(), ends: false, end_told: false }
    }

    fn chat(&mut self) -> &mut Chat<&'j mut Judge> {
        self.connection.wake(NOW)
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Feed(bytes) if !self.ends => {
                self.unread.extend_from_slice(bytes);
                if !self.chat().is_closed() {
                    self.chat().handler_mut().oracle.feed(bytes);
                }
            }
            Call::Feed(_) => {}
            Call::Write(most) => self.write(*most),
            Call::End => self.ends = true,
            Call::Outside(act) => self.outside(act),
        }
        self.go_on();
    }

    /// Delivers what may be delivered, as a driver does.
    fn go_on(&mut self) {
        let input_wanted = self.chat().wants_read() && !self.unread.is_empty();
        if self.chat().wants_resume() || input_wanted {
            let mut input = Input::new(&self.unread);
            let _ = self.connection.wake(NOW).handle_input(NOW, &mut input);
            self.unread = input.remaining().to_vec();
            self.judge_told();
        }
        if self.ends && !self.end_told && self.unread.is_empty() {
            self.end_told = true;
            self.chat().handler_mut().oracle.end();
            let _ = self.chat().handle_eof(NOW);
            self.judge_told();
        }
        self.judge();
        // To be idle changes nothing.
        self.connection.try_idle();
        self.judge();
    }

    /// Whoever could have been told something more has been wronged.
    fn judge_told(&mut self) {
        let chat = self.connection.wake(NOW);
        let closed = chat.is_closed();
        let oracle = &mut chat.handler_mut().oracle;
        if closed {
            self.unread.clear();
            return;
        }
        assert_eq!(oracle.ask(), Told::Nothing, "not told: {oracle:?}");
        assert!(self.unread.is_empty() || oracle.is_paused(), "{:?} is left: {oracle:?}", self.unread);
        assert!(oracle.unread().ends_with(&self.unread), "{:?} is left: {oracle:?}", self.unread);
    }

    fn judge(&mut self) {
        let chat = self.connection.wake(NOW);
        if chat.is_closed() {
            assert!(chat.handler().has_failed() || chat.outcome() == Some(Ok(())));
            assert!(!chat.wants_read() && !chat.wants_resume() && !chat.wants_write());
            return;
        }
        let oracle = &chat.handler().oracle;
        assert_eq!(chat.wants_read(), oracle.wants_read(), "{oracle:?}");
        assert_eq!(chat.wants_resume(), oracle.wants_resume(), "{oracle:?}");
    }

    fn write(&mut self, most: usize) {
        let mut output = self.chat().poll_transmit();
        let written = most.min(output.remaining());
        output.advance(written);
        let queued = self.chat().channel().queued();
        self.chat().handler_mut().oracle.queue(queued);
        if self.chat().wants_shutdown() {
            self.chat().handle_shutdown(NOW);
        }
    }

    fn outside(&mut self, act: &Act) {
        if self.chat().is_closed() {
            return;
        }
        // The oracle is the handler's, which lies beside the channel: so for a moment it is taken out.
        let nothing = ChatOracle::new(0, self.marks);
        let mut oracle = std::mem::replace(&mut self.chat().handler_mut().oracle, nothing);
        act.apply(self.chat().channel_mut(), &mut oracle);
        if let Act::Discard = act {
            // What was fed and not taken is the driver's, and stays.
            oracle.feed(&self.unread);
        }
        self.chat().handler_mut().oracle = oracle;
    }

    /// Writes and delivers all there is, then ends.
    fn finish(&mut self) {
        self.ends = true;
        while !self.chat().is_closed() {
            self.write(usize::MAX);
            self.go_on();
            if !self.chat().wants_write() && !self.chat().wants_resume() && !self.chat().is_closed() {
                assert!(self.end_told && self.unread.is_empty(), "it does not go on");
                self.outside(&Act::Close);
            }
        }
    }
}
