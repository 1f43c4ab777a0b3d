//! One case: a stream, and when its terminator is changed.

use std::borrow::Cow;
use std::fmt;

use crate::oracle::TerminatorSpec;

/// A stream in segments, the terminator it begins under, and the changes.
///
/// A terminator is changed at one of two kinds of moment, and only these are the same under every cut (F1):
/// - after the n-th `Terminator` event, which is the usual way, or
/// - when a segment has been wholly fed and drained, maybe while bytes of it are held (F8). Where a segment ends is thus
///   part of the case; all finer cuts must not matter.
#[derive(Clone, Debug)]
pub struct Case {
    first: TerminatorSpec,
    after_terminator: Vec<Option<TerminatorSpec>>,
    segments: Vec<Segment>,
}

/// A part of the stream, and what the terminator becomes once it has been drained.
#[derive(Clone)]
pub struct Segment {
    /// Its bytes, maybe none.
    pub bytes: Vec<u8>,
    /// The terminator to set after it, if any.
    pub then: Option<TerminatorSpec>,
}

impl Case {
    /// A stream of one segment under one terminator.
    #[must_use]
    pub fn new(first: TerminatorSpec, bytes: impl AsRef<[u8]>) -> Self {
        let only = Segment { bytes: bytes.as_ref().to_vec(), then: None };
        Self { first, after_terminator: Vec::new(), segments: vec![only] }
    }

    /// Sets `spec` after the n-th `Terminator`, where `n` counts the calls of this method so far. For whole frames, after
    /// the n-th verdict.
    #[must_use]
    pub fn after_next(mut self, spec: TerminatorSpec) -> Self {
        self.after_terminator.push(Some(spec));
        self
    }

    /// Changes nothing after the n-th `Terminator`.
    #[must_use]
    pub fn keep_after_next(mut self) -> Self {
        self.after_terminator.push(None);
        self
    }

    /// Sets `spec` once all so far has been drained, and goes on with `bytes`, maybe none.
    #[must_use]
    pub fn switch(mut self, spec: TerminatorSpec, bytes: impl AsRef<[u8]>) -> Self {
        if let Some(last) = self.segments.last_mut() {
            last.then = Some(spec);
        }
        self.segments.push(Segment { bytes: bytes.as_ref().to_vec(), then: None });
        self
    }

    /// The terminator at the beginning.
    #[must_use]
    pub fn first(&self) -> &TerminatorSpec {
        &self.first
    }

    /// The segments, at least one.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether the terminator is changed after `Terminator` events alone, so that the stream may be delivered by
    /// something that does not say when a segment has been drained.
    #[must_use]
    pub fn is_one_segment(&self) -> bool {
        self.segments.len() == 1
    }

    /// The whole stream.
    #[must_use]
    pub fn stream(&self) -> Cow<'_, [u8]> {
        match self.segments.as_slice() {
            [only] => Cow::Borrowed(&only.bytes),
            segments => segments.iter().flat_map(|segment| &segment.bytes).copied().collect(),
        }
    }

    /// The changes after `Terminator` events, to be asked once for each.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule { left: self.after_terminator.clone().into_iter() }
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.bytes.escape_ascii())?;
        self.then.iter().try_for_each(|spec| write!(formatter, ", then {spec:?}"))
    }
}

/// Answers after each `Terminator` event what the terminator becomes.
#[derive(Clone, Debug)]
pub struct Schedule {
    left: std::vec::IntoIter<Option<TerminatorSpec>>,
}

impl Schedule {
    /// The terminator to set after this event; `None` leaves it as it is.
    pub fn after_terminator(&mut self) -> Option<TerminatorSpec> {
        self.left.next().flatten()
    }
}
