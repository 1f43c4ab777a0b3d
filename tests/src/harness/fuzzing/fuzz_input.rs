//! Reads the fuzzer's bytes as decisions. When the bytes run out, every decision is the first choice, so each input is
//! valid.

use crate::harness::case::Case;
use crate::harness::cuts::Cut;
use crate::oracle::TerminatorSpec;

/// The letters of streams and delimiters. They are few, so that delimiters often match.
const LETTERS: [u8; 4] = *b"ab\r\n";

/// The most pieces of a stream.
const MAX_PIECES: usize = 64;

/// The unread bytes.
pub(super) struct FuzzInput<'d> {
    rest: &'d [u8],
}

impl<'d> FuzzInput<'d> {
    pub(super) fn new(data: &'d [u8]) -> Self {
        Self { rest: data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((&byte, rest)) => {
                self.rest = rest;
                byte
            }
            None => 0,
        }
    }

    /// Returns a number in `0..choices`.
    pub(super) fn below(&mut self, choices: usize) -> usize {
        usize::from(self.byte()) % choices
    }

    /// Returns a number in `0..=most`, which may exceed a byte.
    pub(super) fn up_to(&mut self, most: usize) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()])) % (most + 1)
    }

    fn letters(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }

    /// Returns a delimiter: a short one, or a repeated one that is longer than a block of the search.
    fn delimiter(&mut self) -> Vec<u8> {
        let length = 1 + self.below(4);
        let mut delimiter = self.letters(length);
        if self.below(2) == 1 {
            delimiter = delimiter.repeat(1 + self.below(20));
            let length = self.below(3);
            delimiter.extend(self.letters(length));
        }
        delimiter
    }

    pub(super) fn spec(&mut self) -> TerminatorSpec {
        match self.below(9) {
            0..=2 => TerminatorSpec::Delimiter(self.delimiter()),
            3 | 4 => {
                let members = (0..=self.below(4)).map(|_| self.delimiter()).collect();
                TerminatorSpec::any_that_match(members).unwrap_or(TerminatorSpec::None)
            }
            5 => TerminatorSpec::Count(self.below(8) as u64),
            7 => TerminatorSpec::UniversalNewline,
            6 => TerminatorSpec::Count(u64::MAX - u64::from(self.byte())),
            _ => TerminatorSpec::None,
        }
    }

    pub(super) fn specs(&mut self, most: usize) -> Vec<TerminatorSpec> {
        (0..=self.below(most)).map(|_| self.spec()).collect()
    }

    /// Returns a stream of letters, delimiters and prefixes of delimiters.
    pub(super) fn stream(&mut self, specs: &[TerminatorSpec]) -> Vec<u8> {
        let delimiters: Vec<&Vec<u8>> = specs.iter().flat_map(TerminatorSpec::delimiters).collect();
        let mut stream = Vec::new();
        for _ in 0..self.below(MAX_PIECES) {
            let length = self.below(4);
            match self.below(4) {
                3 => stream.extend(vec![b'x'; self.below(256)]),
                1 | 2 if delimiters.is_empty() => {}
                1 => stream.extend(delimiters[self.below(delimiters.len())]),
                2 => {
                    let delimiter = delimiters[self.below(delimiters.len())];
                    stream.extend(&delimiter[..self.below(delimiter.len())]);
                }
                _ => stream.extend(self.letters(length)),
            }
        }
        stream
    }

    /// Returns a stream of delimiters and their prefixes around the borders of the blocks that core searches, of 64 bytes,
    /// and of six of them, from where it searches otherwise.
    pub(super) fn blocks(&mut self, specs: &[TerminatorSpec]) -> Vec<u8> {
        let delimiters: Vec<&Vec<u8>> = specs.iter().flat_map(TerminatorSpec::delimiters).collect();
        let mut stream = Vec::new();
        for _ in 0..self.below(MAX_PIECES) {
            let gap = match self.below(9) {
                0 => 56 + self.below(16),
                1 => 376 + self.below(16),
                2 => self.up_to(1500),
                3 => self.below(130),
                _ => self.below(8),
            };
            stream.extend(std::iter::repeat_n(b'x', gap));
            match self.below(4) {
                0 => {
                    let length = self.below(4);
                    stream.extend(self.letters(length));
                }
                _ if delimiters.is_empty() => {}
                1 => {
                    let delimiter = delimiters[self.below(delimiters.len())];
                    stream.extend(&delimiter[..self.below(delimiter.len())]);
                }
                _ => stream.extend(delimiters[self.below(delimiters.len())]),
            }
        }
        stream
    }

    /// Returns a case whose terminators are all from `specs`.
    pub(super) fn case(&mut self, specs: &[TerminatorSpec]) -> Case {
        let pick = |fuzz: &mut Self| specs[fuzz.below(specs.len())].clone();
        let mut case = Case::new(pick(self), self.stream(specs));
        for _ in 0..self.below(4) {
            case = case.switch(pick(self), self.stream(specs));
        }
        for _ in 0..self.below(8) {
            case = if self.below(4) == 0 { case.keep_after_next() } else { case.after_next(pick(self)) };
        }
        case
    }

    pub(super) fn cut(&mut self, length: usize) -> Cut {
        match self.below(4) {
            0 => Cut::byte_by_byte(length),
            1 => Cut::every(1 + self.below(16), length),
            _ => Cut::at((0..self.below(16)).map(|_| self.up_to(length)).collect()),
        }
    }
}
