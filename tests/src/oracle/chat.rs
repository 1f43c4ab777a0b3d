//! The oracle of the inbound half of a `Chat`.

use std::time::Duration;

use asynchat_core::End;

use super::{FramerOracle, Step, TerminatorSpec};

/// The next call that the handler must get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedCall {
    /// No call now: more input is needed, or the output must drain first, or the conversation is over.
    Nothing,
    /// `collect_incoming_data` with this many unread bytes, or with the first few of them.
    Data(usize),
    /// `found_terminator`, with the member of an `AnyOf` that matched.
    Terminator(Option<usize>),
    /// `frame_too_long`: the frame has more data than the limit.
    TooLong,
    /// `frame_skipped`, with the length of the whole frame in bytes of data.
    Skipped(u64),
    /// `handle_eof`, with the state of the stream at its end.
    Eof(End),
}

/// The water marks of the output queue.
#[derive(Clone, Copy, Debug)]
pub struct WaterMarks {
    /// With more bytes than this queued, delivery pauses.
    pub high: usize,
    /// Delivery resumes when no more bytes than this are queued.
    pub low: usize,
}

/// A [`FramerOracle`], the frame limit, the length of the frame so far, and the reasons to hold back calls.
#[derive(Clone, Debug)]
pub struct ChatOracle {
    framer: FramerOracle,
    max_len: usize,
    /// The number of bytes of the frame that were delivered under a delimiter.
    frame_len: usize,
    /// The frame was too long. The bytes of its data so far.
    skipping: Option<u64>,
    water_marks: WaterMarks,
    queued: usize,
    /// The queue was above the high water mark, and is not yet at the low one.
    was_above_mark: bool,
    /// The handler has paused.
    paused: bool,
    /// A look for a call found the handler paused.
    put_off: bool,
    closing: bool,
    /// The stream is to be handed over.
    upgrading: bool,
    /// The output was ended.
    finished: bool,
    now: Duration,
    timer: Option<Duration>,
    stream: Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Open,
    Ended,
    EofDelivered,
}

impl ChatOracle {
    /// Creates an oracle at the beginning of a conversation, with no terminator.
    #[must_use]
    pub fn new(max_len: usize, water_marks: WaterMarks) -> Self {
        Self {
            framer: FramerOracle::new(TerminatorSpec::None),
            max_len,
            frame_len: 0,
            skipping: None,
            water_marks,
            queued: 0,
            was_above_mark: false,
            paused: false,
            put_off: false,
            closing: false,
            upgrading: false,
            finished: false,
            now: Duration::ZERO,
            timer: None,
            stream: Stream::Open,
        }
    }

    /// Appends `bytes` to the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.framer.feed(bytes);
    }

    /// Ends the stream.
    pub fn end(&mut self) {
        if self.stream == Stream::Open {
            self.stream = Stream::Ended;
        }
    }

    /// Sets the terminator for everything that has not been delivered (F8). Only delimited frames have a limit (L5).
    pub fn set_terminator(&mut self, spec: TerminatorSpec) {
        self.framer.set_terminator(spec);
        if !self.is_delimited() {
            self.end_frame();
        }
    }

    /// Sets the frame limit. It counts the data that the present frame already has.
    pub fn set_max_len(&mut self, max_len: usize) {
        self.max_len = max_len;
    }

    /// Sets how many bytes of output are queued.
    pub fn set_queued(&mut self, bytes: usize) {
        self.queued = bytes;
    }

    /// Pauses: no call comes until [`resume`](Self::resume) (C12).
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Ends the pause.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Returns whether the handler has paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Closes: only `handle_close` may follow (C2). Takes the timer away, and an upgrade back.
    pub fn close(&mut self) {
        if !self.closing {
            (self.closing, self.upgrading, self.timer) = (true, false, None);
        }
    }

    /// Hands the stream over when all output was sent: no call follows (C15).
    pub fn upgrade(&mut self) {
        self.upgrading |= !self.closing;
    }

    /// Returns whether the stream is to be handed over.
    #[must_use]
    pub fn is_upgrading(&self) -> bool {
        self.upgrading
    }

    /// Ends the output when all of it was sent, and goes on (C18).
    pub fn finish(&mut self) {
        self.finished |= !(self.closing || self.upgrading);
    }

    /// Returns whether the write side is to be shut down when all output was sent.
    #[must_use]
    pub fn ends_output(&self) -> bool {
        self.finished || self.closing
    }

    /// Returns whether the connection ends as soon as its output has ended.
    #[must_use]
    pub fn ends_with_output(&self) -> bool {
        self.closing || (self.stream == Stream::EofDelivered && !self.upgrading)
    }

    /// Sets the timer, which goes off this much later, or takes it away (C13).
    pub fn set_timer(&mut self, after: Option<Duration>) {
        self.timer = after.map(|after| self.now + after);
    }

    /// Advances the clock.
    pub fn set_now(&mut self, now: Duration) {
        self.now = now;
    }

    /// Returns whether the timer has gone off, and `handle_timer` was not called.
    #[must_use]
    pub fn is_timer_due(&self) -> bool {
        self.timer.is_some_and(|at| at <= self.now)
    }

    /// Takes the timer away, after `handle_timer`.
    pub fn take_timer(&mut self) {
        self.timer = None;
    }

    /// Returns whether [`close`](Self::close) was called.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Drops the bytes that have not been delivered (O5). The frame continues.
    pub fn discard(&mut self) {
        self.framer.take_back(self.framer.unread().len());
    }

    /// The bytes that have not been delivered.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.framer.unread()
    }

    /// Returns whether the driver should read input.
    #[must_use]
    pub fn wants_read(&self) -> bool {
        self.stream == Stream::Open && self.takes_input()
    }

    /// Returns whether delivery was held back and can now resume.
    #[must_use]
    pub fn wants_resume(&self) -> bool {
        self.is_held_back() && self.takes_input()
    }

    /// Returns whether the last [`next_call`](Self::next_call) found delivery held back, by the high water mark or by a
    /// pause.
    #[must_use]
    pub fn is_held_back(&self) -> bool {
        self.was_above_mark || self.put_off
    }

    /// Returns the next call, after dropping what is skipped of an overlong frame.
    pub fn next_call(&mut self) -> ExpectedCall {
        self.put_off = false;
        if self.upgrading {
            self.was_above_mark = true;
            return ExpectedCall::Nothing;
        }
        if self.closing || self.stream == Stream::EofDelivered {
            self.was_above_mark = false;
            self.discard();
            return ExpectedCall::Nothing;
        }
        if self.paused {
            self.put_off = true;
            return ExpectedCall::Nothing;
        }
        self.was_above_mark = self.is_above_water_mark();
        if self.was_above_mark {
            return ExpectedCall::Nothing;
        }
        loop {
            match self.framer.step() {
                Step::NeedsInput => return self.call_at_eof(),
                Step::Data(length) => match &mut self.skipping {
                    Some(skipped) => {
                        *skipped += length as u64;
                        self.framer.take(Step::Data(length));
                    }
                    None => return self.data(length),
                },
                Step::Terminator { member, .. } => match self.skipping {
                    Some(skipped) => return ExpectedCall::Skipped(skipped),
                    None => return ExpectedCall::Terminator(member),
                },
            }
        }
    }

    /// Takes the first `length` unread bytes, after they were delivered.
    pub fn take_data(&mut self, length: usize) -> Vec<u8> {
        if self.is_delimited() {
            self.frame_len += length;
        }
        self.framer.take(Step::Data(length))
    }

    /// Takes the terminator, after `found_terminator` or `frame_skipped`.
    pub fn take_terminator(&mut self) {
        self.framer.take(self.framer.step());
        self.end_frame();
    }

    /// Starts to skip the frame, after `frame_too_long`.
    pub fn take_too_long(&mut self) {
        self.skipping = Some(self.frame_len as u64);
    }

    /// Ends the oracle's stream, after `handle_eof`.
    pub fn take_eof(&mut self) {
        self.stream = Stream::EofDelivered;
    }

    fn end_frame(&mut self) {
        self.frame_len = 0;
        self.skipping = None;
    }

    /// Caps data at the frame limit.
    fn data(&self, length: usize) -> ExpectedCall {
        match self.max_len.saturating_sub(self.frame_len) {
            _ if !self.is_delimited() => ExpectedCall::Data(length),
            0 => ExpectedCall::TooLong,
            room => ExpectedCall::Data(length.min(room)),
        }
    }

    /// The call when the framer needs more input. At the end of the stream, held bytes are data (C3).
    fn call_at_eof(&mut self) -> ExpectedCall {
        let held = self.framer.unread().len();
        match self.stream {
            Stream::Open | Stream::EofDelivered => return ExpectedCall::Nothing,
            Stream::Ended if held > 0 && self.skipping.is_none() => return self.data(held),
            Stream::Ended => {}
        }
        self.framer.take(if held > 0 { Step::Data(held) } else { Step::NeedsInput });
        let (_, end) = self.framer.clone().finish();
        ExpectedCall::Eof(end)
    }

    fn takes_input(&self) -> bool {
        !self.upgrading && (self.closing || !(self.paused || self.is_above_water_mark()))
    }

    fn is_above_water_mark(&self) -> bool {
        self.queued > if self.was_above_mark { self.water_marks.low } else { self.water_marks.high }
    }

    fn is_delimited(&self) -> bool {
        !self.framer.spec().delimiters().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATER_MARKS: WaterMarks = WaterMarks { high: 10, low: 5 };

    fn oracle(delimiter: &str, max_len: usize, stream: &str) -> ChatOracle {
        let mut oracle = ChatOracle::new(max_len, WATER_MARKS);
        oracle.set_terminator(TerminatorSpec::delimiter(delimiter));
        oracle.feed(stream.as_bytes());
        oracle
    }

    /// Takes every call until there is none, and writes each as a string.
    fn drain(oracle: &mut ChatOracle) -> Vec<String> {
        let mut calls = Vec::new();
        loop {
            match oracle.next_call() {
                ExpectedCall::Nothing => return calls,
                ExpectedCall::Data(length) => calls.push(oracle.take_data(length).escape_ascii().to_string()),
                ExpectedCall::Terminator(_) => {
                    oracle.take_terminator();
                    calls.push("|".into());
                }
                ExpectedCall::TooLong => {
                    oracle.take_too_long();
                    calls.push("!".into());
                }
                ExpectedCall::Skipped(length) => {
                    oracle.take_terminator();
                    calls.push(format!("({length})"));
                }
                ExpectedCall::Eof(end) => {
                    oracle.take_eof();
                    calls.push(format!("{end:?}"));
                }
            }
        }
    }

    #[test]
    fn chat_oracle_delivers_frames_up_to_the_limit() {
        assert_eq!(drain(&mut oracle("\n", 3, "abc\nabcd\nef\n")), ["abc", "|", "abc", "!", "(4)", "ef", "|"]);
    }

    #[test]
    fn chat_oracle_delivers_held_bytes_at_eof() {
        let mut oracle = oracle("\r\n", 3, "ab\r");
        assert_eq!(drain(&mut oracle), ["ab"]);
        oracle.end();
        assert_eq!(drain(&mut oracle), ["\\r", "MidFrame"]);
        let mut oracle = self::oracle("\r\n", 2, "ab\r");
        oracle.end();
        assert_eq!(drain(&mut oracle), ["ab", "!", "MidFrame"]);
    }

    #[test]
    fn chat_oracle_pauses_from_high_to_low_water() {
        let mut oracle = oracle("\n", 3, "a\n");
        for (queued, paused) in [(8, false), (11, true), (8, true), (5, false), (8, false)] {
            oracle.set_queued(queued);
            assert_eq!((oracle.next_call() == ExpectedCall::Nothing, oracle.is_held_back()), (paused, paused));
        }
    }

    #[test]
    fn chat_oracle_waits_while_paused() {
        let mut oracle = oracle("\n", 3, "a\n");
        oracle.pause();
        assert_eq!((oracle.next_call(), oracle.is_held_back()), (ExpectedCall::Nothing, true));
        assert!(!oracle.wants_read() && !oracle.wants_resume());
        oracle.resume();
        assert!(oracle.wants_read() && oracle.wants_resume());
        assert_eq!(drain(&mut oracle), ["a", "|"]);
    }

    #[test]
    fn chat_oracle_close_drops_unread_bytes() {
        let mut oracle = oracle("\n", 3, "a\nb\n");
        assert_eq!(oracle.next_call(), ExpectedCall::Data(1));
        oracle.close();
        assert_eq!((oracle.next_call(), oracle.unread()), (ExpectedCall::Nothing, &b""[..]));
    }
}
