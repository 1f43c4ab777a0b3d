//! A test case: a stream, and the moments when its terminator changes.

use std::borrow::Cow;
use std::fmt;

use crate::oracle::TerminatorSpec;

/// A stream in segments, its first terminator, and the changes of the terminator.
///
/// The terminator can change at two kinds of moment. Only these are the same under every cut (F1):
/// - after the n-th `Terminator` event, which is the usual way;
/// - after a segment has been fed and drained completely, possibly while bytes of it are held (F8). The end of a
///   segment is therefore part of the case; all finer cuts must make no difference.
#[derive(Clone, Debug)]
pub struct Case {
    first: TerminatorSpec,
    after_terminator: Vec<Option<TerminatorSpec>>,
    segments: Vec<Segment>,
}

/// A part of the stream, and the terminator that is set after it has been drained.
#[derive(Clone)]
pub struct Segment {
    /// Its bytes, possibly none.
    pub bytes: Vec<u8>,
    /// The terminator to set after it, if any.
    pub then: Option<TerminatorSpec>,
}

impl Case {
    /// Creates a stream of one segment under one terminator.
    #[must_use]
    pub fn new(first: TerminatorSpec, bytes: impl AsRef<[u8]>) -> Self {
        let only = Segment { bytes: bytes.as_ref().to_vec(), then: None };
        Self { first, after_terminator: Vec::new(), segments: vec![only] }
    }

    /// Sets `spec` after the n-th `Terminator`, where `n` counts the calls of this method and of
    /// [`keep_after_next`](Self::keep_after_next). For `Frames`: after the n-th frame or error.
    #[must_use]
    pub fn after_next(mut self, spec: TerminatorSpec) -> Self {
        self.after_terminator.push(Some(spec));
        self
    }

    /// Leaves the terminator unchanged after the n-th `Terminator`.
    #[must_use]
    pub fn keep_after_next(mut self) -> Self {
        self.after_terminator.push(None);
        self
    }

    /// Sets `spec` after everything so far has been drained, and continues with `bytes`, possibly none.
    #[must_use]
    pub fn switch(mut self, spec: TerminatorSpec, bytes: impl AsRef<[u8]>) -> Self {
        if let Some(last) = self.segments.last_mut() {
            last.then = Some(spec);
        }
        self.segments.push(Segment { bytes: bytes.as_ref().to_vec(), then: None });
        self
    }

    /// The first terminator.
    #[must_use]
    pub fn first(&self) -> &TerminatorSpec {
        &self.first
    }

    /// The segments, at least one.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The whole stream.
    #[must_use]
    pub fn stream(&self) -> Cow<'_, [u8]> {
        match self.segments.as_slice() {
            [only] => Cow::Borrowed(&only.bytes),
            segments => segments.iter().flat_map(|segment| &segment.bytes).copied().collect(),
        }
    }

    /// The changes after `Terminator` events; ask it once for each event.
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

/// Returns the new terminator after each `Terminator` event.
#[derive(Clone, Debug)]
pub struct Schedule {
    left: std::vec::IntoIter<Option<TerminatorSpec>>,
}

impl Schedule {
    /// Returns the terminator to set after this event, or `None` to keep the present one.
    pub fn after_terminator(&mut self) -> Option<TerminatorSpec> {
        self.left.next().flatten()
    }
}
