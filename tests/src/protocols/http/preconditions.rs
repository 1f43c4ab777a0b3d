//! Conditional requests (RFC 9110 §13). The page alone has an entity tag; no resource has a date of modification, so
//! `If-Modified-Since` and `If-Unmodified-Since` are ignored (§13.1.3, §13.1.4).

use super::fields::list_members;
use super::resource::PAGE;

/// The entity tag of the page (RFC 9110 §8.8.3), a hash of it.
pub const PAGE_TAG: &str = match str::from_utf8(&TAG_BYTES) {
    Ok(tag) => tag,
    Err(_) => panic!("hexadecimal digits in quotes"),
};

const TAG_BYTES: [u8; 18] = {
    let mut tag = [b'"'; 18];
    let (mut hash, mut at) = (fnv_1a(PAGE.as_bytes()), 1);
    while at < tag.len() - 1 {
        tag[at] = b"0123456789abcdef"[(hash % 16) as usize];
        hash /= 16;
        at += 1;
    }
    tag
};

/// The hash FNV-1a with 64 bits: short enough for a constant, and the page has no adversary.
const fn fnv_1a(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// The fields `If-Match` and `If-None-Match` of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

/// The entity tags in a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tags {
    /// `*`: whatever the representation is.
    any: bool,
    /// The tag of the page.
    page: bool,
    /// The tag of the page as a weak one.
    weak_page: bool,
}

impl Tags {
    fn add(field: &mut Option<Self>, value: &[u8]) {
        let tags = field.get_or_insert_default();
        for member in list_members(value) {
            tags.any |= member == b"*";
            tags.page |= member == PAGE_TAG.as_bytes();
            tags.weak_page |= member.strip_prefix(b"W/") == Some(PAGE_TAG.as_bytes());
        }
    }
}

/// The representation that a request selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Representation {
    Page,
    /// One without an entity tag.
    Untagged,
    None,
}

/// The result of the preconditions of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Proceed,
    /// `If-Match` is false: the request must not be performed.
    Failed,
    /// `If-None-Match` is false: the client has the representation.
    NotModified,
}

impl Preconditions {
    /// Adds a field `If-Match`.
    pub(super) fn add_if_match(&mut self, value: &[u8]) {
        Tags::add(&mut self.if_match, value);
    }

    /// Adds a field `If-None-Match`.
    pub(super) fn add_if_none_match(&mut self, value: &[u8]) {
        Tags::add(&mut self.if_none_match, value);
    }

    /// Evaluates the preconditions in the order of RFC 9110 §13.2.2. `If-Match` compares strongly and `If-None-Match`
    /// weakly.
    pub(super) fn evaluate(self, selected: Representation) -> Verdict {
        let exists = selected != Representation::None;
        let is_page = selected == Representation::Page;
        if self.if_match.is_some_and(|tags| !(exists && tags.any || is_page && tags.page)) {
            return Verdict::Failed;
        }
        if self.if_none_match.is_some_and(|tags| exists && tags.any || is_page && (tags.page || tags.weak_page)) {
            return Verdict::NotModified;
        }
        Verdict::Proceed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precondition_compares_with_the_tag_of_the_page() {
        let weak = format!("W/{PAGE_TAG}");
        let list = format!("\"a\", {PAGE_TAG}");
        for (value, if_match, if_none_match) in [
            ("*", Verdict::Proceed, Verdict::NotModified),
            (PAGE_TAG, Verdict::Proceed, Verdict::NotModified),
            (&list, Verdict::Proceed, Verdict::NotModified),
            (&weak, Verdict::Failed, Verdict::NotModified),
            ("\"a\"", Verdict::Failed, Verdict::Proceed),
            ("", Verdict::Failed, Verdict::Proceed),
        ] {
            let mut conditions = Preconditions::default();
            conditions.add_if_match(value.as_bytes());
            assert_eq!(conditions.evaluate(Representation::Page), if_match, "If-Match: {value}");
            assert_eq!(conditions.evaluate(Representation::None), Verdict::Failed);
            let mut conditions = Preconditions::default();
            conditions.add_if_none_match(value.as_bytes());
            assert_eq!(conditions.evaluate(Representation::Page), if_none_match, "If-None-Match: {value}");
            assert_eq!(conditions.evaluate(Representation::None), Verdict::Proceed);
            let untagged = if value == "*" { Verdict::NotModified } else { Verdict::Proceed };
            assert_eq!(conditions.evaluate(Representation::Untagged), untagged);
        }
    }
}
