//! What comes next, whatever the terminator and whatever is held.

use super::Framer;
use crate::framing::delimiter_set::Prefix;
use crate::framing::event::Event;
use crate::framing::held_bytes::HeldBytes;
use crate::framing::input::Input;
use crate::framing::matcher::Found;
use crate::framing::search::CacheKey;
use crate::framing::step::Step;
use crate::invariant::sum;

impl Framer {
    /// The next event, by where its bytes lie: what is found can be kept without keeping anything borrowed.
    pub(crate) fn next_step(&mut self, input: &mut Input<'_>) -> Option<Step> {
        if self.fast_key != CacheKey::NONE {
            let step = self.next_step_fast(input, usize::MAX);
            return step.or_else(|| Some(Step::Input { len: self.take_all_as_data(input)?.len() }));
        }
        let step = self.find_step(input);
        self.refresh();
        step
    }

    #[inline(always)]
    pub(super) fn find_step(&mut self, input: &mut Input<'_>) -> Option<Step> {
        if !self.held_bytes.is_spent() {
            let from = self.held_bytes.from;
            let taken = self.matcher.next(&mut Input::new(self.held_bytes.unread()));
            self.held_bytes.from = sum(from, taken.bytes);
            match taken.found {
                Found::Data(len) => return Some(Step::Carried { from, len }),
                Found::Terminator => return Some(Step::Terminator),
                // Bytes are carried over only when none are held, so none of those can turn out to be data.
                Found::Nothing | Found::HeldData { .. } => {}
            }
        }
        let is_search = self.matcher.is_shared() && self.matcher.held.len == 0;
        let taken = if is_search { self.matcher.search(input) } else { self.matcher.next(input) };
        input.take(taken.bytes);
        match taken.found {
            Found::Data(len) => Some(Step::Input { len }),
            Found::Terminator => Some(Step::Terminator),
            Found::HeldData { held, len } => Some(Step::Held { held, len }),
            Found::Nothing => None,
        }
    }

    /// As [`next_step`](Self::next_step), with at most `limit` bytes of data. At a limit of 0, and with data next,
    /// nothing is emitted and the step is [`Step::TooLong`]: a terminator set then takes effect at the first byte beyond
    /// the limit, under every cut. The bytes beyond the limit are looked at again.
    pub(crate) fn next_step_within(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        // Beyond so many bytes nothing can matter: without a delimiter among them, more than the limit are data. So no more
        // are looked at, since what an input remembers of them is gone when another delimiter is set.
        let window = limit.saturating_add(self.matcher.terminator().longest()).saturating_add(1);
        if let Some((seen, _)) = input.remaining().split_at_checked(window) {
            let mut seen = Input::new(seen);
            let step = self.next_step_limited(&mut seen, limit);
            input.take(window.saturating_sub(seen.remaining().len()));
            return step;
        }
        self.next_step_limited(input, limit)
    }

    fn next_step_limited(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        let (left_before, held_before) = (input.remaining_len(), self.matcher.held);
        let mid_frame_before = self.matcher.mid_frame;
        let step = self.next_step(input)?;
        let (Step::Input { len } | Step::Carried { len, .. } | Step::Held { len, .. }) = step else {
            return Some(step);
        };
        let Some(beyond) = len.checked_sub(limit).filter(|&bytes| bytes > 0) else { return Some(step) };
        match step {
            Step::Carried { from, .. } => self.held_bytes.from = from,
            // What was held is data, but not all of it may go: the rest is to be looked at anew.
            Step::Held { held, .. } => {
                input.seek(left_before);
                self.held_bytes = HeldBytes { source: self.matcher.terminator().clone(), bytes: held, from: 0 };
            }
            _ => input.seek(left_before),
        }
        self.matcher.held = match step {
            Step::Held { .. } => Prefix::default(),
            _ => held_before,
        };
        self.matcher.restore_count(beyond);
        self.refresh();
        if limit == 0 {
            self.matcher.mid_frame = mid_frame_before;
            return Some(Step::TooLong);
        }
        if self.held_bytes.is_spent() {
            input.take(limit);
            return Some(Step::Input { len: limit });
        }
        let from = self.held_bytes.from;
        self.held_bytes.from = from.saturating_add(limit);
        Some(Step::Carried { from, len: limit })
    }

    /// The bytes of a step just taken, kept apart from the framer, which may then be changed. Costs a clone of the
    /// terminator: nothing, or a reference count.
    pub(crate) fn detach(&self, step: Step) -> HeldBytes {
        match step {
            Step::Carried { from, len } => {
                HeldBytes { bytes: self.held_bytes.bytes.shortened(from, len), from, ..self.held_bytes.clone() }
            }
            Step::Held { held, len } => {
                HeldBytes { source: self.matcher.terminator().clone(), bytes: held.shortened(0, len), from: 0 }
            }
            Step::Input { .. } | Step::Terminator | Step::TooLong => HeldBytes::default(),
        }
    }

    /// The event that a step just taken stands for, where `unread` is what the input had before it.
    #[inline]
    pub(crate) fn event<'e, 'i: 'e>(&'e self, step: Step, unread: &'i [u8]) -> Event<'e> {
        match step {
            Step::Input { len } => Event::Data(unread.get(..len).unwrap_or_default()),
            Step::Carried { from, len } => Event::Data(self.held_bytes.bytes(from, len)),
            Step::Held { held, len } => {
                Event::Data(self.matcher.terminator().prefix(held).get(..len).unwrap_or_default())
            }
            // The second does not come of `next_step`.
            Step::Terminator | Step::TooLong => Event::Terminator,
        }
    }
}
