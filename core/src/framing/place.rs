use crate::framing::step::Step;

/// Where a frame lies, or why it does not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// In the input, so many bytes after what was first unread.
    Input {
        from: usize,
        len: usize,
    },
    Buffer,
    TooLong,
}

impl Place {
    #[inline(always)]
    pub(crate) fn within(self, unread: &[u8]) -> &[u8] {
        match self {
            Self::Input { from, len } => unread.get(from..).and_then(|rest| rest.get(..len)).unwrap_or_default(),
            Self::Buffer | Self::TooLong => &[],
        }
    }
}

/// An event, by where its bytes lie.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    /// The buffered part of a frame.
    Buffered,
    /// Nothing to be seen: part of a frame that was too long.
    Skipped,
    Step(Step),
}
