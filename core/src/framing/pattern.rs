use crate::framing::delimiter::Delimiter;
use crate::framing::delimiter_set::{DelimiterSet, Prefix};
use crate::framing::input::Input;
use crate::framing::search::CacheKey;
use crate::invariant::{difference, sum, tail};

/// One delimiter, a set of them, or a line end, behind one interface.
#[derive(Clone, Copy)]
pub(crate) enum Pattern<'t> {
    One(&'t Delimiter),
    Any(&'t DelimiterSet),
    /// CR, LF or CRLF. No byte of it is ever held, so it has no automaton.
    Newline,
}

/// A match within one piece of input: its beginning, its length, and the member of a set.
pub(crate) struct Match {
    pub(crate) start: usize,
    pub(crate) len: usize,
    /// For a line end: [`CR_AT_END`], or 0.
    pub(crate) member: usize,
}

/// Stands for the member of a set if a line ends in a CR that is the last byte of the input: an LF may follow.
pub(crate) const CR_AT_END: usize = usize::MAX;

/// The result of resuming held bytes with more input.
pub(crate) enum Resumed {
    /// They begin a delimiter that ends after `taken` bytes of the new input.
    Matched { taken: usize, member: usize },
    /// The first `data` of them, maybe none, are data. The others, and `taken` bytes of the new input, are `held`.
    Held { data: usize, taken: usize, held: Prefix },
}

impl Pattern<'_> {
    #[inline(always)]
    pub(crate) fn find(self, input: &mut Input<'_>) -> Option<Match> {
        match self {
            Self::One(delimiter) => {
                delimiter.find(input).map(|start| Match { start, len: delimiter.as_bytes().len(), member: 0 })
            }
            Self::Any(set) => {
                set.find(input).map(|(start, member)| Match { start, len: member.len, member: member.member })
            }
            Self::Newline => {
                let start = input.find(CacheKey::NEWLINE, &[])?;
                let (len, member) = match tail(input.remaining(), start) {
                    [b'\r', b'\n', ..] => (2, 0),
                    [b'\r'] => (1, CR_AT_END),
                    _ => (1, 0),
                };
                Some(Match { start, len, member })
            }
        }
    }

    /// Returns whether `rest` begins with a whole delimiter: this member of a set.
    #[inline(always)]
    pub(crate) fn begins(self, rest: &[u8], member: usize) -> bool {
        match self {
            Self::One(delimiter) => rest.starts_with(delimiter.as_bytes()),
            Self::Any(set) => set.member(member).is_some_and(|member| rest.starts_with(member)),
            Self::Newline => false,
        }
    }

    /// Returns what has to be held back at the end of a haystack in which the pattern does not occur.
    #[inline]
    pub(crate) fn tail(self, haystack: &[u8]) -> Prefix {
        match self {
            Self::One(delimiter) => Prefix::of_single(delimiter.tail(haystack)),
            Self::Any(set) => set.tail(haystack),
            Self::Newline => Prefix::NONE,
        }
    }

    /// Goes on where an input ended within what may become a delimiter.
    ///
    /// The plan that keeps this linear: one step of the automaton for each byte (Knuth-Morris-Pratt for one delimiter,
    /// Aho-Corasick for a set), as long as a match can still begin in the held bytes. When it cannot, they are data, no
    /// byte of `rest` is taken, and the caller searches `rest` from its beginning at full speed. So a byte is looked at
    /// once here and once there, and an input of one byte costs one step, however long the delimiter is.
    pub(crate) fn resume(self, held: Prefix, rest: &[u8]) -> Resumed {
        let mut reached = held;
        for (taken, &byte) in (1..).zip(rest) {
            let (next, whole) = self.advance(reached, byte);
            // The part of the match, or of its beginning, that lies in the held bytes.
            let Some(in_held) = next.len.checked_sub(taken).filter(|&bytes| bytes > 0) else {
                return Resumed::Held { data: held.len, taken: 0, held: Prefix::default() };
            };
            if whole {
                return match difference(held.len, in_held) {
                    0 => Resumed::Matched { taken, member: next.member },
                    data => Resumed::Held { data, taken: 0, held: self.prefix_of_member(next.member, in_held) },
                };
            }
            reached = next;
        }
        let data = difference(sum(held.len, rest.len()), reached.len);
        Resumed::Held { data, taken: rest.len(), held: reached }
    }

    fn advance(self, held: Prefix, byte: u8) -> (Prefix, bool) {
        match self {
            Self::One(delimiter) => {
                let len = delimiter.advance(held.len, byte);
                (Prefix::of_single(len), len == delimiter.as_bytes().len())
            }
            Self::Any(set) => set.advance(held, byte),
            Self::Newline => {
                debug_assert!(false, "no byte of a line end is held");
                (Prefix::NONE, false)
            }
        }
    }

    fn prefix_of_member(self, member: usize, len: usize) -> Prefix {
        match self {
            Self::One(_) | Self::Newline => Prefix::of_single(len),
            Self::Any(set) => set.prefix_of_member(member, len),
        }
    }
}
