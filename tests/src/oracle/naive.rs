//! Delimiter search that tries every position.

/// Where one of several delimiters ends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The position of its first byte.
    pub start: usize,
    /// The position after its last byte.
    pub end: usize,
    /// The index of the delimiter.
    pub member: usize,
}

/// Returns where `delimiter` first begins in `bytes` (F2).
#[must_use]
pub fn find(delimiter: &[u8], bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|&at| bytes[at..].starts_with(delimiter))
}

/// Returns where the first CR or LF is (F14).
#[must_use]
pub fn find_newline(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|&at| bytes[at] == b'\r' || bytes[at] == b'\n')
}

/// Returns the match that ends first; of those that end at the same position, the longest (F10).
#[must_use]
pub fn find_any(delimiters: &[Vec<u8>], bytes: &[u8]) -> Option<Match> {
    (1..=bytes.len()).find_map(|end| {
        let ending_here = delimiters.iter().enumerate().filter(|(_, delimiter)| bytes[..end].ends_with(delimiter));
        let (member, longest) = ending_here.max_by_key(|(_, delimiter)| delimiter.len())?;
        Some(Match { start: end - longest.len(), end, member })
    })
}

/// Returns the length of the longest suffix of `bytes` that is a proper prefix of one of the delimiters (F4).
#[must_use]
pub fn held<D: AsRef<[u8]>>(delimiters: &[D], bytes: &[u8]) -> usize {
    let may_go_on = |suffix: &[u8]| {
        delimiters
            .iter()
            .any(|delimiter| suffix.len() < delimiter.as_ref().len() && delimiter.as_ref().starts_with(suffix))
    };
    (0..=bytes.len()).rev().find(|&length| may_go_on(&bytes[bytes.len() - length..])).unwrap_or(0)
}

/// Returns whether member number `member` can never match: another member ends inside it, or an equal one is listed
/// before it (F10).
///
/// A member that can match does so in the stream that consists of its own bytes.
#[must_use]
pub fn never_matches(delimiters: &[Vec<u8>], member: usize) -> bool {
    let all_but_last_byte = &delimiters[member][..delimiters[member].len() - 1];
    delimiters.iter().enumerate().any(|(other, delimiter)| {
        find(delimiter, all_but_last_byte).is_some() || (other < member && *delimiter == delimiters[member])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(members: &[&str]) -> Vec<Vec<u8>> {
        members.iter().map(|member| member.as_bytes().to_vec()).collect()
    }

    #[test]
    fn find_returns_the_leftmost_occurrence() {
        assert_eq!(find(b"aab", b"aaabaab"), Some(1));
        assert_eq!(find(b"\r\n", b"\r\r\n"), Some(1));
        assert_eq!(find(b"\r\n", b"\n\r"), None);
        assert_eq!(find(b"a", b""), None);
    }

    #[test]
    fn find_any_prefers_earliest_end_then_longest() {
        let found =
            |members: &[&str], bytes: &[u8]| find_any(&set(members), bytes).map(|found| (found.start, found.member));
        assert_eq!(found(&["\n", "\r\n"], b"a\r\nb\n"), Some((1, 1)));
        assert_eq!(found(&["\n", "\r\n"], b"a\nb\r\n"), Some((1, 0)));
        assert_eq!(found(&["abcd", "bc"], b"abcd"), Some((1, 1)));
        assert_eq!(found(&["abcd", "bc"], b"abc"), Some((1, 1)));
        assert_eq!(found(&["ab", "cd"], b"acbd"), None);
    }

    #[test]
    fn held_is_the_longest_proper_prefix() {
        assert_eq!(held(&[b"\r\n"], b"qwerty\r"), 1);
        assert_eq!(held(&[b"\r\n"], b"qwertydkjf"), 0);
        assert_eq!(held(&[b"\r\n"], b"qwerty\r\n"), 0, "the whole delimiter is not a proper prefix");
        assert_eq!(held(&[b"aab"], b"aaaa"), 2);
        assert_eq!(held(&[b"abab"], b"abab"), 2, "the end of one occurrence may begin the next");
        assert_eq!(held(&["ab", "cabx"], b"xcab"), 3);
        assert_eq!(held(&[b"a"], b"a"), 0);
    }

    #[test]
    fn never_matches_finds_silenced_members() {
        let silenced = |members: &[&str]| -> Vec<usize> {
            (0..members.len()).filter(|&member| never_matches(&set(members), member)).collect()
        };
        assert_eq!(silenced(&["\n", "\r\n"]), []);
        assert_eq!(silenced(&["\r", "\r\n"]), [1]);
        assert_eq!(silenced(&["abc", "b"]), [0]);
        assert_eq!(silenced(&["ab", "cd", "ab"]), [2]);
        assert_eq!(silenced(&["aa", "a"]), [0]);
    }
}
