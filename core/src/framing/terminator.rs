use alloc::vec::Vec;

use crate::framing::delimiter::{Delimiter, EmptyDelimiter};
use crate::framing::delimiter_set::{DelimiterSet, DelimiterSetError, Prefix};
use crate::framing::pattern::Pattern;
use crate::framing::search::CacheKey;
use crate::invariant::head;

const CRLF: &[u8] = b"\r\n";

/// The end of a frame: asynchat's terminator, typed.
///
/// | asynchat | here |
/// |---|---|
/// | `set_terminator(b"\r\n")` | [`Terminator::Delimiter`], from a byte string literal |
/// | (none) | several byte strings: [`Terminator::AnyOf`], from [`Terminator::any_of`] |
/// | (none) | CR, LF or CRLF: [`Terminator::UniversalNewline`], from [`Terminator::universal_newline`] |
/// | `set_terminator(1024)` | [`Terminator::Count`], from a `u64` |
/// | `set_terminator(None)`, and `0` | [`Terminator::None`]; here 0 is a count like any other |
///
/// # Examples
///
/// ```
/// use asynchat_core::Terminator;
///
/// let line = Terminator::from(b"\r\n");
/// let body = Terminator::from(1024u64);
/// let boundary = Terminator::try_from("--frontier")?;
/// let either = Terminator::any_of(["\n", "\r\n"])?;
/// # assert_ne!(line, body);
/// # assert_ne!(boundary, either);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An empty literal fails to compile:
///
/// ```compile_fail
/// let nothing = asynchat_core::Terminator::from(b"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Terminator {
    /// A byte string ends the frame. Its bytes are never data.
    ///
    /// A delimiter that was matched is gone: after a line, `b"\r\n.\r\n"` does not match `.\r\n`, an empty SMTP
    /// message. So read a message by lines, under `b"\r\n"`, up to the line that is a dot. A set with `b".\r\n"` in it
    /// would also match the end of a sentence.
    Delimiter(Delimiter),
    /// Any of several byte strings ends the frame: the one that ends earliest, and of those that end together the
    /// longest.
    AnyOf(DelimiterSet),
    /// CR, LF or CRLF ends the frame, whichever comes, at once: no LF is waited for.
    ///
    /// An LF directly behind a CR that has ended a frame belongs to that line end. It is dropped, even if it comes later
    /// and whatever the terminator is then: a body behind a head that ends in CRLF begins behind the LF. So behind a line
    /// that ends in a bare CR, a body cannot begin with an LF. A peer that ends its lines so and sends such bodies needs
    /// `b"\r"`.
    ///
    /// Until that LF has come or another byte, the framer does not know whether it will. A stream that is handed over
    /// directly behind such a CR, as for STARTTLS, may still bring the LF.
    UniversalNewline,
    /// Exactly this many bytes are the frame; 0 gives one empty frame. After it the terminator is [`Terminator::None`].
    Count(u64),
    /// No byte ends the frame: all is data until another terminator is set.
    None,
}

impl Terminator {
    /// Creates a terminator of several delimiters, numbered from 0 in the order given.
    ///
    /// # Errors
    ///
    /// As for [`DelimiterSet::new`], which this calls.
    ///
    /// # Complexity
    ///
    /// A set is compiled, which is expensive: create it once and clone it.
    pub fn any_of<I>(delimiters: I) -> Result<Self, DelimiterSetError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        DelimiterSet::new(delimiters).map(Self::AnyOf)
    }

    /// Creates a terminator of this many bytes: [`Terminator::Count`]. For lengths of slices, which are no `u64`.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::Terminator;
    ///
    /// assert_eq!(Terminator::count(b"hello".len()), Terminator::from(5));
    /// ```
    pub const fn count(bytes: usize) -> Self {
        Self::Count(bytes as u64)
    }

    /// Creates a terminator of line ends: CR, LF or CRLF, mixed in any way, as Python's universal newlines.
    ///
    /// A line ends at its CR, so the LF of a CRLF may still be on its way when the stream is taken back, for TLS or a tunnel.
    /// That LF is then the first byte of the stream. A protocol with an upgrade sets `b"\r\n"` for the line before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{Frames, Input, Terminator};
    ///
    /// let mut frames = Frames::new(Terminator::universal_newline());
    /// let mut lines = Vec::new();
    /// // An LF may come in another input than its CR, and the line does not wait for it.
    /// for bytes in [&b"unix\nnet\r\nmac\rcut\r"[..], b"\n\nlast\r"] {
    ///     let mut input = Input::new(bytes);
    ///     while let Some(line) = frames.next_frame(&mut input) {
    ///         lines.push(String::from_utf8(line?.to_vec())?);
    ///     }
    /// }
    /// assert_eq!(lines, ["unix", "net", "mac", "cut", "", "last"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn universal_newline() -> Self {
        Self::UniversalNewline
    }

    /// Returns the key of the search cache, if it is a delimiter of at most sixteen bytes.
    #[inline]
    pub(crate) fn key(&self) -> CacheKey {
        match self {
            Self::Delimiter(delimiter) => delimiter.key(),
            Self::AnyOf(_) | Self::UniversalNewline | Self::Count(_) | Self::None => CacheKey::NONE,
        }
    }

    /// Returns what is to be searched for, unless it is a count or none.
    #[inline(always)]
    pub(crate) fn pattern(&self) -> Option<Pattern<'_>> {
        match self {
            Self::Delimiter(delimiter) => Some(Pattern::One(delimiter)),
            Self::AnyOf(set) => Some(Pattern::Any(set)),
            Self::UniversalNewline => Some(Pattern::Newline),
            Self::Count(_) | Self::None => None,
        }
    }

    /// Returns whether it shares memory with its clones, so that dropping it is more than to forget it.
    #[inline(always)]
    pub(crate) fn is_shared(&self) -> bool {
        match self {
            Self::Delimiter(delimiter) => delimiter.is_shared(),
            Self::AnyOf(_) => true,
            Self::UniversalNewline | Self::Count(_) | Self::None => false,
        }
    }

    /// Returns whether bytes of the stream end the frame, and not their number.
    #[inline(always)]
    pub(crate) fn is_delimited(&self) -> bool {
        match self {
            Self::Delimiter(_) | Self::AnyOf(_) | Self::UniversalNewline => true,
            Self::Count(_) | Self::None => false,
        }
    }

    /// Returns the length of the longest delimiter.
    pub(crate) fn longest(&self) -> usize {
        match self {
            Self::Delimiter(delimiter) => delimiter.as_bytes().len(),
            Self::AnyOf(set) => set.longest(),
            Self::UniversalNewline => CRLF.len(),
            Self::Count(_) | Self::None => 0,
        }
    }

    /// Returns the bytes of a held prefix of one of its delimiters.
    pub(crate) fn prefix(&self, held: Prefix) -> &[u8] {
        match self {
            Self::Delimiter(delimiter) => head(delimiter.as_bytes(), held.len),
            Self::AnyOf(set) => set.prefix(held),
            Self::UniversalNewline => head(CRLF, held.len),
            Self::Count(_) | Self::None => {
                debug_assert_eq!(held.len, 0, "only delimiters hold bytes");
                &[]
            }
        }
    }
}

impl<const N: usize> From<&[u8; N]> for Terminator {
    /// Allocates nothing up to 16 bytes. An empty literal fails to compile.
    #[inline]
    fn from(delimiter: &[u8; N]) -> Self {
        Self::Delimiter(delimiter.into())
    }
}

impl From<u64> for Terminator {
    #[inline]
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<Delimiter> for Terminator {
    #[inline]
    fn from(delimiter: Delimiter) -> Self {
        Self::Delimiter(delimiter)
    }
}

impl From<DelimiterSet> for Terminator {
    #[inline]
    fn from(set: DelimiterSet) -> Self {
        Self::AnyOf(set)
    }
}

impl TryFrom<&[u8]> for Terminator {
    type Error = EmptyDelimiter;

    fn try_from(delimiter: &[u8]) -> Result<Self, EmptyDelimiter> {
        Delimiter::new(delimiter).map(Self::Delimiter)
    }
}

impl TryFrom<&str> for Terminator {
    type Error = EmptyDelimiter;

    fn try_from(delimiter: &str) -> Result<Self, EmptyDelimiter> {
        Self::try_from(delimiter.as_bytes())
    }
}

impl TryFrom<Vec<u8>> for Terminator {
    type Error = EmptyDelimiter;

    fn try_from(delimiter: Vec<u8>) -> Result<Self, EmptyDelimiter> {
        Self::try_from(delimiter.as_slice())
    }
}
