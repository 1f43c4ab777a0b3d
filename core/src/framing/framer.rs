mod fast_path;
mod steps;

use crate::framing::delimiter_set::Prefix;
use crate::framing::event::{End, Event};
use crate::framing::held_bytes::HeldBytes;
use crate::framing::input::Input;
use crate::framing::matcher::Matcher;
use crate::framing::search::CacheKey;
use crate::framing::terminator::Terminator;

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
    matcher: Matcher,
    held_bytes: HeldBytes,
    /// The key of the terminator, if nothing but the memo of an input need be asked for the next event.
    fast_key: CacheKey,
}

impl Framer {
    /// A framer at the beginning of a stream.
    pub fn new(terminator: impl Into<Terminator>) -> Self {
        let matcher = Matcher::new(terminator.into());
        Self { fast_key: matcher.fast_key(), matcher, held_bytes: HeldBytes::default() }
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
        if let Some(next) = input.find_fast(self.fast_key, usize::MAX) {
            if next == input.remaining_len() {
                self.consume_delimiter(input, next);
                return Some(Event::Terminator);
            }
            if let Some(data) = input.take_until(next) {
                self.matcher.mid_frame = true;
                return Some(Event::Data(data));
            }
        }
        self.next_event_slow(input)
    }

    /// Sets what ends the frame, from the first byte that has not been emitted.
    ///
    /// Bytes held back under the old terminator are such bytes: the next [`next_event`](Framer::next_event) looks at
    /// them anew, under the new one. Setting a delimiter of at most 16 bytes, a count or none allocates nothing.
    #[inline]
    pub fn set_terminator(&mut self, terminator: impl Into<Terminator>) {
        if self.matcher.held.len > 0 || self.matcher.is_shared() {
            return self.set_terminator_slow(terminator.into());
        }
        self.replace_terminator(terminator.into());
    }

    /// The same where bytes are held under the old one, which are to be looked at anew, or it has something to drop. Apart,
    /// so that setting a literal or a count is a few stores.
    #[inline(never)]
    fn set_terminator_slow(&mut self, terminator: Terminator) {
        let held = core::mem::take(&mut self.matcher.held);
        let old = self.matcher.take_terminator();
        if held.len > 0 {
            debug_assert!(
                self.held_bytes.is_spent(),
                "bytes are held only after those carried over have been looked at"
            );
            self.held_bytes = HeldBytes { source: old, bytes: held, from: 0 };
        }
        self.replace_terminator(terminator);
    }

    #[inline(always)]
    fn replace_terminator(&mut self, terminator: Terminator) {
        let key = self.matcher.replace_terminator(terminator);
        self.fast_key = if key.is_exact() && self.held_bytes.is_spent() { key } else { CacheKey::NONE };
    }

    /// What ends the frame now. A [`Terminator::Count`] shows how many bytes are still missing.
    pub fn terminator(&self) -> &Terminator {
        self.matcher.terminator()
    }

    /// Which member of a [`Terminator::AnyOf`] fired last, counted from 0; 0 after any other terminator.
    pub fn matched(&self) -> usize {
        self.matcher.matched
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
        let held = core::mem::take(&mut self.matcher.held);
        let mid_frame = core::mem::take(&mut self.matcher.mid_frame);
        let carried = core::mem::replace(&mut self.held_bytes.from, self.held_bytes.bytes.len);
        self.refresh();
        let bytes = if held.len > 0 {
            self.matcher.terminator().prefix(held)
        } else {
            self.held_bytes.bytes(carried, self.held_bytes.bytes.len.saturating_sub(carried))
        };
        let end = match self.matcher.terminator() {
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

    /// Drops the bytes that were held back. The frame they belonged to goes on.
    pub(crate) fn discard_held(&mut self) {
        self.matcher.held = Prefix::default();
        self.held_bytes.from = self.held_bytes.bytes.len;
        self.refresh();
    }

    /// Takes the first `count` of the bytes that were held back when the stream ended: they are data. Those behind them
    /// are looked at anew.
    pub(crate) fn take_held(&mut self, count: usize) -> HeldBytes {
        debug_assert!(self.held_bytes.is_spent(), "they are held, or all have been looked at and some are held again");
        let held = core::mem::take(&mut self.matcher.held);
        self.matcher.mid_frame = true;
        self.held_bytes = HeldBytes { source: self.matcher.terminator().clone(), bytes: held, from: count };
        self.refresh();
        HeldBytes { bytes: held.shortened(0, count), from: 0, ..self.held_bytes.clone() }
    }

    /// How many bytes have been taken and not emitted: fewer than the longest delimiter has.
    pub fn held(&self) -> usize {
        self.matcher.held.len.saturating_add(self.held_bytes.bytes.len.saturating_sub(self.held_bytes.from))
    }

    /// To be called whenever the terminator, or what is held, may have changed.
    #[inline]
    fn refresh(&mut self) {
        self.fast_key = if self.held_bytes.is_spent() { self.matcher.fast_key() } else { CacheKey::NONE };
    }

    /// Whether there is nothing to it but its terminator, and which member of that fired last.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.held() == 0 && !self.matcher.mid_frame
    }

    pub(crate) fn into_terminator(self) -> Terminator {
        self.matcher.into_terminator()
    }

    pub(crate) fn woken(terminator: Terminator, matched: usize) -> Self {
        let mut framer = Self::new(terminator);
        framer.matcher.matched = matched;
        framer
    }

    /// Whether part of a frame has come and its end has not.
    pub(crate) fn is_mid_frame(&self) -> bool {
        match self.matcher.terminator() {
            Terminator::None => false,
            _ => self.matcher.mid_frame || self.held() > 0,
        }
    }
}
