//! The oracle of the inbound half of a `Chat`.

use asynchat_core::End;

use super::{FramerOracle, Step, TerminatorSpec};

/// What the handler is to be told next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedCall {
    /// Nothing now: more has to come first, or the output has to go down, or it is over.
    Nothing,
    /// That many unread bytes, or the first of them.
    Data(usize),
    /// The frame ends here, by that member of an `AnyOf`.
    Terminator(Option<usize>),
    /// The frame has more bytes than it may have.
    TooLong,
    /// The stream has ended, and in this way.
    Eof(End),
}

/// How much output may wait.
#[derive(Clone, Copy, Debug)]
pub struct WaterMarks {
    /// Above so many bytes nothing is told.
    pub high: usize,
    /// And not before there are so few again.
    pub low: usize,
}

/// A [`FramerOracle`], the limit, how far the frame is, and what keeps the handler from being told.
#[derive(Clone, Debug)]
pub struct ChatOracle {
    framer: FramerOracle,
    max_len: usize,
    /// How much of the frame was told under a delimiter.
    frame_len: usize,
    skipping: bool,
    water_marks: WaterMarks,
    queued: usize,
    paused: bool,
    closing: bool,
    stream: Stream,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Open,
    Ended,
    EofDelivered,
}

impl ChatOracle {
    /// An oracle at the beginning of a conversation, under no terminator.
    #[must_use]
    pub fn new(max_len: usize, water_marks: WaterMarks) -> Self {
        Self {
            framer: FramerOracle::new(TerminatorSpec::None),
            max_len,
            frame_len: 0,
            skipping: false,
            water_marks,
            queued: 0,
            paused: false,
            closing: false,
            stream: Stream::Open,
        }
    }

    /// The stream goes on with `bytes`.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.framer.feed(bytes);
    }

    /// The stream ends here.
    pub fn end(&mut self) {
        if self.stream == Stream::Open {
            self.stream = Stream::Ended;
        }
    }

    /// All that has not been told stands under `spec` now (F8). What is no delimiter has no limit (L5).
    pub fn set(&mut self, spec: TerminatorSpec) {
        self.framer.set(spec);
        if !self.is_delimited() {
            self.frame_len = 0;
            self.skipping = false;
        }
    }

    /// The limit is another, also for what has come of the frame.
    pub fn set_max_len(&mut self, max_len: usize) {
        self.max_len = max_len;
    }

    /// So much output waits now.
    pub fn queue(&mut self, bytes: usize) {
        self.queued = bytes;
    }

    /// No more is told (C2).
    pub fn close(&mut self) {
        self.closing = true;
    }

    /// Whether it was closed.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// What is held is dropped, where no input is left (O5). The frame goes on.
    pub fn discard(&mut self) {
        self.framer.take_back(self.framer.unread().len());
    }

    /// What has not been told.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.framer.unread()
    }

    /// Whether input is to be read.
    #[must_use]
    pub fn wants_read(&self) -> bool {
        self.stream == Stream::Open && (self.closing || !self.is_above_water_mark())
    }

    /// Whether it has to be asked again, as it would not tell and now would.
    #[must_use]
    pub fn wants_resume(&self) -> bool {
        self.paused && (self.closing || !self.is_above_water_mark())
    }

    /// Whether it would not tell when it was asked last, as too much output waited.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// What is to be told next. What is skipped is done with.
    pub fn next_call(&mut self) -> ExpectedCall {
        if self.closing || self.stream == Stream::EofDelivered {
            self.paused = false;
            self.discard();
            return ExpectedCall::Nothing;
        }
        self.paused = self.is_above_water_mark();
        if self.paused {
            return ExpectedCall::Nothing;
        }
        loop {
            match self.framer.step() {
                Step::NeedsInput => return self.call_at_eof(),
                step if self.skipping => {
                    self.framer.take(step);
                    if let Step::Terminator { .. } = step {
                        self.end_frame();
                    }
                }
                Step::Data(length) => return self.data(length),
                Step::Terminator { member, .. } => return ExpectedCall::Terminator(member),
            }
        }
    }

    /// The first `length` unread bytes were told.
    pub fn take_data(&mut self, length: usize) -> Vec<u8> {
        if self.is_delimited() {
            self.frame_len += length;
        }
        self.framer.take(Step::Data(length))
    }

    /// The end of the frame was told.
    pub fn take_terminator(&mut self) {
        self.framer.take(self.framer.step());
        self.end_frame();
    }

    /// It was told that the frame is too long.
    pub fn take_too_long(&mut self) {
        self.skipping = true;
    }

    /// The end of the stream was told.
    pub fn take_eof(&mut self) {
        self.stream = Stream::EofDelivered;
    }

    fn end_frame(&mut self) {
        self.frame_len = 0;
        self.skipping = false;
    }

    /// Some bytes are data, as far as the limit allows.
    fn data(&self, length: usize) -> ExpectedCall {
        match self.max_len.saturating_sub(self.frame_len) {
            _ if !self.is_delimited() => ExpectedCall::Data(length),
            0 => ExpectedCall::TooLong,
            room => ExpectedCall::Data(length.min(room)),
        }
    }

    /// No more can be told without more input. If none will come, what was held is data (C3).
    fn call_at_eof(&mut self) -> ExpectedCall {
        let held = self.framer.unread().len();
        match self.stream {
            Stream::Open | Stream::EofDelivered => return ExpectedCall::Nothing,
            Stream::Ended if held > 0 && !self.skipping => return self.data(held),
            Stream::Ended => {}
        }
        self.framer.take(if held > 0 { Step::Data(held) } else { Step::NeedsInput });
        let (_, end) = self.framer.clone().finish();
        ExpectedCall::Eof(end)
    }

    fn is_above_water_mark(&self) -> bool {
        self.queued > if self.paused { self.water_marks.low } else { self.water_marks.high }
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
        oracle.set(TerminatorSpec::delimiter(delimiter));
        oracle.feed(stream.as_bytes());
        oracle
    }

    /// All that is told, and where nothing more is.
    fn drain(oracle: &mut ChatOracle) -> Vec<String> {
        let mut told = Vec::new();
        loop {
            match oracle.next_call() {
                ExpectedCall::Nothing => return told,
                ExpectedCall::Data(length) => told.push(oracle.take_data(length).escape_ascii().to_string()),
                ExpectedCall::Terminator(_) => {
                    oracle.take_terminator();
                    told.push("|".into());
                }
                ExpectedCall::TooLong => {
                    oracle.take_too_long();
                    told.push("!".into());
                }
                ExpectedCall::Eof(end) => {
                    oracle.take_eof();
                    told.push(format!("{end:?}"));
                }
            }
        }
    }

    #[test]
    fn chat_oracle_delivers_frames_up_to_the_limit() {
        assert_eq!(drain(&mut oracle("\n", 3, "abc\nabcd\nef\n")), ["abc", "|", "abc", "!", "ef", "|"]);
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
            oracle.queue(queued);
            assert_eq!((oracle.next_call() == ExpectedCall::Nothing, oracle.is_paused()), (paused, paused));
        }
    }

    #[test]
    fn chat_oracle_close_drops_unread_bytes() {
        let mut oracle = oracle("\n", 3, "a\nb\n");
        assert_eq!(oracle.next_call(), ExpectedCall::Data(1));
        oracle.close();
        assert_eq!((oracle.next_call(), oracle.unread()), (ExpectedCall::Nothing, &b""[..]));
    }
}
