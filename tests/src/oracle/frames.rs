//! The oracle of `Frames`.

use asynchat_core::End;

use super::{FramerOracle, Step, TerminatorSpec};

/// A [`FramerOracle`], the frame so far, and the limit.
#[derive(Clone, Debug)]
pub struct FramesOracle {
    framer: FramerOracle,
    frame: Vec<u8>,
    /// The beginning of a frame that was too long, until the next call that takes input (L8).
    shown: Vec<u8>,
    skipping: Option<Skipped>,
    max_len: usize,
    eof_ends_frame: bool,
}

/// A frame that is being skipped.
#[derive(Clone, Copy, Debug)]
struct Skipped {
    too_long: bool,
    /// The number of bytes of data it has had.
    length: u64,
}

/// Why there is an error instead of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLong {
    /// The frame has more data than `max_len`, or will have.
    Begun,
    /// It was counted, and has ended after this many bytes.
    Ended(u64),
}

/// An event of a frame that is streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameEvent {
    /// Some data of it.
    Data(Vec<u8>),
    /// Its end.
    Terminator,
}

impl FramesOracle {
    /// Creates an oracle at the beginning of a stream.
    #[must_use]
    pub fn new(spec: TerminatorSpec, max_len: usize) -> Self {
        Self {
            framer: FramerOracle::new(spec),
            frame: Vec::new(),
            shown: Vec::new(),
            skipping: None,
            max_len,
            eof_ends_frame: false,
        }
    }

    /// Appends `bytes` to the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.framer.feed(bytes);
    }

    /// Removes the last `length` bytes that were fed.
    pub fn take_back(&mut self, length: usize) {
        self.framer.take_back(length);
    }

    /// The bytes that were fed and not taken.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.framer.unread()
    }

    /// The number of bytes that were fed and not returned, those of the present frame included.
    #[must_use]
    pub fn unread_len(&self) -> usize {
        self.unread().len() + self.frame.len()
    }

    /// Sets the terminator for everything unread. The data that the frame already has stays in it.
    pub fn set_terminator(&mut self, spec: TerminatorSpec) {
        self.framer.set_terminator(spec);
    }

    /// Sets the limit (L7).
    pub fn set_max_len(&mut self, max_len: usize) {
        if max_len > self.max_len && self.is_refused() {
            self.skipping = None;
        }
        self.max_len = max_len;
    }

    /// Sets whether the end of the stream ends the last frame (L9).
    pub fn set_eof_ends_frame(&mut self, eof_ends_frame: bool) {
        self.eof_ends_frame = eof_ends_frame;
    }

    /// Returns whether the present frame lies entirely in the last `length` bytes that were fed.
    #[must_use]
    pub fn begins_within(&self, length: usize) -> bool {
        self.frame.is_empty() && self.skipping.is_none() && self.framer.unread().len() <= length
    }

    /// The part of the present frame that was taken, or the beginning of one that was too long (L8).
    #[must_use]
    pub fn partial(&self) -> &[u8] {
        if self.skipping.is_some() { &self.shown } else { &self.frame }
    }

    /// Returns the next whole frame, or that it is too long (L1, L2, L7). The bytes beyond the limit are then still
    /// unread; a terminator that is set at that moment decides where the skipped frame ends (F8).
    pub fn next_frame(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        self.shown.clear();
        loop {
            let room = self.max_len.saturating_sub(self.frame.len());
            if let TerminatorSpec::Count(missing) = *self.framer.spec()
                && self.skipping.is_none()
                && missing > room as u64
            {
                return Some(Err(self.too_long()));
            }
            let step = self.framer.step();
            match step {
                Step::NeedsInput => return None,
                Step::Data(length) if self.skipping.is_some() => self.drop_data(length),
                Step::Data(_) if room == 0 => return Some(Err(self.too_long())),
                Step::Data(length) => self.frame.extend(self.framer.take(Step::Data(length.min(room)))),
                Step::Terminator { .. } => {
                    self.framer.take(step);
                    match self.skipping.take() {
                        None => return Some(Ok(std::mem::take(&mut self.frame))),
                        // Behind a count no frame can follow yet.
                        Some(Skipped { too_long: true, length }) if *self.framer.spec() == TerminatorSpec::None => {
                            return Some(Err(TooLong::Ended(length)));
                        }
                        Some(_) => {}
                    }
                }
            }
        }
    }

    /// Returns the next event, with at most `most` bytes of data. The part of a frame that was taken comes first, whole;
    /// a frame that was too long is skipped, unless it was a count that was refused before a byte of it came.
    pub fn next_event(&mut self, most: usize) -> Option<FrameEvent> {
        self.shown.clear();
        if !self.frame.is_empty() {
            return Some(FrameEvent::Data(std::mem::take(&mut self.frame)));
        }
        if self.is_refused() {
            self.skipping = None;
        }
        loop {
            let step = self.framer.step();
            match step {
                Step::NeedsInput => return None,
                Step::Data(length) if self.skipping.is_some() => self.drop_data(length),
                Step::Data(length) => {
                    return Some(FrameEvent::Data(self.framer.take(Step::Data(length.min(most)))));
                }
                Step::Terminator { .. } => {
                    self.framer.take(step);
                    if self.skipping.take().is_none() {
                        return Some(FrameEvent::Terminator);
                    }
                }
            }
        }
    }

    /// Skips the present frame, and returns its length (L6).
    pub fn skip_frame(&mut self) -> Option<u64> {
        self.shown.clear();
        self.skip();
        loop {
            let step = self.framer.step();
            match step {
                Step::NeedsInput => return None,
                Step::Data(length) => self.drop_data(length),
                Step::Terminator { .. } => {
                    self.framer.take(step);
                    return self.skipping.take().map(|skipped| skipped.length);
                }
            }
        }
    }

    /// Drops all unread bytes and the partial frame. If a frame has begun in them, the rest of it is skipped.
    pub fn discard_input(&mut self) {
        self.shown.clear();
        let is_mid_frame = self.framer.is_mid_frame() || !self.frame.is_empty();
        let mut has_begun = is_mid_frame || self.skipping.is_some() || !self.unread().is_empty();
        while !self.unread().is_empty() {
            let step = self.framer.step();
            match step {
                Step::NeedsInput => break,
                Step::Data(length) => {
                    self.skip();
                    self.drop_data(length);
                }
                Step::Terminator { .. } => {
                    self.framer.take(step);
                    self.skipping = None;
                    self.frame.clear();
                    has_begun = !self.unread().is_empty();
                }
            }
        }
        if has_begun && *self.framer.spec() != TerminatorSpec::None {
            self.skip();
        } else {
            self.framer.forget_frame();
            self.frame.clear();
            self.skipping = None;
        }
    }

    /// Ends the stream: returns the partial frame with the held bytes, or an empty one if the frame is being skipped
    /// (F9), and how the stream ended (L9).
    pub fn finish(&mut self) -> (Vec<u8>, End) {
        self.shown.clear();
        let (held, mut end) = self.framer.finish();
        if self.eof_ends_frame && end == End::MidFrame {
            end = End::Clean;
        }
        if self.skipping.take().is_none() {
            self.frame.extend(held);
        }
        (std::mem::take(&mut self.frame), end)
    }

    fn too_long(&mut self) -> TooLong {
        self.skipping = Some(Skipped { too_long: true, length: self.frame.len() as u64 });
        self.shown = std::mem::take(&mut self.frame);
        TooLong::Begun
    }

    /// Begins to skip the present frame, unless it is being skipped.
    fn skip(&mut self) {
        let length = std::mem::take(&mut self.frame).len() as u64;
        self.skipping.get_or_insert(Skipped { too_long: false, length });
    }

    fn drop_data(&mut self, length: usize) {
        let dropped = self.framer.take(Step::Data(length));
        if let Some(skipped) = &mut self.skipping {
            skipped.length += dropped.len() as u64;
        }
    }

    /// Returns whether a count was refused, and none of its bytes was taken since.
    fn is_refused(&self) -> bool {
        matches!(self.framer.spec(), TerminatorSpec::Count(_))
            && matches!(self.skipping, Some(Skipped { too_long: true, length: 0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_oracle_reports_a_long_frame_once() {
        let mut oracle = FramesOracle::new(TerminatorSpec::delimiter("\n"), 3);
        oracle.feed(b"abc\nabcd");
        assert_eq!(oracle.next_frame(), Some(Ok(b"abc".to_vec())));
        assert_eq!(oracle.next_frame(), Some(Err(TooLong::Begun)));
        assert_eq!(oracle.next_frame(), None);
        oracle.feed(b"ef\n\nx");
        assert_eq!(oracle.next_frame(), Some(Ok(b"".to_vec())));
        assert_eq!(oracle.next_frame(), None);
        assert_eq!(oracle.finish(), (b"x".to_vec(), End::MidFrame));
    }

    #[test]
    fn frames_oracle_skips_under_the_new_terminator() {
        let mut oracle = FramesOracle::new(TerminatorSpec::delimiter("\n"), 3);
        oracle.feed(b"abcde;f;");
        assert_eq!(oracle.next_frame(), Some(Err(TooLong::Begun)));
        oracle.set_terminator(TerminatorSpec::delimiter(";"));
        assert_eq!(oracle.next_frame(), Some(Ok(b"f".to_vec())));
    }

    #[test]
    fn frames_oracle_refuses_a_count_and_reports_its_end() {
        let mut oracle = FramesOracle::new(TerminatorSpec::Count(5), 3);
        assert_eq!(oracle.next_frame(), Some(Err(TooLong::Begun)));
        oracle.feed(b"abcdef");
        assert_eq!(oracle.next_frame(), Some(Err(TooLong::Ended(5))));
        assert_eq!((oracle.next_frame(), oracle.partial()), (None, &b"f"[..]));
    }

    #[test]
    fn frames_oracle_skips_the_rest_of_what_it_discards() {
        let mut oracle = FramesOracle::new(TerminatorSpec::delimiter("\r\n"), 9);
        oracle.feed(b"a\r\nb\r");
        oracle.discard_input();
        oracle.feed(b"\nc\r\n");
        assert_eq!(oracle.next_frame(), Some(Ok(b"c".to_vec())));
    }
}
