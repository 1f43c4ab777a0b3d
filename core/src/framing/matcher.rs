use crate::framing::delimiter_set::Prefix;
use crate::framing::input::Input;
use crate::framing::pattern::Resumed;
use crate::framing::search::CacheKey;
use crate::framing::terminator::Terminator;

/// The terminator, and how far into it the stream has come.
///
/// It sees unread bytes only as a slice, and answers how many of them it takes and what they are. Whether they lie in
/// the caller's input or were held back under an earlier terminator is the framer's affair.
#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    terminator: Terminator,
    /// Whether there may be something to drop in it.
    is_shared: bool,
    /// The key of the terminator, if it is a delimiter that has one.
    key: CacheKey,
    /// The bytes taken but not yet emitted: a proper prefix of the delimiter, so its length is all there is to keep.
    pub(crate) held: Prefix,
    /// The member that was found behind data, and how long it is, if looking for it again would cost. If it is at the
    /// cursor it is the one to fire, wherever that has come since: none can end before its end.
    expected: Option<(usize, usize)>,
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
        Self {
            key: terminator.key(),
            is_shared: terminator.is_shared(),
            terminator,
            held: Prefix::default(),
            expected: None,
            matched: 0,
            mid_frame: false,
        }
    }

    pub(crate) fn terminator(&self) -> &Terminator {
        &self.terminator
    }

    pub(crate) fn into_terminator(self) -> Terminator {
        self.terminator
    }

    /// Whether the terminator has something to drop.
    #[inline(always)]
    pub(crate) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Leaves none.
    pub(crate) fn take_terminator(&mut self) -> Terminator {
        self.is_shared = false;
        self.expected = None;
        core::mem::replace(&mut self.terminator, Terminator::None)
    }

    /// Puts one in the place of one that has nothing to drop, and returns its key.
    #[inline(always)]
    pub(crate) fn replace_terminator(&mut self, terminator: Terminator) -> CacheKey {
        debug_assert!(!self.is_shared, "it is to be taken first");
        self.key = terminator.key();
        let key = self.key;
        self.is_shared = terminator.is_shared();
        // This spares looking again whether there is something to drop.
        core::mem::forget(core::mem::replace(&mut self.terminator, terminator));
        key
    }

    /// Bytes of a count that were emitted are missing again.
    pub(crate) fn restore_count(&mut self, bytes: usize) {
        if let Terminator::Count(missing) = &mut self.terminator {
            *missing = missing.saturating_add(bytes as u64);
        }
    }

    /// The key of the terminator, if the next event is wherever a memo has a bit: it is a short delimiter, and nothing of
    /// it is held.
    pub(crate) fn fast_key(&self) -> CacheKey {
        if self.held.len == 0 && self.key.is_exact() { self.key } else { CacheKey::NONE }
    }

    /// What a count makes of so many unread bytes, unless it is another terminator.
    #[inline(always)]
    pub(crate) fn count(&mut self, unread: usize) -> Option<Taken> {
        let Terminator::Count(missing) = &mut self.terminator else { return None };
        if *missing == 0 {
            self.terminator = Terminator::None;
            self.end_frame(0);
            return Some(Taken { bytes: 0, found: Found::Terminator });
        }
        let wanted = usize::try_from(*missing).unwrap_or(usize::MAX).min(unread);
        *missing = missing.wrapping_sub(wanted as u64);
        self.mid_frame |= wanted > 0;
        Some(Taken { bytes: wanted, found: Found::data(wanted) })
    }

    /// Finds the next event in the unread bytes.
    pub(crate) fn next(&mut self, input: &mut Input<'_>) -> Taken {
        let rest = input.remaining();
        if let Some(taken) = self.count(rest.len()) {
            return taken;
        }
        let Some(pattern) = self.terminator.pattern() else {
            // What comes while nothing ends a frame belongs to none.
            self.mid_frame &= rest.is_empty();
            return Taken { bytes: rest.len(), found: Found::data(rest.len()) };
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
        self.search(input)
    }

    /// The same for a delimiter or a set, of which nothing is held.
    #[inline(always)]
    pub(crate) fn search(&mut self, input: &mut Input<'_>) -> Taken {
        let Some(pattern) = self.terminator.pattern() else { return Taken { bytes: 0, found: Found::Nothing } };
        if let Some((member, len)) = self.expected.take()
            && pattern.begins(input.remaining(), member)
        {
            return self.complete(len, member);
        }
        match pattern.find(input) {
            Some(found) if found.start == 0 => self.complete(found.len, found.member),
            Some(found) => {
                self.mid_frame = true;
                self.expected = self.is_shared.then_some((found.member, found.len));
                Taken { bytes: found.start, found: Found::Data(found.start) }
            }
            None => {
                let rest = input.remaining();
                let data = rest.len().saturating_sub(self.hold(rest));
                Taken { bytes: rest.len(), found: Found::data(data) }
            }
        }
    }

    /// The data up to the next delimiter, which is taken too, if it is in the input and nothing is held.
    #[inline(always)]
    pub(crate) fn take_frame<'i>(&mut self, input: &mut Input<'i>) -> Option<&'i [u8]> {
        let found = self.terminator.pattern()?.find(input)?;
        let data = input.take(found.start);
        input.take(found.len);
        self.expected = None;
        self.complete(found.len, found.member);
        Some(data)
    }

    /// Holds the beginning of the delimiter that these bytes end in, which have no whole one: so many of them. The others
    /// are data.
    #[inline(never)]
    pub(crate) fn hold(&mut self, bytes: &[u8]) -> usize {
        self.held = self.terminator.pattern().map_or(Prefix::default(), |pattern| pattern.tail(bytes));
        self.mid_frame |= bytes.len() > self.held.len;
        self.held.len
    }

    #[inline(always)]
    fn complete(&mut self, taken: usize, member: usize) -> Taken {
        self.held = Prefix::default();
        self.end_frame(member);
        Taken { bytes: taken, found: Found::Terminator }
    }

    /// A frame is complete; this member of a set has ended it, or 0.
    #[inline(always)]
    pub(crate) fn end_frame(&mut self, member: usize) {
        self.matched = member;
        self.mid_frame = false;
    }
}

impl Found {
    #[inline(always)]
    fn data(len: usize) -> Self {
        if len > 0 { Self::Data(len) } else { Self::Nothing }
    }
}
