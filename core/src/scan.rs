//! The search for short delimiters within one contiguous piece of input.

use memchr::{memchr, memmem};

/// Where the first occurrence of `delimiter`, of one to sixteen bytes, begins in `haystack`.
#[inline]
pub(crate) fn find(delimiter: &[u8], haystack: &[u8]) -> Option<usize> {
    match delimiter {
        [byte] => memchr(*byte, haystack),
        // A framer looks twice at each delimiter: once to end the data before it, once to report it. The second look is
        // answered here.
        _ if haystack.starts_with(delimiter) => Some(0),
        _ => memmem::find(haystack, delimiter),
    }
}
