//! Cases written by hand. Each runs under every cut, so that split input needs no case of its own.

use asynchat_core::End;
use asynchat_tests::harness::case::Case;
use asynchat_tests::oracle::TerminatorSpec;

use crate::expect::{expect, expect_lines};

// F1, F2
#[test]
fn framer_reads_lines_of_any_delimiter() {
    for delimiter in ["\n", "\r\n", "qqq"] {
        let stream = format!("good morning{delimiter}is anyone there?{delimiter}");
        expect_lines(delimiter, &stream, &["good morning", "|", "is anyone there?", "|"]);
    }
}

// F3
#[test]
fn framer_reports_empty_lines() {
    expect_lines("\n", "one\n\n\ntwo\n", &["one", "|", "|", "|", "two", "|"]);
    expect_lines("\r\n", "\r\n\r\n", &["|", "|"]);
}

// F6
#[test]
fn framer_takes_everything_after_a_count() {
    let stream = "what a day, what a day\n";
    for count in [1, 6, 22] {
        let (frame, rest) = stream.split_at(count);
        expect(&Case::new(TerminatorSpec::Count(count as u64), stream), &[frame, "|", rest], End::Clean);
    }
    expect(&Case::new(TerminatorSpec::Count(23), stream), &[stream, "|"], End::Clean);
}

// F7
#[test]
fn framer_without_terminator_takes_everything() {
    expect(&Case::new(TerminatorSpec::None, "one\r\ntwo\n"), &["one\r\ntwo\n"], End::Clean);
    expect(&Case::new(TerminatorSpec::None, ""), &[], End::Clean);
}

// F2
#[test]
fn framer_half_a_delimiter_is_data() {
    expect_lines("\r\n", "a\rb\nc\n\rd\r\n", &["a\rb\nc\n\rd", "|"]);
}

// F2, F5
#[test]
fn framer_false_start_is_data() {
    expect_lines("\r\n", "\r\r\n", &["\r", "|"]);
    expect_lines("\r\n", "a\r\r\r\nb\r\n", &["a\r\r", "|", "b", "|"]);
    expect_lines("\r\n\r\n", "head\r\n\r\r\n\r\n", &["head\r\n\r", "|"]);
    expect_lines("\r\n.\r\n", "line\r\n.\r.\r\n\r\n.\r\n", &["line\r\n.\r.\r\n", "|"]);
    expect_lines("--end", "--e--en--end", &["--e--en", "|"]);
}

// F2, F5
#[test]
fn framer_finds_self_overlapping_delimiters() {
    expect_lines("aab", "aaaab", &["aa", "|"]);
    expect_lines("abab", "abaabab", &["aba", "|"]);
    expect_lines("aabaaa", "aabaabaaa", &["aab", "|"]);
    expect_lines("abacabad", "abacabacabad", &["abac", "|"]);
}

// F2
#[test]
fn framer_matches_do_not_overlap() {
    expect(&Case::new(TerminatorSpec::delimiter("aa"), "aaa"), &["|", "a"], End::MidFrame);
    expect(&Case::new(TerminatorSpec::delimiter("aba"), "ababa"), &["|", "ba"], End::MidFrame);
    expect_lines("abab", "abababab", &["|", "|"]);
    expect_lines("\r\n.\r\n", "x\r\n.\r\n.\r\n\r\n.\r\n", &["x", "|", ".\r\n", "|"]);
}

// F2, F3
#[test]
fn framer_adjacent_delimiters_are_two_terminators() {
    expect_lines("\r\n\r\n", "head\r\n\r\n\r\n\r\nx\r\n\r\n", &["head", "|", "|", "x", "|"]);
    expect_lines("\r\n\r\n", "head\r\n\r\n\r\nx\r\n\r\n", &["head", "|", "\r\nx", "|"]);
}

// F2, F5
#[test]
fn framer_delimiter_may_contain_any_byte() {
    let controls: String = (0..128).map(char::from).collect();
    let almost = &controls[..127];
    expect_lines(&controls, &format!("x{controls}{almost}{controls}"), &["x", "|", almost, "|"]);
    expect_lines("ü", "a\u{bf}ü", &["a\u{bf}", "|"]);
}

// F2, F5
#[test]
fn framer_finds_long_delimiter_after_its_own_prefixes() {
    for length in [15, 16, 17, 31, 32, 33, 64, 100] {
        let delimiter = "a".repeat(length - 1) + "b";
        let almost = "a".repeat(length - 2) + "b";
        let stream = format!("x{almost}aaa{delimiter}{delimiter}");
        expect_lines(&delimiter, &stream, &[&format!("x{almost}aaa"), "|", "|"]);
    }
}

// F6
#[test]
fn framer_zero_count_ends_frame_at_once() {
    expect(&Case::new(TerminatorSpec::Count(0), ""), &["|"], End::Clean);
    expect(&Case::new(TerminatorSpec::Count(0), "ab"), &["|", "ab"], End::Clean);
    let thrice = Case::new(TerminatorSpec::Count(0), "ab\n")
        .after_next(TerminatorSpec::Count(0))
        .after_next(TerminatorSpec::delimiter("\n"));
    expect(&thrice, &["|", "|", "ab", "|"], End::Clean);
}

// F6, F9
#[test]
fn framer_accepts_a_count_beyond_memory() {
    let case = Case::new(TerminatorSpec::Count(u64::MAX), "abc");
    expect(&case, &["abc"], End::Short { missing: u64::MAX - 3 });
}

// F1, F6
#[test]
fn framer_switches_from_line_to_counted_body() {
    let case = Case::new(TerminatorSpec::delimiter("\r\n"), "$5\r\nhe\r\no\r\n$0\r\n\r\n")
        .after_next(TerminatorSpec::Count(5))
        .after_next(TerminatorSpec::delimiter("\r\n"))
        .keep_after_next()
        .after_next(TerminatorSpec::Count(0))
        .after_next(TerminatorSpec::delimiter("\r\n"));
    expect(&case, &["$5", "|", "he\r\no", "|", "|", "$0", "|", "|", "|"], End::Clean);
}

// F1, F7
#[test]
fn framer_switches_from_head_to_tunnel() {
    let case = Case::new(TerminatorSpec::delimiter("\r\n\r\n"), "CONNECT\r\n\r\n\x16\x03\r\n\r\n")
        .after_next(TerminatorSpec::None);
    expect(&case, &["CONNECT", "|", "\x16\x03\r\n\r\n"], End::Clean);
}

// F9
#[test]
fn framer_finish_returns_held_bytes_and_end() {
    let line = |stream: &str| Case::new(TerminatorSpec::delimiter("\r\n"), stream);
    expect(&line(""), &[], End::Clean);
    expect(&line("abc\r\n"), &["abc", "|"], End::Clean);
    expect(&line("abc"), &["abc"], End::MidFrame);
    expect(&line("abc\r"), &["abc\r"], End::MidFrame);
    expect(&line("\r"), &["\r"], End::MidFrame);
    expect(&line("\r\n\r"), &["|", "\r"], End::MidFrame);
    expect(&Case::new(TerminatorSpec::any_of(["abd", "cabx"]), "xcab"), &["xcab"], End::MidFrame);
}

// F9
#[test]
fn framer_finish_reports_missing_bytes_of_count() {
    expect(&Case::new(TerminatorSpec::Count(5), ""), &[], End::Short { missing: 5 });
    expect(&Case::new(TerminatorSpec::Count(5), "abc"), &["abc"], End::Short { missing: 2 });
    expect(&Case::new(TerminatorSpec::Count(5), "abcde"), &["abcde", "|"], End::Clean);
    expect(&Case::new(TerminatorSpec::Count(5), "abcdef"), &["abcde", "|", "f"], End::Clean);
}

// F9
#[test]
fn framer_data_without_terminator_is_no_frame() {
    let line = || TerminatorSpec::delimiter("\n");
    let none_after = |stream: &str| Case::new(line(), stream).after_next(TerminatorSpec::None);
    expect(&none_after("a\nbc").switch(line(), ""), &["a", "|", "bc"], End::Clean);
    expect(&none_after("a\nbc").switch(line(), "d"), &["a", "|", "bcd"], End::MidFrame);
    expect(&Case::new(line(), "ab").switch(TerminatorSpec::None, "").switch(line(), ""), &["ab"], End::MidFrame);
    expect(&Case::new(line(), "ab").switch(TerminatorSpec::None, "c").switch(line(), ""), &["abc"], End::Clean);
    expect(&Case::new(TerminatorSpec::Count(5), "ab").switch(line(), ""), &["ab"], End::MidFrame);
}

// F10
#[test]
fn framer_set_matches_earliest_end_then_longest() {
    let either = TerminatorSpec::any_of(["\n", "\r\n"]);
    let events = ["a", "|0", "b", "|1", "\r", "|1", "|0"];
    expect(&Case::new(either, "a\nb\r\n\r\r\n\n"), &events, End::Clean);
    let suffixes = TerminatorSpec::any_of(["aab", "b", "ab"]);
    let events = ["|1", "-", "|2", "-", "|0", "-a", "|0"];
    expect(&Case::new(suffixes, "b-ab-aab-aaab"), &events, End::Clean);
    let interlocked = TerminatorSpec::any_of(["abcd", "cdef", "bcx"]);
    let events = ["|0", "ef", "|0", "ef-", "|1", "-a", "|2"];
    expect(&Case::new(interlocked, "abcdefabcdef-cdef-abcx"), &events, End::Clean);
}
