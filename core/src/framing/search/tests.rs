use alloc::vec::Vec;

use super::*;

/// Finds the delimiter in the last `left` bytes.
fn find(cache: &mut SearchCache, haystack: &[u8], delimiter: &[u8], left: usize) -> Option<usize> {
    let mut haystack = Haystack::new(haystack, cache.key());
    cache.find(&mut haystack, CacheKey::of(delimiter), delimiter, FromEnd::new(left))
}

// F2
#[test]
fn search_finds_a_delimiter_anywhere_in_any_input() {
    let delimiters: [&[u8]; 6] = [b"\0", b"\0\0", b"\r\n", b"\0x\0", b"abcd", b"abcdefghijklmnop"];
    for delimiter in delimiters {
        for size in 0..=BLOCK * (MAX_SPARSE_BLOCKS + 2) {
            let mut haystack = alloc::vec![b'.'; size];
            assert_eq!(find(&mut SearchCache::NONE.clone(), &haystack, delimiter, size), None);
            for at in (0..=size).take_while(|at| at + delimiter.len() <= size) {
                haystack[at..at + delimiter.len()].copy_from_slice(delimiter);
                let mut cache = SearchCache::NONE;
                assert_eq!(find(&mut cache, &haystack, delimiter, size), Some(at), "of {size}");
                assert_eq!(find(&mut cache, &haystack, delimiter, size - at / 2), Some(at - at / 2), "again");
                assert_eq!(find(&mut cache, &haystack, delimiter, size - at - 1), None, "behind {at} of {size}");
                haystack[at..at + delimiter.len()].fill(b'.');
            }
        }
    }
}

// F8
#[test]
fn search_drops_bits_before_the_cursor() {
    assert_eq!((bits_from(0), bits_from(1), bits_from(63)), (u64::MAX, u64::MAX - 1, 1 << 63));
    assert_eq!((bits_from(64), bits_from(usize::MAX)), (0, 0));
    #[cfg(target_pointer_width = "64")]
    assert_eq!(bits_from((1 << 32) + 1), 0);
}

// F2, F8
#[test]
fn search_is_right_for_delimiters_that_share_keys() {
    let delimiters: [&[u8]; 7] = [b"a", b"aa", b"ab", b"a\rab", b"abxb", b"aaab", b"abab"];
    let mut seed = 1u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for round in 0..4_000 {
        // Few gaps are rare ones, since the naive search is slow.
        let longest = if round % 16 == 0 { 2 * RARE_GAP } else { 2 * BLOCK * MAX_SPARSE_BLOCKS };
        let gap = random(longest as u64) as usize;
        let mut haystack = alloc::vec![b'.'; gap];
        haystack.extend((0..random(100)).map(|_| b"ab\rx."[random(5) as usize]).collect::<Vec<u8>>());
        let mut cache = SearchCache::NONE;
        let mut rest = &haystack[..];
        for _ in 0..20 {
            let delimiter = delimiters[random(7) as usize];
            let found = find(&mut cache, &haystack, delimiter, rest.len());
            let seen_from_cursor = find(&mut cache.clone(), rest, delimiter, rest.len());
            assert_eq!(seen_from_cursor, found, "the bytes before the cursor do not matter");
            let naive = (0..rest.len()).find(|&at| rest[at..].starts_with(delimiter));
            assert_eq!(found, naive, "{} in {}", delimiter.escape_ascii(), rest.escape_ascii());
            let taken = match found {
                Some(at) if random(2) == 0 => at + random(2) as usize,
                Some(at) => at + delimiter.len(),
                None => random(3) as usize,
            };
            rest = rest.get(taken.min(random(4 * RARE_GAP as u64) as usize)..).unwrap_or_default();
        }
    }
}
