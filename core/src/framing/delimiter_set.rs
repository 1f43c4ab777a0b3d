use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, Input as Haystack, MatchKind, StartKind};

use crate::framing::input::Input;
use crate::framing::search::CacheKey;
use crate::invariant::{difference, head, sum};

/// The number of different bytes that `memchr` can search for at once.
const MAX_LASTS: usize = 3;

/// After this many last bytes in a row that end no member, to search for them does not pay.
const FALSE_ENDS: usize = 8;

/// Several delimiters, any of which ends a frame.
///
/// The one that ends earliest matches; of those that end at the same byte, the longest.
/// [`Framer::matched`](crate::framing::Framer::matched) returns which of them it was. A clone is a reference count.
///
/// # Examples
///
/// Lines that end in LF or in CRLF:
///
/// ```
/// use asynchat_core::{Event, Framer, Input, Terminator};
///
/// let mut framer = Framer::new(Terminator::any_of(["\n", "\r\n"])?);
/// let mut input = Input::new(b"unix\nnet\r\n");
/// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"unix")));
/// assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
/// assert_eq!(framer.matched(), 0);
/// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"net")));
/// assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
/// assert_eq!(framer.matched(), 1);
/// # Ok::<(), asynchat_core::DelimiterSetError>(())
/// ```
///
/// # Complexity
///
/// Construction compiles an [Aho-Corasick](https://en.wikipedia.org/wiki/Aho%E2%80%93Corasick_algorithm) automaton: a
/// few hundred bytes of memory for each byte of the members. Create a set once and clone it.
#[derive(Clone)]
pub struct DelimiterSet(Arc<Set>);

struct Set {
    members: Vec<Box<[u8]>>,
    /// The last bytes of the members, if there are no more than `memchr` can search for at once; else none.
    lasts: Vec<u8>,
    /// The members' numbers, the longest first.
    longest_first: Vec<usize>,
    automaton: DFA,
    start: StateID,
    /// The prefix of a member that each state of the automaton stands for. Only a whole member is a match, since a set
    /// in which one member contains another before its end is refused. Indexed by the state's number, shifted by
    /// `stride`: the trailing zeros that all of the numbers have.
    prefixes: Vec<Prefix>,
    stride: u32,
}

/// The first `len` bytes of a member, and the automaton's state that stands for them. A single delimiter is its own
/// member 0, and leaves the state unused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) member: usize,
    pub(crate) len: usize,
    state: StateID,
}

impl Prefix {
    pub(crate) const NONE: Self = Self { member: 0, len: 0, state: StateID::ZERO };

    /// Returns the first `len` bytes of a delimiter that is not in a set.
    pub(crate) fn of_single(len: usize) -> Self {
        Self { member: 0, len, state: StateID::default() }
    }

    /// Returns its first `from + len` bytes, which can be read but not resumed from.
    pub(crate) fn shortened(self, from: usize, len: usize) -> Self {
        let len = sum(from, len);
        debug_assert!(len <= self.len, "the first {len} of {}", self.len);
        Self { len: len.min(self.len), ..self }
    }
}

impl DelimiterSet {
    /// Compiles a set of delimiters, numbered from 0 in the order given.
    ///
    /// # Errors
    ///
    /// [`DelimiterSetError`] if there is no member, if one is empty, if the members together are too long to compile,
    /// or if one can never match: it is there twice, or another always ends before it. `"\r\n"` never matches beside
    /// `"\r"`; beside `"\n"` it does, since the two end together and the longer one matches.
    pub fn new<I>(delimiters: I) -> Result<Self, DelimiterSetError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let members: Vec<Box<[u8]>> = delimiters.into_iter().map(|member| member.as_ref().into()).collect();
        if members.is_empty() {
            return Err(DelimiterSetError::NoMembers);
        }
        if let Some(index) = members.iter().position(|member| member.is_empty()) {
            return Err(DelimiterSetError::EmptyMember { index });
        }
        let automaton = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .build(&members)
            .map_err(|_| DelimiterSetError::TooLarge)?;
        let start = automaton.start_state(Anchored::No).map_err(|_| DelimiterSetError::TooLarge)?;
        let by_state = prefixes(&automaton, start, &members)?;
        // A state that is not in the table stands for the empty prefix, as the start does.
        let stride = by_state.keys().fold(start.as_usize(), |all, state| all | state.as_usize()).trailing_zeros();
        let mut prefixes = Vec::new();
        for (state, prefix) in by_state {
            // The states come in order, so this only appends.
            prefixes.resize(state.as_usize() >> stride, Prefix::default());
            prefixes.push(prefix);
        }
        let mut lasts: Vec<u8> = members.iter().filter_map(|member| member.last().copied()).collect();
        lasts.sort_unstable();
        lasts.dedup();
        if lasts.len() > MAX_LASTS {
            lasts = Vec::new();
        }
        let mut longest_first: Vec<usize> = (0..members.len()).collect();
        longest_first.sort_by_key(|&member| core::cmp::Reverse(members.get(member).map(|bytes| bytes.len())));
        Ok(Self(Arc::new(Set { members, lasts, longest_first, automaton, start, prefixes, stride })))
    }

    /// Returns the members, in the order given.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.members.iter().map(|member| &**member)
    }

    /// Returns one of the members.
    pub(crate) fn member(&self, member: usize) -> Option<&[u8]> {
        self.0.members.get(member).map(|member| &**member)
    }

    /// Returns a member that is there.
    fn expect_member(&self, member: usize) -> &[u8] {
        debug_assert!(member < self.0.members.len(), "member {member} of {}", self.0.members.len());
        self.member(member).unwrap_or_default()
    }

    /// Returns the bytes of a prefix.
    pub(crate) fn prefix(&self, prefix: Prefix) -> &[u8] {
        head(self.expect_member(prefix.member), prefix.len)
    }

    /// Returns the length of the longest member.
    pub(crate) fn longest(&self) -> usize {
        self.0.automaton.max_pattern_len()
    }

    /// Returns the first `len` bytes of a member. Linear in `len`.
    pub(crate) fn prefix_of_member(&self, member: usize, len: usize) -> Prefix {
        self.walk(Prefix::default(), head(self.expect_member(member), len))
    }

    /// Finds the first match in the rest of the input. Returns the distance to its beginning, and the member.
    ///
    /// The plan: the earliest end wins, so search for last bytes. If all members end in the same byte, as CRLF and LF
    /// do, that is a delimiter of one byte for the search cache. Two or three different ones are a call of `memchr2` or
    /// `memchr3`. After [`FALSE_ENDS`] last bytes that end no member, the automaton takes over, which looks at each
    /// byte once.
    pub(crate) fn find(&self, input: &mut Input<'_>) -> Option<(usize, Prefix)> {
        let haystack = input.remaining();
        let mut searched = 0;
        if let &[last] = &*self.0.lasts {
            searched = sum(input.find(CacheKey::of(&[last]), &[last])?, 1);
            if let Some(found) = self.ends_at(haystack.get(..searched)?) {
                return Some(found);
            }
        }
        for _ in 0..FALSE_ENDS {
            let unsearched = haystack.get(searched..)?;
            let found = match *self.0.lasts {
                [] => break,
                [last] => memchr::memchr(last, unsearched),
                [one, two] => memchr::memchr2(one, two, unsearched),
                [one, two, three, ..] => memchr::memchr3(one, two, three, unsearched),
            };
            searched = sum(sum(searched, found?), 1);
            if let Some(found) = self.ends_at(haystack.get(..searched)?) {
                return Some(found);
            }
        }
        // A member may begin in the bytes that were searched and end behind them.
        let from = searched.saturating_sub(self.longest());
        let (start, member) = self.walk_to_match(haystack.get(from..)?)?;
        Some((sum(from, start), member))
    }

    /// Returns the longest member that these bytes end in.
    fn ends_at(&self, bytes: &[u8]) -> Option<(usize, Prefix)> {
        self.0.longest_first.iter().find_map(|&member| {
            let len = self.0.members.get(member).filter(|member| ends_in(bytes, member))?.len();
            Some((difference(bytes.len(), len), Prefix { member, len, state: StateID::default() }))
        })
    }

    fn walk_to_match(&self, haystack: &[u8]) -> Option<(usize, Prefix)> {
        // This cannot fail: the automaton was built for an unanchored search for standard matches.
        let found = self.0.automaton.try_find(&Haystack::new(haystack));
        debug_assert!(found.is_ok(), "the automaton refuses its own kind of search");
        let found = found.ok().flatten()?;
        let (member, len) = (found.pattern().as_usize(), found.len());
        Some((found.start(), Prefix { member, len, state: StateID::default() }))
    }

    /// Returns the longest suffix of `haystack` that begins a member, none of which occurs in `haystack`. Linear in the
    /// shorter of the haystack and the longest member.
    pub(crate) fn tail(&self, haystack: &[u8]) -> Prefix {
        let reach = difference(self.longest(), 1).min(haystack.len());
        let (_, tail) = haystack.split_at(difference(haystack.len(), reach));
        self.walk(Prefix::default(), tail)
    }

    /// Advances the automaton by one byte: returns the longest prefix of a member that ends with `byte`, where the
    /// longest before it was `held`, and whether it is a whole member.
    pub(crate) fn advance(&self, held: Prefix, byte: u8) -> (Prefix, bool) {
        let reached = self.walk(held, &[byte]);
        (reached, self.0.automaton.is_match(reached.state))
    }

    fn walk(&self, from: Prefix, bytes: &[u8]) -> Prefix {
        let from = if from.len == 0 { self.0.start } else { from.state };
        let state = bytes.iter().fold(from, |state, &byte| self.0.automaton.next_state(Anchored::No, state, byte));
        self.0.prefixes.get(state.as_usize() >> self.0.stride).copied().unwrap_or_default()
    }
}

/// [`slice::ends_with`], called only if the first byte is equal: that of another member mostly differs.
fn ends_in(bytes: &[u8], end: &[u8]) -> bool {
    let begins = bytes.len().checked_sub(end.len()).and_then(|at| bytes.get(at));
    begins == end.first() && (end.len() == 1 || bytes.ends_with(end))
}

/// Finds the prefix that each state stands for: walks every member from the start.
///
/// A member that meets a match of another one on this walk can never match: the other ends before it, or, at its own
/// end, is the same string.
fn prefixes(
    automaton: &DFA,
    start: StateID,
    members: &[Box<[u8]>],
) -> Result<BTreeMap<StateID, Prefix>, DelimiterSetError> {
    let mut prefixes = BTreeMap::new();
    for (member, bytes) in members.iter().enumerate() {
        let mut state = start;
        for (len, &byte) in (1..).zip(bytes.iter()) {
            state = automaton.next_state(Anchored::No, state, byte);
            if automaton.is_match(state) {
                let matched = automaton.match_pattern(state, 0).as_usize();
                if matched != member {
                    return Err(DelimiterSetError::NeverMatches {
                        member: bytes.to_vec(),
                        index: member,
                        shadowed_by: members.get(matched).map(|other| other.to_vec()).unwrap_or_default(),
                    });
                }
            }
            prefixes.insert(state, Prefix { member, len, state });
        }
    }
    Ok(prefixes)
}

impl PartialEq for DelimiterSet {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.members == other.0.members
    }
}

impl Eq for DelimiterSet {}

impl fmt::Debug for DelimiterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DelimiterSet")?;
        f.debug_set().entries(self.members().map(|member| alloc::format!("{}", member.escape_ascii()))).finish()
    }
}

/// Why a set of delimiters was refused. Members are counted from 0, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DelimiterSetError {
    /// There was no member: no frame would ever end.
    NoMembers,
    /// A member was empty: it would end every frame before its first byte.
    EmptyMember {
        /// Its number.
        index: usize,
    },
    /// A member can never match: wherever it occurs, another ends before it, or it is there twice.
    NeverMatches {
        /// The member.
        member: Vec<u8>,
        /// Its number.
        index: usize,
        /// The one that always matches instead.
        shadowed_by: Vec<u8>,
    },
    /// The members together are too long to compile: their automaton would have more than 2³¹ states.
    TooLarge,
}

impl fmt::Display for DelimiterSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMembers => f.write_str("a set of delimiters has at least one member"),
            Self::EmptyMember { index } => {
                write!(f, "delimiter {index} of the set is empty: a delimiter has at least one byte")
            }
            Self::NeverMatches { member, shadowed_by, .. } if member == shadowed_by => {
                write!(f, "delimiter \"{}\" is in the set twice", member.escape_ascii())
            }
            Self::NeverMatches { member, shadowed_by, .. } => write!(
                f,
                "delimiter \"{}\" can never match: \"{}\" always matches first",
                member.escape_ascii(),
                shadowed_by.escape_ascii()
            ),
            Self::TooLarge => f.write_str("the delimiters of the set are too long together to be compiled"),
        }
    }
}

impl core::error::Error for DelimiterSetError {}

/// The caller is to blame: [`Error::Handler`](crate::Error::Handler).
impl From<DelimiterSetError> for crate::error::Error {
    fn from(error: DelimiterSetError) -> Self {
        Self::handler(error)
    }
}

/// The kind is `InvalidInput`.
#[cfg(feature = "std")]
impl From<DelimiterSetError> for std::io::Error {
    fn from(error: DelimiterSetError) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never_matches(members: &[&str]) -> Option<usize> {
        match DelimiterSet::new(members) {
            Ok(_) => None,
            Err(DelimiterSetError::NeverMatches { index, .. }) => Some(index),
            Err(other) => panic!("{other}"),
        }
    }

    // F10
    #[test]
    fn delimiter_set_names_a_member_never_matching() {
        assert_eq!(never_matches(&["\r\n", "\r"]), Some(0));
        assert_eq!(never_matches(&["\r", "\r\n"]), Some(1));
        assert_eq!(never_matches(&["b", "abc"]), Some(1));
        assert_eq!(never_matches(&["x", "y", "x"]), Some(2));
        let error = DelimiterSet::new(["\r", "\r\n"]).unwrap_err();
        assert_eq!(alloc::format!("{error}"), r#"delimiter "\r\n" can never match: "\r" always matches first"#);
    }

    // F10
    #[test]
    fn delimiter_set_prefers_the_longest_ending_together() {
        for members in [["\n", "\r\n"], ["\r\n", "\n"]] {
            let set = DelimiterSet::new(members).unwrap();
            let (start, found) = set.find(&mut Input::new(b"ab\r\n")).unwrap();
            assert_eq!((start, members[found.member]), (2, "\r\n"));
        }
    }

    #[test]
    fn delimiter_set_refuses_no_or_empty_members() {
        assert_eq!(DelimiterSet::new([""; 0]).unwrap_err(), DelimiterSetError::NoMembers);
        assert_eq!(DelimiterSet::new(["a", ""]).unwrap_err(), DelimiterSetError::EmptyMember { index: 1 });
    }

    // F10, F11
    #[test]
    fn delimiter_set_search_agrees_with_its_automaton() {
        for members in [&["\n", "\r\n"][..], &["ab", "ba", "bb"], &["aab", "ba"], &["a", "bc", "bbd"], &["abcde", "e"]]
        {
            let Ok(set) = DelimiterSet::new(members) else { continue };
            for number in 0..4usize.pow(8) {
                let haystack: Vec<u8> =
                    (0..8).map(|at| b"ab\n\r"[number / 4usize.pow(at) % 4]).chain(*b"abbaabcde\r\n").collect();
                assert_eq!(
                    set.find(&mut Input::new(&haystack)),
                    set.walk_to_match(&haystack),
                    "{set:?} in {haystack:?}"
                );
            }
        }
        let set = DelimiterSet::new(["aaaaaaaaab", "xb"]).unwrap();
        let haystack = [&b"b".repeat(20)[..], b"aaaaaaaaaab"].concat();
        assert_eq!(set.find(&mut Input::new(&haystack)), set.walk_to_match(&haystack));
    }

    // F4, F10
    #[test]
    fn delimiter_set_tail_is_the_longest_prefix() {
        let set = DelimiterSet::new(["abcd", "bcx", "cy"]).unwrap();
        assert_eq!(set.prefix(set.tail(b"zabc")), b"abc");
        assert_eq!(set.prefix(set.tail(b"zbc")), b"bc");
        assert_eq!(set.prefix(set.tail(b"zc")), b"c");
        assert_eq!(set.prefix(set.tail(b"z")), b"");
        let (reached, whole) = set.advance(set.tail(b"zabc"), b'x');
        assert_eq!((set.prefix(reached), whole), (&b"bcx"[..], true));
    }
}
