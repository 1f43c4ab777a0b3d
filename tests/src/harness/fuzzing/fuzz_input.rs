//! Reads bytes as decisions. When they run out, every decision is the first, so each input means something.

use crate::harness::case::Case;
use crate::harness::cuts::Cut;
use crate::oracle::TerminatorSpec;

/// The letters of streams and delimiters: few, so that they meet.
const LETTERS: [u8; 4] = *b"ab\r\n";

/// The most pieces that a stream is made of.
const MAX_PIECES: usize = 64;

/// The bytes that are not read yet.
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

    /// A number in `0..choices`.
    pub(super) fn below(&mut self, choices: usize) -> usize {
        usize::from(self.byte()) % choices
    }

    /// A number in `0..=most`, though it be beyond a byte.
    pub(super) fn up_to(&mut self, most: usize) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()])) % (most + 1)
    }

    fn letters(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| LETTERS[self.below(LETTERS.len())]).collect()
    }

    /// A delimiter: short, or one that is repeated within, up to more bytes than a block of the search has.
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
        match self.below(8) {
            0..=2 => TerminatorSpec::Delimiter(self.delimiter()),
            3 | 4 => {
                let members = (0..=self.below(4)).map(|_| self.delimiter()).collect();
                TerminatorSpec::any_that_fire(members).unwrap_or(TerminatorSpec::None)
            }
            5 => TerminatorSpec::Count(self.below(8) as u64),
            6 => TerminatorSpec::Count(u64::MAX - u64::from(self.byte())),
            _ => TerminatorSpec::None,
        }
    }

    pub(super) fn specs(&mut self, most: usize) -> Vec<TerminatorSpec> {
        (0..=self.below(most)).map(|_| self.spec()).collect()
    }

    /// A stream of letters, delimiters and their beginnings.
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

    /// A case whose terminators are all of these specs.
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
