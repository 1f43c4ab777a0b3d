mod fast_path;
mod find;
mod held;

use crate::framing::event::{End, Event};
use crate::framing::held_bytes::HeldBytes;
use crate::framing::input::Input;
use crate::framing::into_terminator::IntoTerminator;
use crate::framing::search::CacheKey;
use crate::framing::terminator::Terminator;

/// The framing state machine: bytes in, [`Event`]s out.
///
/// The events depend on the bytes of the stream alone, and never on how the stream was cut into inputs. No byte is lost
/// or copied, and none is looked at more than a few times. Between two inputs a framer holds a position within its own
/// delimiter, and no bytes. Bytes of the delimiter are never data. Frames may have any size: their data is returned as
/// it comes. For whole frames, with a limit, use [`Frames`](crate::framing::Frames).
///
/// # States
///
/// ```text
///                     ┌────────────── set_terminator, at any moment ──────────────┐
///                     ▼                           ▼                               ▼
///   ┌──────────── delimiter ───────────┐   ┌─── Count(n) ───┐            ┌────── None ──────┐
///   │ Data*, then Terminator, and so   │   │ n bytes of Data│ Terminator │ Data*            │
///   │ on; holds back what may be the   │   │ as they come   │───────────▶│ until another is │
///   │ beginning of the delimiter       │   └────────────────┘            │ set              │
///   └──────────────────────────────────┘                                 └──────────────────┘
/// ```
///
/// # Driving it
///
/// For each chunk that arrives, make an [`Input`] and call [`next_event`](Framer::next_event) until it returns `None`.
/// The terminator may be changed at any moment. It takes effect at the first byte that has not been emitted. At the end
/// of the stream call [`finish`](Framer::finish).
///
/// # Examples
///
/// ```
/// use asynchat_core::{End, Event, Framer, Input};
///
/// let mut framer = Framer::new(b"\r\n");
/// let mut input = Input::new(b"LEN 3\r");
/// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"LEN 3")));
/// assert_eq!(framer.next_event(&mut input), None); // the \r is held back: a \n may follow
///
/// let mut input = Input::new(b"\nabc!");
/// assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
/// framer.set_terminator(3u64);
/// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"abc")));
/// assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
/// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"!"))); // the count done, all is data
/// assert_eq!(framer.finish(), (&b""[..], End::Clean));
/// ```
///
/// # Complexity
///
/// Linear in the bytes of the stream, for every delimiter and every cut; amortized constant for an input of one byte.
/// No call allocates.
#[derive(Debug, Clone)]
pub struct Framer {
    terminator: Terminator,
    /// [`Terminator::is_shared`], as a flag: it is read at each change of the terminator, and a flag is cheaper than a
    /// match.
    is_shared: bool,
    /// The key of the terminator while the search cache alone decides the next event: the terminator is a delimiter of
    /// one or two bytes, and nothing is held. Otherwise [`CacheKey::NONE`]. Written by `replace_terminator` and in
    /// `held.rs`.
    fast_key: CacheKey,
    held: HeldBytes,
    /// The length and the member of the frame's end that was found behind data, if a second search for it is expensive.
    pending: Option<(usize, usize)>,
    /// The member of a set that matched last.
    matched: usize,
    /// True if data has been emitted for a frame that is not complete.
    mid_frame: bool,
}

impl Framer {
    /// Creates a framer at the beginning of a stream.
    pub fn new(terminator: impl IntoTerminator) -> Self {
        let terminator = terminator.into();
        Self {
            is_shared: terminator.is_shared(),
            fast_key: fast_key(&terminator),
            terminator,
            held: HeldBytes::default(),
            pending: None,
            matched: 0,
            mid_frame: false,
        }
    }

    /// Returns the next event, or `None` when all of the input has been taken and more is needed.
    ///
    /// The beginning of a delimiter at the end of the input is taken, held back and not emitted: exactly the longest
    /// suffix of the unread stream that is a proper prefix of the delimiter. If it turns out to be data, it is emitted
    /// as such when the bytes that decide it arrive.
    ///
    /// After [`set_terminator`](Framer::set_terminator) there may be an event even for an empty input: held bytes are
    /// read again, and a count of 0 ends its frame without any byte. A caller that sets a count of 0 after each such
    /// frame gets an event for each call, without end: it has to bound its own loop, as `Chat` and `Connection` do (F15).
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Event, Framer, Input};
    ///
    /// let mut framer = Framer::new(b"--end");
    /// assert_eq!(framer.next_event(&mut Input::new(b"a--e")), Some(Event::Data(b"a")));
    /// let mut input = Input::new(b"xit");
    /// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"--e")));
    /// assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"xit")));
    /// assert_eq!(framer.next_event(&mut input), None);
    /// ```
    // Inlined into the caller's loop, across crates: a line of 8 bytes costs 59 instructions, and 109 otherwise.
    #[inline]
    pub fn next_event<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        if let Some(event) = self.next_event_fast(input, usize::MAX) {
            return Some(event);
        }
        self.next_event_slow(input)
    }

    /// Sets what ends the frame, from the first byte that has not been emitted.
    ///
    /// Bytes held back under the old terminator have not been emitted: the next [`next_event`](Framer::next_event)
    /// reads them again, under the new one. Setting a delimiter of at most 16 bytes, a count or none allocates nothing.
    #[inline]
    pub fn set_terminator(&mut self, terminator: impl IntoTerminator) {
        if !self.held.is_clear() || self.is_shared {
            return self.set_terminator_slow(terminator.into());
        }
        self.replace_terminator(terminator.into());
    }

    /// [`set_terminator`](Self::set_terminator), where bytes are held or the old terminator has something to drop. Out
    /// of line, so that setting a literal or a count is a few stores.
    #[inline(never)]
    fn set_terminator_slow(&mut self, terminator: Terminator) {
        self.is_shared = false;
        self.pending = None;
        let old = core::mem::replace(&mut self.terminator, Terminator::None);
        if !self.held.is_clear() && self.held.source().is_none() {
            self.reread_held(old);
        }
        self.replace_terminator(terminator);
    }

    /// Replaces a terminator that has nothing to drop.
    #[inline(always)]
    fn replace_terminator(&mut self, terminator: Terminator) {
        debug_assert!(!self.is_shared, "the old terminator has to be dropped first");
        self.is_shared = terminator.is_shared();
        self.fast_key = if self.held.is_clear() { fast_key(&terminator) } else { CacheKey::NONE };
        // The old one has nothing to drop, which the compiler does not know: this spares a branch.
        core::mem::forget(core::mem::replace(&mut self.terminator, terminator));
    }

    /// Returns what ends the frame now. A [`Terminator::Count`] shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        &self.terminator
    }

    /// Returns which member of a [`Terminator::AnyOf`] matched last, counted from 0; 0 after any other terminator.
    pub fn matched(&self) -> usize {
        self.matched
    }

    /// Ends the stream: returns the bytes that were held back, which now are data, and how the stream ended.
    ///
    /// Call it when [`next_event`](Framer::next_event) has returned `None`. Afterwards the framer is at the beginning
    /// of another stream, with the same terminator.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{End, Event, Framer, Input};
    ///
    /// let mut framer = Framer::new(b"\r\n");
    /// assert_eq!(framer.next_event(&mut Input::new(b"abc\r")), Some(Event::Data(b"abc")));
    /// assert_eq!(framer.finish(), (&b"\r"[..], End::MidFrame));
    /// ```
    pub fn finish(&mut self) -> (&[u8], End) {
        let mid_frame = core::mem::take(&mut self.mid_frame);
        let (prefix, from, len) = (self.held.prefix(), self.held.from(), self.held.len());
        self.clear_held();
        let bytes = self.held_bytes(prefix, from, len);
        let end = match self.terminator {
            Terminator::None => End::Clean,
            // More bytes may have been held than a count that was set since.
            Terminator::Count(count) => match count.saturating_sub(bytes.len() as u64) {
                0 => End::Clean,
                missing => End::Short { missing },
            },
            Terminator::Delimiter(_) | Terminator::AnyOf(_) | Terminator::UniversalNewline => {
                if mid_frame || !bytes.is_empty() { End::MidFrame } else { End::Clean }
            }
        };
        (bytes, end)
    }

    /// Drops the bytes that were held back and forgets the frame they belonged to. The terminator stays.
    pub fn discard(&mut self) {
        self.finish();
    }

    /// Returns how many bytes have been taken and not emitted: fewer than the longest delimiter has.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns whether the terminator and [`idle_mark`](Self::idle_mark) are all of its state.
    pub(crate) fn is_idle(&self) -> bool {
        self.held.is_empty() && !self.mid_frame
    }

    /// Returns [`matched`](Self::matched), and in the highest bit whether an LF belongs to the last line end: an idle
    /// connection has no byte to spare. `None` for a member beyond the first 32,768.
    pub(crate) fn idle_mark(&self) -> Option<u16> {
        let matched = u16::try_from(self.matched).ok().filter(|matched| matched & AWAITS_LF == 0)?;
        Some(if self.held.awaits_lf() { matched | AWAITS_LF } else { matched })
    }

    pub(crate) fn into_terminator(self) -> Terminator {
        self.terminator
    }

    /// Creates the framer that had this state: [`is_idle`](Self::is_idle).
    pub(crate) fn from_idle(terminator: Terminator, mark: u16) -> Self {
        let mut framer = Self { matched: usize::from(mark & !AWAITS_LF), ..Self::new(terminator) };
        if mark & AWAITS_LF != 0 {
            framer.await_lf();
        }
        framer
    }

    /// Returns whether the next event may need no input: bytes are to be read again under a new terminator, or a count of 0
    /// was set.
    pub(crate) fn has_event_without_input(&self) -> bool {
        (self.held.is_reread() && !self.held.awaits_lf()) || self.terminator == Terminator::Count(0)
    }

    /// Forgets that data of a frame was emitted: what comes next begins a frame.
    pub(crate) fn forget_frame(&mut self) {
        self.mid_frame = false;
    }

    /// Returns whether part of a frame has come and its end has not.
    pub(crate) fn is_mid_frame(&self) -> bool {
        !matches!(self.terminator, Terminator::None) && (self.mid_frame || !self.held.is_empty())
    }
}

/// The bit of an [idle mark](Framer::idle_mark) that says that an LF is awaited. A member whose number needs it has no mark.
const AWAITS_LF: u16 = 1 << (u16::BITS - 1);

/// Returns the key of a terminator whose next event is decided by the search cache alone.
#[inline(always)]
fn fast_key(terminator: &Terminator) -> CacheKey {
    let key = terminator.key();
    if key.is_exact() { key } else { CacheKey::NONE }
}
