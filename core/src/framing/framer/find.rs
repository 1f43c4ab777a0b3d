//! The general path: what comes next, whatever the terminator is and whatever is held.
//!
//! [`Framer::find`] looks and takes nothing: it returns the data up to the end of the frame, and that end. A whole
//! frame takes both. An event takes the data, as far as the limit allows, and leaves the end for the next call. So a
//! limit never has to undo anything.

use super::Framer;
use crate::framing::delimiter_set::Prefix;
use crate::framing::input::Input;
use crate::framing::pattern::{CR_AT_END, Resumed};
use crate::framing::search::CacheKey;
use crate::framing::span::{Span, Step};
use crate::framing::terminator::Terminator;
use crate::invariant::{difference, head, sum};

/// The beginning of the unread bytes: `data` bytes of data, and then `end`.
pub(super) struct FrameStep {
    pub(super) data: usize,
    pub(super) end: FrameEnd,
}

/// The bytes behind the data.
pub(super) enum FrameEnd {
    /// The end of the frame: the `len` bytes of a delimiter, which is this member of a set.
    Found { len: usize, member: usize },
    /// Bytes that may become the end of the frame, or none. All of the unread bytes have been seen.
    Held(Prefix),
}

impl FrameStep {
    const NOTHING: Self = Self { data: 0, end: FrameEnd::Held(Prefix::NONE) };
}

// Each function here that is `inline(always)` is a part of the one path through this file, and has two callers at most.
// Left to the compiler, they hand each other their results in memory: lines that end in CRLF or LF then cost 30 % more.
impl Framer {
    /// Returns the next step, with at most `limit` bytes of data.
    ///
    /// At a limit of 0, and with data next, the step is [`Step::TooLong`] and nothing is taken: a terminator that is
    /// then set takes effect at the first byte beyond the limit, under every cut.
    #[inline]
    pub(crate) fn next_step(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        self.next_step_fast(input, limit).or_else(|| self.next_step_slow(input, limit))
    }

    #[inline(always)]
    pub(super) fn next_step_slow(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        if !self.held.is_clear() {
            if self.held.awaits_lf() {
                return self.next_step_after_cr(input, limit);
            }
            if let Some(step) = self.next_step_of_held(limit) {
                if self.held.awaits_lf() && !input.is_empty() {
                    self.take_lf(input);
                }
                return Some(step);
            }
            if !self.held.is_clear() {
                return self.resume(input, limit);
            }
        }
        let found = self.find(input, limit);
        let (taken, step) = self.take_event(found, limit);
        input.take(taken);
        step
    }

    /// [`next_step`](Self::next_step) behind a CR that has ended a line: an LF that comes next belongs to it, whatever
    /// the terminator is now (F14).
    #[inline(never)]
    fn next_step_after_cr(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        if !input.is_empty() {
            let dropped = usize::from(self.take_lf(input));
            return self.next_step(input, limit).map(|step| step.behind(dropped));
        }
        if self.terminator != Terminator::Count(0) {
            return None;
        }
        // It needs no byte, so the LF stays to come.
        self.end_count();
        Some(Step::Terminator)
    }

    /// Finds the end of the frame in the input, as far as `limit` bytes of data reach. Nothing is held, and the fast
    /// path has found no end within the limit.
    #[inline(always)]
    pub(super) fn find(&mut self, input: &mut Input<'_>, limit: usize) -> FrameStep {
        let unread = input.remaining_len();
        if self.fast_key != CacheKey::NONE && unread <= limit {
            // The fast path has searched all of the input.
            return self.found_no_end(input.remaining());
        }
        match self.terminator {
            Terminator::Count(missing) => match usize::try_from(missing) {
                Ok(missing) if missing <= unread => {
                    FrameStep { data: missing, end: FrameEnd::Found { len: 0, member: 0 } }
                }
                _ => FrameStep { data: unread, ..FrameStep::NOTHING },
            },
            Terminator::None => FrameStep { data: unread, ..FrameStep::NOTHING },
            Terminator::Delimiter(_) | Terminator::AnyOf(_) | Terminator::UniversalNewline => {
                // A delimiter behind more data than the limit allows does not matter, so no more bytes are searched.
                // The cache forgets what was found in them when another delimiter is set: without this bound, frames
                // that are too long under changing delimiters would search each byte again and again (F11).
                let window = limit.saturating_add(self.terminator.longest()).saturating_add(1);
                if unread <= window {
                    return self.search(input);
                }
                let mut input = Input::new(head(input.remaining(), window));
                match input.find_fast(self.fast_key, usize::MAX) {
                    Some(next) => FrameStep {
                        data: input.at().to(next),
                        end: FrameEnd::Found { len: self.fast_key.len(), member: 0 },
                    },
                    None if self.fast_key != CacheKey::NONE => self.found_no_end(input.remaining()),
                    None => self.search(&mut input),
                }
            }
        }
    }

    /// [`find`](Self::find), for delimiters only and without a limit.
    #[inline(always)]
    pub(super) fn search(&mut self, input: &mut Input<'_>) -> FrameStep {
        let Some(pattern) = self.terminator.pattern() else { return FrameStep::NOTHING };
        if let Some((len, member)) = self.pending.take()
            && pattern.begins(input.remaining(), member)
        {
            return FrameStep { data: 0, end: FrameEnd::Found { len, member } };
        }
        match pattern.find(input) {
            Some(found) => {
                FrameStep { data: found.start, end: FrameEnd::Found { len: found.len, member: found.member } }
            }
            None => self.found_no_end(input.remaining()),
        }
    }

    /// Returns that all of the unread bytes are data, except the end of them in which a delimiter may begin.
    #[inline(always)]
    fn found_no_end(&self, unread: &[u8]) -> FrameStep {
        let held = self.tail(unread);
        FrameStep { data: difference(unread.len(), held.len), end: FrameEnd::Held(held) }
    }

    /// Returns the beginning of a delimiter in which these bytes end. They have no whole one.
    // Out of line: inlined, it costs lines of 1 KiB in inputs of 4 KiB 3 %.
    #[inline(never)]
    pub(super) fn tail(&self, unread: &[u8]) -> Prefix {
        self.terminator.pattern().map_or(Prefix::NONE, |pattern| pattern.tail(unread))
    }

    /// Takes what one event takes of what was found, and returns how many of the unread bytes that are.
    #[inline(always)]
    fn take_event(&mut self, found: FrameStep, limit: usize) -> (usize, Option<Step>) {
        let FrameStep { data, end } = found;
        if data == 0 {
            return match end {
                FrameEnd::Found { len, member } => {
                    if let Terminator::Count(_) = self.terminator {
                        self.replace_terminator(Terminator::None);
                    }
                    self.end_found_frame(member);
                    (len, Some(Step::Terminator))
                }
                FrameEnd::Held(prefix) => (self.hold(prefix), None),
            };
        }
        let len = data.min(limit);
        if len == 0 {
            return (0, Some(Step::TooLong));
        }
        self.count_data(len);
        let mut taken = len;
        if len == data {
            match end {
                // A second search for it is expensive. No other can end before it, so it is the one to match.
                FrameEnd::Found { len, member } if self.is_shared => self.pending = Some((len, member)),
                FrameEnd::Found { .. } => {}
                FrameEnd::Held(prefix) => taken = sum(taken, self.hold(prefix)),
            }
        }
        (taken, Some(Step::Data(Span::Input { from: 0, len })))
    }

    /// Returns the next step in bytes that were held under an earlier terminator. They are read again, as input that
    /// comes before all other. Without a step they are the beginning of the present delimiter, and held as such.
    fn next_step_of_held(&mut self, limit: usize) -> Option<Step> {
        // Taken out, so that the bytes can be read while the framer changes.
        self.held.source()?;
        let held = core::mem::take(&mut self.held);
        let mut found = self.find(&mut Input::new(held.unread()), limit);
        if found.data > 0 && matches!(found.end, FrameEnd::Held(_)) {
            // To hold these bytes would overwrite where the data lies. They are read again at the next step.
            found.end = FrameEnd::Held(Prefix::NONE);
        }
        let (taken, step) = self.take_event(found, limit);
        // Without a step all of them are held again, now as the beginning of the present delimiter.
        let step = step?;
        // A CR that ends a line was the last of them.
        let awaits_lf = self.held.awaits_lf();
        let (prefix, from) = (held.prefix(), held.from());
        self.restore_held(held);
        self.emit_held(taken);
        if awaits_lf {
            self.await_lf();
        }
        Some(match step {
            Step::Data(Span::Input { len, .. }) => Step::Data(Span::Held { prefix, from, len }),
            step => step,
        })
    }

    /// Goes on where the last input ended within what may become a delimiter: `Pattern::resume`.
    fn resume(&mut self, input: &mut Input<'_>, limit: usize) -> Option<Step> {
        let (pattern, prefix) = (self.terminator.pattern()?, self.held.prefix());
        match pattern.resume(prefix, input.remaining()) {
            Resumed::Matched { taken, member } => {
                input.take(taken);
                self.clear_held();
                self.end_frame(member);
                Some(Step::Terminator)
            }
            Resumed::Held { data: 0, taken, held } => {
                input.take(taken);
                self.hold_instead(held);
                None
            }
            Resumed::Held { .. } if limit == 0 => Some(Step::TooLong),
            Resumed::Held { data, taken, held } if data <= limit => {
                input.take(taken);
                self.hold_instead(held);
                self.mid_frame = true;
                Some(Step::Data(Span::Held { prefix, from: 0, len: data }))
            }
            // The limit allows some of them. The others are read again.
            Resumed::Held { .. } => self.take_held(limit),
        }
    }

    /// Takes held bytes as data, at most `limit` of them. The others are read again.
    pub(crate) fn take_held(&mut self, limit: usize) -> Option<Step> {
        if self.held.is_empty() {
            return None;
        }
        let (prefix, from, len) = (self.held.prefix(), self.held.from(), self.held.len().min(limit));
        if len == 0 {
            return Some(Step::TooLong);
        }
        if len < self.held.len() && self.held.source().is_none() {
            self.reread_held(self.terminator.clone());
        }
        self.emit_held(len);
        self.mid_frame = true;
        Some(Step::Data(Span::Held { prefix, from, len }))
    }

    /// Counts `len` bytes of data as emitted.
    #[inline(always)]
    fn count_data(&mut self, len: usize) {
        match &mut self.terminator {
            Terminator::Count(missing) => {
                debug_assert!(len as u64 <= *missing);
                *missing = missing.wrapping_sub(len as u64);
            }
            // Data that no terminator ends belongs to no frame.
            Terminator::None => {
                self.mid_frame = false;
                return;
            }
            Terminator::Delimiter(_) | Terminator::AnyOf(_) | Terminator::UniversalNewline => {}
        }
        self.mid_frame = true;
    }

    /// Notes that the frame has ended that the general path has found the end of.
    #[inline(always)]
    pub(super) fn end_found_frame(&mut self, member: usize) {
        // One comparison, since sets of delimiters come here for each frame.
        if member == CR_AT_END {
            self.await_lf();
            return self.end_frame(0);
        }
        self.end_frame(member);
    }

    /// Notes that a frame is complete, and which member of a set ended it.
    #[inline(always)]
    pub(super) fn end_frame(&mut self, member: usize) {
        (self.matched, self.mid_frame) = (member, false);
    }
}
