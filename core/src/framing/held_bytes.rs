use crate::framing::delimiter_set::Prefix;
use crate::framing::terminator::Terminator;
use crate::invariant::range;

/// Bytes held back under an earlier terminator, of which they are the beginning, to be looked at anew under the present
/// one. Keeping that terminator is what saves copying them.
#[derive(Debug, Clone)]
pub(crate) struct HeldBytes {
    pub(crate) source: Terminator,
    pub(crate) bytes: Prefix,
    /// How many of them have been taken since.
    pub(crate) from: usize,
}

impl HeldBytes {
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.from >= self.bytes.len
    }

    pub(crate) fn unread(&self) -> &[u8] {
        self.bytes(self.from, self.bytes.len.saturating_sub(self.from))
    }

    pub(crate) fn bytes(&self, from: usize, len: usize) -> &[u8] {
        range(self.source.prefix(self.bytes), from, len)
    }
}

impl Default for HeldBytes {
    fn default() -> Self {
        Self { source: Terminator::None, bytes: Prefix::default(), from: 0 }
    }
}
