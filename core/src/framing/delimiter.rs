use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use memchr::memmem;

use crate::framing::input::Input;
use crate::framing::search::CacheKey;
use crate::invariant::{difference, head, sum};

/// The longest delimiter that is kept inline, in bytes.
///
/// Long enough for the delimiters of text protocols (`\r\n.\r\n` has five bytes), and short enough that a
/// [`Terminator`](crate::framing::Terminator) is cheap to move.
const INLINE: usize = 16;

/// The longest string, in bytes, that `memmem` finds a few times as fast as longer ones: it compares a candidate
/// outright, where for a longer string it needs Two-Way, which is linear for strings of any length.
const FAST: usize = 32;

/// After this many places in a row where the first [`FAST`] bytes of a delimiter begin something else, to search for
/// these bytes alone does not pay.
const FALSE_STARTS: usize = 4;

/// A byte string that ends a frame. Never empty.
///
/// Up to 16 bytes are stored inline: to create, clone and set such a delimiter allocates nothing. A longer one is
/// shared behind an [`Arc`], so that a clone is a reference count.
///
/// A match is exact: a bare `\n` does not match `b"\r\n"`. For lenient line ends use
/// [`Terminator::universal_newline`](crate::framing::Terminator::universal_newline), or a
/// [`DelimiterSet`](crate::framing::DelimiterSet), which tells which member matched.
///
/// # Examples
///
/// ```
/// use asynchat_core::Delimiter;
///
/// assert_eq!(Delimiter::new(b"\r\n")?.as_bytes(), b"\r\n");
/// assert!(Delimiter::new(b"").is_err());
/// # Ok::<(), asynchat_core::EmptyDelimiter>(())
/// ```
///
/// # Complexity
///
/// Construction is linear in the length of the delimiter.
#[derive(Clone)]
pub struct Delimiter(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: Aligned },
    Shared(Arc<Long>),
}

/// The bytes of a short delimiter, aligned so that they are moved in whole words.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Aligned([u8; INLINE]);

struct Long {
    bytes: Box<[u8]>,
    /// `borders[i]` is the length of the longest proper prefix of `bytes[..=i]` that is also its suffix: the border
    /// function of [Knuth-Morris-Pratt](https://en.wikipedia.org/wiki/Knuth%E2%80%93Morris%E2%80%93Pratt_algorithm). It
    /// makes a byte-by-byte resume linear for every delimiter (F11). For a short delimiter it is computed at each use.
    borders: Box<[usize]>,
    /// Searches for the first [`FAST`] bytes.
    beginning: memmem::Finder<'static>,
    /// Searches for all of them, in linear time for all bytes.
    finder: memmem::Finder<'static>,
}

impl Delimiter {
    /// Creates a delimiter of these bytes.
    ///
    /// # Errors
    ///
    /// [`EmptyDelimiter`] if there are none: the empty string occurs everywhere and would end every frame at once.
    pub fn new(bytes: &[u8]) -> Result<Self, EmptyDelimiter> {
        if bytes.is_empty() { Err(EmptyDelimiter) } else { Ok(Self::from_non_empty(bytes)) }
    }

    /// Creates a delimiter of bytes that are not empty. Inlined, so that for a literal the compiler does all of it.
    #[inline(always)]
    pub(crate) fn from_non_empty(bytes: &[u8]) -> Self {
        debug_assert!(!bytes.is_empty(), "the callers refuse an empty delimiter");
        let mut inline = [0; INLINE];
        if let (Some(slot), Ok(len)) = (inline.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
            slot.copy_from_slice(bytes);
            return Self(Repr::Inline { len, bytes: Aligned(inline) });
        }
        Self::shared(bytes)
    }

    #[inline(never)]
    fn shared(bytes: &[u8]) -> Self {
        let beginning = bytes.get(..FAST).unwrap_or(bytes);
        Self(Repr::Shared(Arc::new(Long {
            bytes: bytes.into(),
            borders: borders(bytes),
            beginning: memmem::Finder::new(beginning).into_owned(),
            finder: memmem::Finder::new(bytes).into_owned(),
        })))
    }

    /// Returns the bytes of the delimiter.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => head(&bytes.0, usize::from(*len)),
            Repr::Shared(long) => &long.bytes,
        }
    }

    /// Finds the first occurrence in the rest of the input. Returns the distance.
    #[inline]
    pub(crate) fn find(&self, input: &mut Input<'_>) -> Option<usize> {
        match &self.0 {
            Repr::Inline { .. } => input.find(self.key(), self.as_bytes()),
            Repr::Shared(long) => long.find(input.remaining()),
        }
    }

    /// Returns whether it is behind an [`Arc`].
    #[inline(always)]
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.0, Repr::Shared(_))
    }

    /// Returns the key of the search cache for a delimiter that is inline.
    #[inline]
    pub(crate) fn key(&self) -> CacheKey {
        match &self.0 {
            Repr::Inline { .. } => CacheKey::of(self.as_bytes()),
            Repr::Shared(_) => CacheKey::NONE,
        }
    }

    /// Returns the length of the longest suffix of `haystack` that is a proper prefix of the delimiter, which does not
    /// occur in `haystack`. Linear in the shorter of the two.
    #[inline]
    pub(crate) fn tail(&self, haystack: &[u8]) -> usize {
        let delimiter = self.as_bytes();
        if let [first, _] = delimiter {
            return haystack.last().is_some_and(|last| last == first).into();
        }
        let reach = difference(delimiter.len(), 1).min(haystack.len());
        let (_, tail) = haystack.split_at(difference(haystack.len(), reach));
        tail.iter().fold(0, |held, &byte| self.advance(held, byte))
    }

    /// Advances the Knuth-Morris-Pratt automaton by one byte: returns the length of the longest prefix of the delimiter
    /// that ends with `byte`, where the longest one before it had `held` bytes. The whole length is a match. Amortized
    /// constant over a run of bytes.
    #[inline]
    pub(crate) fn advance(&self, mut held: usize, byte: u8) -> usize {
        let delimiter = self.as_bytes();
        loop {
            if delimiter.get(held) == Some(&byte) {
                return sum(held, 1);
            }
            match held.checked_sub(1) {
                Some(last) => held = self.border(last),
                None => return 0,
            }
        }
    }

    /// Returns the border of the first `last + 1` bytes.
    fn border(&self, last: usize) -> usize {
        debug_assert!(last < self.as_bytes().len(), "byte {last} of {}", self.as_bytes().len());
        match &self.0 {
            Repr::Inline { bytes, .. } => bytes.0.get(..=last).map_or(0, border),
            Repr::Shared(long) => long.borders.get(last).copied().unwrap_or(0),
        }
    }
}

impl Long {
    /// Finds the first occurrence. Linear: at most a few times the length of the delimiter is compared in vain.
    fn find(&self, haystack: &[u8]) -> Option<usize> {
        let mut unsearched = haystack;
        for _ in 0..FALSE_STARTS {
            let here = unsearched.get(self.beginning.find(unsearched)?..)?;
            if here.starts_with(&self.bytes) {
                return Some(difference(haystack.len(), here.len()));
            }
            unsearched = here.get(1..)?;
        }
        let passed = difference(haystack.len(), unsearched.len());
        Some(sum(self.finder.find(unsearched)?, passed))
    }
}

/// Returns the border of `bytes`: the length of the longest proper prefix that is also its suffix. Quadratic, for few
/// bytes.
fn border(bytes: &[u8]) -> usize {
    let is_border = |&len: &usize| bytes.get(..len).is_some_and(|prefix| bytes.ends_with(prefix));
    (1..bytes.len()).rev().find(is_border).unwrap_or(0)
}

/// Returns the border of each beginning of `bytes`. Linear.
fn borders(bytes: &[u8]) -> Box<[usize]> {
    let mut borders = alloc::vec![0; bytes.len()].into_boxed_slice();
    let mut border = 0;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        while border > 0 && bytes.get(border) != Some(byte) {
            border = border.checked_sub(1).and_then(|last| borders.get(last)).copied().unwrap_or(0);
        }
        if bytes.get(border) == Some(byte) {
            border = sum(border, 1);
        }
        if let Some(slot) = borders.get_mut(at) {
            *slot = border;
        }
    }
    borders
}

impl PartialEq for Delimiter {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Delimiter {}

/// Shows the bytes, escaped: a delimiter belongs to the program, even if it was made from a name that a peer gave, such
/// as a MIME boundary. Bytes that are held back are its beginning, and `Debug` of a framer shows only their number.
impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delimiter(\"{}\")", self.as_bytes().escape_ascii())
    }
}

impl AsRef<[u8]> for Delimiter {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> From<&[u8; N]> for Delimiter {
    /// An empty literal fails to compile.
    ///
    /// ```compile_fail
    /// let nothing = asynchat_core::Delimiter::from(b"");
    /// ```
    #[inline]
    fn from(bytes: &[u8; N]) -> Self {
        const { assert!(N > 0, "a delimiter has at least one byte") };
        Self::from_non_empty(bytes)
    }
}

impl TryFrom<&[u8]> for Delimiter {
    type Error = EmptyDelimiter;

    fn try_from(bytes: &[u8]) -> Result<Self, EmptyDelimiter> {
        Self::new(bytes)
    }
}

/// A delimiter had no byte: it would end every frame before its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyDelimiter;

impl fmt::Display for EmptyDelimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a delimiter has at least one byte")
    }
}

impl core::error::Error for EmptyDelimiter {}

/// The caller is to blame: [`Error::Handler`](crate::Error::Handler).
impl From<EmptyDelimiter> for crate::error::Error {
    fn from(error: EmptyDelimiter) -> Self {
        Self::handler(error)
    }
}

/// The kind is `InvalidInput`.
#[cfg(feature = "std")]
impl From<EmptyDelimiter> for std::io::Error {
    fn from(error: EmptyDelimiter) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, error)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// So simple that it is unlikely to be wrong.
    fn naive_tail(delimiter: &[u8], haystack: &[u8]) -> usize {
        (0..delimiter.len()).rev().find(|&len| haystack.ends_with(&delimiter[..len])).unwrap()
    }

    fn words(alphabet: &[u8], len: usize) -> Vec<Vec<u8>> {
        (0..alphabet.len().pow(len as u32))
            .map(|mut n| {
                let mut word = Vec::new();
                for _ in 0..len {
                    word.push(alphabet[n % alphabet.len()]);
                    n /= alphabet.len();
                }
                word
            })
            .collect()
    }

    // F4
    #[test]
    fn delimiter_tail_is_the_longest_proper_prefix() {
        for delimiter in (1..=5).flat_map(|len| words(b"ab", len)) {
            let compiled = Delimiter::new(&delimiter).unwrap();
            for haystack in (0..=7).flat_map(|len| words(b"ab", len)) {
                if compiled.find(&mut Input::new(&haystack)).is_none() {
                    assert_eq!(compiled.tail(&haystack), naive_tail(&delimiter, &haystack));
                }
            }
        }
    }

    // F11
    #[test]
    fn delimiter_border_function_matches_its_definition() {
        for len in [1, 2, 15, 16, 17, 40] {
            let bytes: Vec<u8> = (0..len).map(|at| if at % 3 == 2 { b'b' } else { b'a' }).collect();
            let delimiter = Delimiter::new(&bytes).unwrap();
            for held in 0..len {
                let expected = naive_tail(&bytes, &bytes[1..=held]);
                assert_eq!(delimiter.border(held), expected, "len {len}, held {held}");
            }
        }
    }

    // F2, F11
    #[test]
    fn delimiter_long_is_found_behind_false_starts() {
        for len in [17, FAST, FAST + 1, 40, 100] {
            let bytes: Vec<u8> = (1..=len).map(|at| if at == len { b'b' } else { b'a' }).collect();
            let delimiter = Delimiter::new(&bytes).unwrap();
            for false_starts in 0..=2 * FALSE_STARTS {
                for more in [0, 1, len] {
                    let mut haystack = [&bytes[..len - 1], b"."].concat().repeat(false_starts);
                    haystack.extend(core::iter::repeat_n(b'a', more));
                    let start = haystack.len();
                    haystack.extend_from_slice(&bytes);
                    assert_eq!(delimiter.find(&mut Input::new(&haystack)), Some(start), "{false_starts}, {more}");
                    haystack.pop();
                    assert_eq!(delimiter.find(&mut Input::new(&haystack)), None);
                }
            }
        }
    }

    #[test]
    fn delimiter_compares_by_its_bytes() {
        assert_eq!(Delimiter::from(b"\r\n"), Delimiter::new(b"\r\n").unwrap());
        assert_ne!(Delimiter::from(b"\r\n"), Delimiter::from(b"\n"));
        assert_eq!(alloc::format!("{:?}", Delimiter::from(b"\r\n")), r#"Delimiter("\r\n")"#);
    }
}
