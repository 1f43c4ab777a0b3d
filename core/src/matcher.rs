use crate::delimiter_set::Prefix;
use crate::input::Input;
use crate::pattern::{Pattern, Resumed};
use crate::scan::Key;
use crate::step::Step;
use crate::terminator::Terminator;

/// The terminator, and how far into it the stream has come.
///
/// It sees unread bytes only as a slice, and answers how many of them it takes and what they are. Whether they lie in
/// the caller's input or were held back under an earlier terminator is the framer's affair.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    terminator: Terminator,
    /// The key of the terminator, if it is a delimiter that has one.
    key: Key,
    /// The bytes taken but not yet emitted: a proper prefix of the delimiter, so its length is all there is to keep.
    pub(crate) held: Prefix,
    /// Which member of a set fired last.
    pub(crate) matched: usize,
    /// Whether data has been emitted for a frame that is not complete.
    pub(crate) mid_frame: bool,
}

/// What the matcher made of some unread bytes.
pub(crate) struct Taken {
    /// How many of them it took. They are the data, the delimiter, or held.
    pub(crate) bytes: usize,
    pub(crate) found: Found,
}

pub(crate) enum Found {
    /// Nothing yet: whatever was taken is held.
    Nothing,
    /// The first so many of the bytes given are data, at least one.
    Data(usize),
    /// The first `len` of the bytes that had been held, which were this prefix, are data; at least one.
    HeldData { held: Prefix, len: usize },
    /// A frame is complete.
    Terminator,
}

impl Matcher {
    pub(crate) fn new(terminator: Terminator) -> Self {
        Self { key: terminator.key(), terminator, held: Prefix::default(), matched: 0, mid_frame: false }
    }

    pub(crate) fn terminator(&self) -> &Terminator {
        &self.terminator
    }

    pub(crate) fn into_terminator(self) -> Terminator {
        self.terminator
    }

    #[inline]
    pub(crate) fn set_terminator(&mut self, terminator: Terminator) -> Terminator {
        self.key = terminator.key();
        core::mem::replace(&mut self.terminator, terminator)
    }

    /// Bytes of a count that were emitted are missing again.
    pub(crate) fn give_back(&mut self, bytes: usize) {
        if let Terminator::Count(missing) = &mut self.terminator {
            *missing = missing.saturating_add(bytes as u64);
        }
    }

    /// Whether each search begins at the cursor, whatever has been searched before.
    pub(crate) fn searches_anew(&self) -> bool {
        !self.key.is_exact()
    }

    /// The key of the terminator, if the next event is wherever a memo has a bit: it is a short delimiter, and nothing of
    /// it is held.
    pub(crate) fn quick_key(&self) -> Key {
        if self.held.len == 0 && self.key.is_exact() { self.key } else { Key::NONE }
    }

    /// The next step of a count, unless it is another terminator.
    #[inline(always)]
    pub(crate) fn count(&mut self, input: &mut Input<'_>) -> Option<Step> {
        let Terminator::Count(missing) = &mut self.terminator else { return None };
        if *missing == 0 {
            self.terminator = Terminator::None;
            self.complete(0, 0);
            return Some(Step::Terminator);
        }
        let len = usize::try_from(*missing).unwrap_or(usize::MAX).min(input.remaining().len());
        *missing = missing.saturating_sub(len as u64);
        input.take(len);
        self.mid_frame |= len > 0;
        (len > 0).then_some(Step::Input { len })
    }

    /// Finds the next event in the unread bytes.
    pub(crate) fn next(&mut self, input: &mut Input<'_>) -> Taken {
        let rest = input.remaining();
        let pattern = match &mut self.terminator {
            Terminator::Delimiter(delimiter) => Pattern::One(delimiter),
            Terminator::AnyOf(set) => Pattern::Any(set),
            Terminator::None => {
                // What comes while nothing ends a frame belongs to none.
                self.mid_frame &= rest.is_empty();
                return Taken { bytes: rest.len(), found: Found::data(rest.len()) };
            }
            Terminator::Count(0) => {
                self.terminator = Terminator::None;
                return self.complete(0, 0);
            }
            Terminator::Count(missing) => {
                let wanted = usize::try_from(*missing).unwrap_or(usize::MAX).min(rest.len());
                *missing = missing.saturating_sub(wanted as u64);
                self.mid_frame |= wanted > 0;
                return Taken { bytes: wanted, found: Found::data(wanted) };
            }
        };
        if self.held.len > 0 {
            let held = self.held;
            match pattern.resume(held, rest) {
                Resumed::Matched { taken, member } => return self.complete(taken, member),
                Resumed::Held { data, taken, held: now } => {
                    self.held = now;
                    self.mid_frame |= data > 0;
                    let found = if data > 0 { Found::HeldData { held, len: data } } else { Found::Nothing };
                    return Taken { bytes: taken, found };
                }
            }
        }
        match pattern.find(input) {
            Some(found) if found.start == 0 => self.complete(found.len, found.member),
            Some(found) => {
                self.mid_frame = true;
                Taken { bytes: found.start, found: Found::Data(found.start) }
            }
            None => {
                let held = pattern.tail(rest);
                self.hold(held, rest.len())
            }
        }
    }

    /// Takes so many bytes in which the delimiter does not occur, and holds the beginning of it that they end in.
    fn hold(&mut self, held: Prefix, bytes: usize) -> Taken {
        self.held = held;
        let data = bytes.saturating_sub(held.len);
        self.mid_frame |= data > 0;
        Taken { bytes, found: Found::data(data) }
    }

    #[inline]
    fn complete(&mut self, taken: usize, member: usize) -> Taken {
        self.held = Prefix::default();
        self.matched = member;
        self.mid_frame = false;
        Taken { bytes: taken, found: Found::Terminator }
    }
}

impl Found {
    #[inline]
    fn data(len: usize) -> Self {
        if len > 0 { Self::Data(len) } else { Self::Nothing }
    }
}
