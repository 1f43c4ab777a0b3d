//! The oracle of `Frames`.

use asynchat_core::End;

use super::{FramerOracle, Step, TerminatorSpec};

/// A [`FramerOracle`], the frame so far, and the limit.
#[derive(Clone, Debug)]
pub struct FramesOracle {
    framer: FramerOracle,
    frame: Vec<u8>,
    skipping: bool,
    max_len: usize,
}

/// A frame had more data than `max_len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl FramesOracle {
    /// Creates an oracle at the beginning of a stream.
    #[must_use]
    pub fn new(spec: TerminatorSpec, max_len: usize) -> Self {
        Self { framer: FramerOracle::new(spec), frame: Vec::new(), skipping: false, max_len }
    }

    /// Appends `bytes` to the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.framer.feed(bytes);
    }

    /// Sets the terminator for everything unread. The data that the frame already has stays in it.
    pub fn set_terminator(&mut self, spec: TerminatorSpec) {
        self.framer.set_terminator(spec);
    }

    /// Whether the present frame lies entirely in the last `length` bytes that were fed.
    #[must_use]
    pub fn begins_within(&self, length: usize) -> bool {
        self.frame.is_empty() && !self.skipping && self.framer.unread().len() <= length
    }

    /// Returns the next whole frame, or that it is too long (L1, L2). The bytes beyond the limit are then still unread;
    /// a terminator that is set at that moment decides where the skipped frame ends (F8).
    pub fn next_frame(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        loop {
            let step = self.framer.step();
            let room = self.max_len - self.frame.len();
            match step {
                Step::NeedsInput => return None,
                Step::Data(_) if self.skipping => {
                    self.framer.take(step);
                }
                Step::Data(_) if room == 0 => {
                    self.frame.clear();
                    self.skipping = true;
                    return Some(Err(TooLong));
                }
                Step::Data(length) => self.frame.extend(self.framer.take(Step::Data(length.min(room)))),
                Step::Terminator { .. } => {
                    self.framer.take(step);
                    if !std::mem::take(&mut self.skipping) {
                        return Some(Ok(std::mem::take(&mut self.frame)));
                    }
                }
            }
        }
    }

    /// Ends the stream: returns the partial frame with the held bytes, or an empty one if the frame is being skipped
    /// (F9).
    pub fn finish(&mut self) -> (Vec<u8>, End) {
        let (held, end) = self.framer.finish();
        if !std::mem::take(&mut self.skipping) {
            self.frame.extend(held);
        }
        (std::mem::take(&mut self.frame), end)
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
        assert_eq!(oracle.next_frame(), Some(Err(TooLong)));
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
        assert_eq!(oracle.next_frame(), Some(Err(TooLong)));
        oracle.set_terminator(TerminatorSpec::delimiter(";"));
        assert_eq!(oracle.next_frame(), Some(Ok(b"f".to_vec())));
    }
}
