//! The oracle of `Framer`.

use asynchat_core::End;

use super::{TerminatorSpec, naive};

/// The next event that the contract requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This many unread bytes, at least one, are certain to be data (F3).
    Data(usize),
    /// The frame ends here.
    Terminator {
        /// The number of unread bytes that the delimiter takes.
        length: usize,
        /// Which member of an `AnyOf` it is.
        member: Option<usize>,
    },
    /// More input is needed to decide.
    NeedsInput,
}

/// The unread stream and its terminator.
#[derive(Clone, Debug)]
pub struct FramerOracle {
    spec: TerminatorSpec,
    /// The bytes that were fed and have been neither emitted nor matched (F8).
    unread: Vec<u8>,
    /// Data has arrived since the last terminator, under a terminator other than `None` (F9).
    mid_frame: bool,
    /// The last line has ended in a CR, and no byte has come behind it (F14).
    after_cr: bool,
}

impl FramerOracle {
    /// Creates an oracle at the beginning of a stream.
    #[must_use]
    pub fn new(spec: TerminatorSpec) -> Self {
        Self { spec, unread: Vec::new(), mid_frame: false, after_cr: false }
    }

    /// Appends `bytes` to the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        self.drop_lf();
    }

    /// Returns whether an LF that comes next belongs to the last line end (F14).
    #[must_use]
    pub fn awaits_lf(&self) -> bool {
        self.after_cr
    }

    /// Forgets that a frame has begun.
    pub fn forget_frame(&mut self) {
        self.mid_frame = false;
    }

    /// Returns whether data of a frame was emitted, and its end was not.
    #[must_use]
    pub fn is_mid_frame(&self) -> bool {
        self.mid_frame
    }

    /// Removes the last `length` bytes that were fed: another framer reads them.
    pub fn take_back(&mut self, length: usize) {
        self.unread.truncate(self.unread.len() - length);
    }

    /// Sets the terminator for everything unread (F8).
    pub fn set_terminator(&mut self, spec: TerminatorSpec) {
        self.spec = spec;
    }

    /// The present terminator. A count is the number of bytes still missing.
    #[must_use]
    pub fn spec(&self) -> &TerminatorSpec {
        &self.spec
    }

    /// The bytes that were fed and not emitted.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// The next event.
    #[must_use]
    pub fn step(&self) -> Step {
        let data = |length: usize| if length == 0 { Step::NeedsInput } else { Step::Data(length) };
        let all = self.unread.len();
        let found = match &self.spec {
            TerminatorSpec::None => return data(all),
            TerminatorSpec::Count(0) => return Step::Terminator { length: 0, member: None },
            TerminatorSpec::Count(missing) => return data(usize::try_from(*missing).unwrap_or(usize::MAX).min(all)),
            TerminatorSpec::Delimiter(delimiter) => {
                naive::find(delimiter, &self.unread).map(|start| (start, delimiter.len(), None))
            }
            TerminatorSpec::UniversalNewline => naive::find_newline(&self.unread).map(|start| (start, 1, None)),
            TerminatorSpec::AnyOf(_) => naive::find_any(self.spec.delimiters(), &self.unread)
                .map(|found| (found.start, found.end - found.start, Some(found.member))),
        };
        match found {
            Some((0, length, member)) => Step::Terminator { length, member },
            Some((start, _, _)) => Step::Data(start),
            None if self.spec == TerminatorSpec::UniversalNewline => data(all),
            None => data(all - naive::held(self.spec.delimiters(), &self.unread)),
        }
    }

    /// Performs [`step`](Self::step), or a part of it if it is data, and returns the bytes that it took.
    pub fn take(&mut self, step: Step) -> Vec<u8> {
        match step {
            Step::Data(length) => {
                if let TerminatorSpec::Count(missing) = &mut self.spec {
                    *missing -= length as u64;
                }
                self.mid_frame = self.spec != TerminatorSpec::None;
                self.unread.drain(..length).collect()
            }
            Step::Terminator { length, .. } => {
                if self.spec == TerminatorSpec::Count(0) {
                    self.spec = TerminatorSpec::None;
                }
                self.mid_frame = false;
                let taken: Vec<u8> = self.unread.drain(..length).collect();
                self.after_cr |= self.spec == TerminatorSpec::UniversalNewline && taken == b"\r";
                self.drop_lf();
                taken
            }
            Step::NeedsInput => Vec::new(),
        }
    }

    /// Ends the stream: returns the held bytes, and whether a frame was complete (F9).
    ///
    /// Bytes that were held under an earlier terminator count as arrived, even if no event was requested since then.
    /// Bytes that are fed later belong to a new stream under the same terminator.
    pub fn finish(&mut self) -> (Vec<u8>, End) {
        self.after_cr = false;
        let held = std::mem::take(&mut self.unread);
        let mid_frame = std::mem::take(&mut self.mid_frame) || !held.is_empty();
        let end = match self.spec {
            TerminatorSpec::None => End::Clean,
            TerminatorSpec::Count(count) => match count.saturating_sub(held.len() as u64) {
                0 => End::Clean,
                missing => End::Short { missing },
            },
            _ if mid_frame => End::MidFrame,
            _ => End::Clean,
        };
        (held, end)
    }

    /// Drops the LF of a line that has ended in CR, once a byte has come behind the CR.
    fn drop_lf(&mut self) {
        if self.after_cr && !self.unread.is_empty() {
            self.after_cr = false;
            if self.unread.starts_with(b"\n") {
                self.unread.remove(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(oracle: &mut FramerOracle) -> Vec<String> {
        let mut events = Vec::new();
        loop {
            let step = oracle.step();
            match step {
                Step::NeedsInput => return events,
                Step::Data(_) => events.push(oracle.take(step).escape_ascii().to_string()),
                Step::Terminator { member, .. } => {
                    events.push(member.map_or("|".to_owned(), |member| format!("|{member}")));
                    oracle.take(step);
                }
            }
        }
    }

    #[test]
    fn framer_oracle_splits_lines_and_holds_a_prefix() {
        let mut oracle = FramerOracle::new(TerminatorSpec::delimiter("\r\n"));
        oracle.feed(b"ab\r\n\r\n\r\r\nc\r");
        assert_eq!(drain(&mut oracle), ["ab", "|", "|", "\\r", "|", "c"]);
        assert_eq!(oracle.finish(), (b"\r".to_vec(), End::MidFrame));
    }

    #[test]
    fn framer_oracle_count_ends_one_frame() {
        let mut oracle = FramerOracle::new(TerminatorSpec::Count(3));
        oracle.feed(b"ab");
        assert_eq!(drain(&mut oracle), ["ab"]);
        assert_eq!(oracle.spec(), &TerminatorSpec::Count(1));
        oracle.feed(b"cde");
        assert_eq!(drain(&mut oracle), ["c", "|", "de"]);
        assert_eq!(oracle.finish(), (Vec::new(), End::Clean));
    }

    #[test]
    fn framer_oracle_rereads_held_bytes() {
        let mut oracle = FramerOracle::new(TerminatorSpec::delimiter("\r\n"));
        oracle.feed(b"ab\r");
        assert_eq!(drain(&mut oracle), ["ab"]);
        oracle.set_terminator(TerminatorSpec::any_of(["\r", "\n"]));
        assert_eq!(drain(&mut oracle), ["|0"]);
        assert_eq!(oracle.finish(), (Vec::new(), End::Clean));
    }

    #[test]
    fn framer_oracle_drops_the_lf_of_a_line_end() {
        let mut oracle = FramerOracle::new(TerminatorSpec::UniversalNewline);
        oracle.feed(b"a\r\nb\n\rc\r");
        assert_eq!(drain(&mut oracle), ["a", "|", "b", "|", "|", "c", "|"]);
        oracle.set_terminator(TerminatorSpec::Count(1));
        oracle.feed(b"\n");
        assert_eq!(drain(&mut oracle), [""; 0]);
        oracle.feed(b"\n");
        assert_eq!(drain(&mut oracle), ["\\n", "|"]);
    }

    #[test]
    fn framer_oracle_counts_held_bytes_as_arrived() {
        let mut oracle = FramerOracle::new(TerminatorSpec::delimiter("aab"));
        oracle.feed(b"aa");
        assert_eq!(drain(&mut oracle), [""; 0]);
        oracle.set_terminator(TerminatorSpec::Count(3));
        assert_eq!(oracle.finish(), (b"aa".to_vec(), End::Short { missing: 1 }));
    }
}
