mod fast_path;
mod find;

use crate::framing::delimiter_set::Prefix;
use crate::framing::event::{End, Event};
use crate::framing::held_bytes::HeldBytes;
use crate::framing::input::Input;
use crate::framing::search::CacheKey;
use crate::framing::span::{Span, Step};
use crate::framing::terminator::Terminator;
use crate::invariant::range;

/// The framing state machine: bytes in, [`Event`]s out.
///
/// It promises that the events depend on the stream alone and never on how the stream was cut into inputs; that no byte
/// is lost, copied or looked at more than a few times; and that it holds nothing between two inputs but a position
/// within its own delimiter. Bytes of the delimiter are never data. Frames may have any size: their data is handed on
/// as it comes. To get whole frames instead, bounded, use [`Frames`](crate::framing::Frames).
///
/// # States
///
/// ```text
///                     ┌────────────── set_terminator, at any moment ──────────────┐
///                     ▼                           ▼                               ▼
///   ┌──────────── delimiter ───────────┐   ┌─── Count(n) ───┐            ┌────── None ──────┐
///   │ Data*, then Terminator, and over │   │ n bytes of Data│ Terminator │ Data*            │
///   │ again; holds back what may be    │   │ as they come   │───────────▶│ until another is │
///   │ the beginning of the delimiter   │   └────────────────┘            │ set              │
///   └──────────────────────────────────┘                                 └──────────────────┘
/// ```
///
/// # Driving it
///
/// For each chunk that arrives, make an [`Input`] and call [`next_event`](Framer::next_event) until it returns `None`.
/// The terminator may be changed after any event, and in between; it then takes effect at the first byte that has not
/// been emitted. At the end of the stream call [`finish`](Framer::finish).
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
    /// [`Terminator::is_shared`], which is asked each time the terminator changes: a flag is cheaper than to look.
    is_shared: bool,
    /// The key of the terminator while nothing but the search cache has to be asked for the next event: it is a delimiter
    /// of one or two bytes, and nothing is held. Otherwise [`CacheKey::NONE`]. Only what changes the terminator or the held
    /// bytes writes it: `replace_terminator` and the methods at the end of this file.
    fast_key: CacheKey,
    held: HeldBytes,
    /// The length and the member of the end that was found behind data, if to look for it again would cost.
    pending: Option<(usize, usize)>,
    /// Which member of a set fired last.
    matched: usize,
    /// Whether data has been emitted for a frame that is not complete.
    mid_frame: bool,
}

impl Framer {
    /// A framer at the beginning of a stream.
    pub fn new(terminator: impl Into<Terminator>) -> Self {
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

    /// The next event, or `None` when all of the input has been taken and more is needed.
    ///
    /// What may be the beginning of the delimiter at the end of the input is taken, held back and not emitted: exactly
    /// the longest suffix of the unread stream that is a proper prefix of the delimiter. If it turns out to be data, it
    /// is emitted as such when the bytes that decide it arrive.
    ///
    /// After [`set_terminator`](Framer::set_terminator) there may be an event even for an empty input: bytes that were
    /// held back are looked at anew, and a count of 0 fires without any byte.
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
    #[inline]
    pub fn next_event<'e, 'i: 'e>(&'e mut self, input: &mut Input<'i>) -> Option<Event<'e>> {
        if let Some(event) = self.next_event_fast(input, usize::MAX) {
            return Some(event);
        }
        self.next_event_slow(input)
    }

    /// Sets what ends the frame, from the first byte that has not been emitted.
    ///
    /// Bytes held back under the old terminator are such bytes: the next [`next_event`](Framer::next_event) looks at
    /// them anew, under the new one. Setting a delimiter of at most 16 bytes, a count or none allocates nothing.
    #[inline]
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        if !self.held.is_empty() || self.is_shared {
            return self.set_terminator_slow(terminator.into());
        }
        self.replace_terminator(terminator.into());
    }

    /// The same where bytes are held under the old one, or it has something to drop. Apart, so that setting a literal or a
    /// count is a few stores.
    #[inline(never)]
    fn set_terminator_slow(&mut self, terminator: Terminator) {
        self.is_shared = false;
        self.pending = None;
        let old = core::mem::replace(&mut self.terminator, Terminator::None);
        if !self.held.is_empty() && self.held.source().is_none() {
            self.reread_held(old);
        }
        self.replace_terminator(terminator);
    }

    /// Puts a terminator in the place of one that has nothing to drop.
    #[inline(always)]
    fn replace_terminator(&mut self, terminator: Terminator) {
        debug_assert!(!self.is_shared, "it is to be taken first");
        self.is_shared = terminator.is_shared();
        self.fast_key = if self.held.is_empty() { fast_key(&terminator) } else { CacheKey::NONE };
        // This spares looking again whether there is something to drop.
        core::mem::forget(core::mem::replace(&mut self.terminator, terminator));
    }

    /// What ends the frame now. A [`Terminator::Count`] shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        &self.terminator
    }

    /// Which member of a [`Terminator::AnyOf`] fired last, counted from 0; 0 after any other terminator.
    pub fn matched(&self) -> usize {
        self.matched
    }

    /// The end of the stream: the bytes that were held back, which now are data, and how the stream ended.
    ///
    /// Call it when [`next_event`](Framer::next_event) has returned `None`. Afterwards the framer stands at the beginning
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
        self.drop_held();
        let bytes = self.held_bytes(prefix, from, len);
        let end = match self.terminator {
            Terminator::None => End::Clean,
            Terminator::Count(count) => match count.saturating_sub(bytes.len() as u64) {
                0 => End::Clean,
                missing => End::Short { missing },
            },
            Terminator::Delimiter(_) | Terminator::AnyOf(_) if mid_frame || !bytes.is_empty() => End::MidFrame,
            Terminator::Delimiter(_) | Terminator::AnyOf(_) => End::Clean,
        };
        (bytes, end)
    }

    /// Drops the bytes that were held back and forgets the frame they belonged to. The terminator stays.
    pub fn discard(&mut self) {
        self.finish();
    }

    /// How many bytes have been taken and not emitted: fewer than the longest delimiter has.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Whether the terminator, and which member of it fired last, is all that there is to know.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.held.is_empty() && !self.mid_frame
    }

    pub(crate) fn into_terminator(self) -> Terminator {
        self.terminator
    }

    pub(crate) fn woken(terminator: Terminator, matched: usize) -> Self {
        Self { matched, ..Self::new(terminator) }
    }

    /// Whether part of a frame has come and its end has not.
    pub(crate) fn is_mid_frame(&self) -> bool {
        self.terminator != Terminator::None && (self.mid_frame || !self.held.is_empty())
    }

    /// The event that a step just taken stands for, where `unread` is what the input had before it.
    #[inline]
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        match step {
            Step::Data(span) => Event::Data(self.bytes(span, unread)),
            // Events have no limit, so no data is too long.
            Step::Terminator | Step::TooLong => Event::Terminator,
        }
    }

    /// The bytes of a span just found, where `unread` is what the input had before.
    #[inline]
    pub(crate) fn bytes<'e, 'i: 'e>(&'e self, span: Span, unread: &'i [u8]) -> &'e [u8] {
        match span {
            Span::Input { from, len } => range(unread, from, len),
            Span::Held { prefix, from, len } => self.held_bytes(prefix, from, len),
            Span::Buffered => &[],
        }
    }

    fn held_bytes(&self, prefix: Prefix, from: usize, len: usize) -> &[u8] {
        range(self.held.source().unwrap_or(&self.terminator).prefix(prefix), from, len)
    }

    /// Held bytes that have just been found to be data, kept apart from the framer, which may then be changed. Costs a
    /// clone of the terminator: nothing, or a reference count.
    pub(crate) fn detach(&self, prefix: Prefix, from: usize, len: usize) -> HeldBytes {
        let source = self.held.source().unwrap_or(&self.terminator);
        HeldBytes::of(source.clone(), prefix.shortened(from, len), from)
    }
}

/// All that changes what is held, and keeps `fast_key` true to it.
impl Framer {
    /// Holds this beginning of the present delimiter, if it has a byte, where nothing or such a beginning is held. Returns
    /// how many bytes it has.
    #[inline(always)]
    fn hold(&mut self, prefix: Prefix) -> usize {
        if prefix.len > 0 {
            self.held.hold(prefix);
            self.fast_key = CacheKey::NONE;
        }
        prefix.len
    }

    /// The same where such a beginning is held, and no more may be if this one is empty.
    #[inline(always)]
    fn hold_instead(&mut self, prefix: Prefix) {
        if self.hold(prefix) == 0 {
            self.drop_held();
        }
    }

    /// The bytes that are held are the beginning of a delimiter of this terminator, and to be read again.
    fn reread_held(&mut self, source: Terminator) {
        self.held = HeldBytes::of(source, self.held.prefix(), self.held.from());
    }

    /// Counts held bytes as emitted.
    fn emit_held(&mut self, len: usize) {
        self.held.emit(len);
        if self.held.is_empty() {
            self.fast_key = fast_key(&self.terminator);
        }
    }

    fn replace_held(&mut self, held: HeldBytes) {
        self.held = held;
        self.fast_key = CacheKey::NONE;
    }

    /// Drops the bytes that were held back. The frame they belonged to goes on.
    pub(crate) fn drop_held(&mut self) {
        self.emit_held(self.held.len());
    }
}

/// The key of a terminator for which a bit of the search cache is an event.
#[inline(always)]
fn fast_key(terminator: &Terminator) -> CacheKey {
    let key = terminator.key();
    if key.is_exact() { key } else { CacheKey::NONE }
}
