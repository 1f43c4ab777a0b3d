//! Slicing and arithmetic whose preconditions are invariants of this crate.
//!
//! A broken invariant panics in a debug build, in the tests and under the fuzzer. In a release build it yields the nearest
//! value, so that no input panics (F13). Use these where the code around guarantees the bound. Use `get` and `saturating_*`
//! where a bound may really be crossed.

/// `items[..len]`.
#[inline(always)]
#[track_caller]
pub(crate) fn head<T>(items: &[T], len: usize) -> &[T] {
    debug_assert!(len <= items.len(), "the first {len} of {}", items.len());
    items.get(..len).unwrap_or_default()
}

/// `bytes[from..]`.
#[inline(always)]
#[track_caller]
pub(crate) fn tail(bytes: &[u8], from: usize) -> &[u8] {
    debug_assert!(from <= bytes.len(), "the bytes from {from} on of {}", bytes.len());
    bytes.get(from..).unwrap_or_default()
}

/// `bytes[from..from + len]`.
#[inline(always)]
#[track_caller]
pub(crate) fn range(bytes: &[u8], from: usize, len: usize) -> &[u8] {
    head(tail(bytes, from), len)
}

/// `whole - part`.
#[inline(always)]
#[track_caller]
pub(crate) fn difference(whole: usize, part: usize) -> usize {
    debug_assert!(part <= whole, "{part} of {whole}");
    whole.saturating_sub(part)
}

/// `one + other`.
#[inline(always)]
#[track_caller]
pub(crate) fn sum(one: usize, other: usize) -> usize {
    debug_assert!(one.checked_add(other).is_some(), "{one} and {other}");
    one.saturating_add(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invariant_ranges_are_those_of_a_slice() {
        let bytes = b"abcdef";
        assert_eq!(head(bytes, 2), b"ab");
        assert_eq!(tail(bytes, 2), b"cdef");
        assert_eq!(range(bytes, 2, 3), b"cde");
        assert_eq!(range(bytes, 6, 0), b"");
        assert_eq!((difference(6, 2), sum(6, 2)), (4, 8));
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "the first 3 of 2")]
    fn invariant_broken_bound_panics() {
        head(b"ab", 3);
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "3 of 2")]
    fn invariant_negative_difference_panics() {
        difference(2, 3);
    }
}
