//! Whole frames: the limit, the frame after one that is too long, and copies.

use asynchat_core::{End, FrameTooLong, Frames, Input};
use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::frames_transcript::{FrameResult, FramesTranscript, frames_transcript, oracle_transcript};
use asynchat_tests::oracle::{TerminatorSpec, TooLong};
use proptest::prelude::*;

use crate::strategies::{case, cases};

/// Checks that the oracle gives these frames, and core as well, under every cut. `"!"` is a frame that is too long,
/// and `"!5"` the end of one that was counted.
#[track_caller]
fn expect(case: &Case, max_len: usize, frames: &[&str], rest: &str, end: End) {
    let read = |frame: &&str| -> FrameResult {
        match frame.strip_prefix('!') {
            Some("") => Err(TooLong::Begun),
            Some(length) => Err(length.parse().map_or(TooLong::Begun, TooLong::Ended)),
            None => Ok(frame.as_bytes().to_vec()),
        }
    };
    let expected = FramesTranscript { frames: frames.iter().map(read).collect(), rest: rest.into(), end };
    assert_eq!(oracle_transcript(case, max_len), expected, "the oracle is on the left: {case:?}");
    check(case, max_len);
}

fn check(case: &Case, max_len: usize) {
    let expected = oracle_transcript(case, max_len);
    for cut in every_cut(case.stream().len()) {
        assert_eq!(frames_transcript(case, &cut, max_len), expected, "under {cut:?} in {case:?} with {max_len}");
    }
}

fn lines(delimiter: &str, stream: &str) -> Case {
    Case::new(TerminatorSpec::delimiter(delimiter), stream)
}

// L1
#[test]
fn frames_limit_counts_data_without_the_delimiter() {
    expect(&lines("\r\n", "xyz\r\n"), 3, &["xyz"], "", End::Clean);
    expect(&lines("\r\n", "wxyz\r\n"), 3, &["!"], "", End::Clean);
    expect(&lines("\r\n", "\r\n\r\n"), 0, &["", ""], "", End::Clean);
    expect(&lines("\r\n", "x\r\n\r\n"), 0, &["!", ""], "", End::Clean);
    expect(&lines("a long delimiter, 27 bytes.", "xa long delimiter, 27 bytes."), 1, &["x"], "", End::Clean);
}

// F1, L1
#[test]
fn frames_limit_holds_with_a_split_delimiter() {
    let stream = format!("{}\r\n", "x".repeat(40));
    expect(&lines("\r\n", &stream), 40, &[&stream[..40]], "", End::Clean);
    expect(&lines("\r\n", &stream), 39, &["!"], "", End::Clean);
    let stream = format!("{}\r\r\n", "x".repeat(39));
    expect(&lines("\r\n", &stream), 40, &[&stream[..40]], "", End::Clean);
    expect(&lines("\r\n", &stream), 39, &["!"], "", End::Clean);
}

// L1, L2
#[test]
fn frames_limit_counts_false_starts_as_data() {
    expect(&lines("aab", "aaaab"), 2, &["aa"], "", End::Clean);
    expect(&lines("aab", "aaaaab"), 2, &["!"], "", End::Clean);
    expect(&lines("aab", "xxaaxaab"), 5, &["xxaax"], "", End::Clean);
}

// L2
#[test]
fn frames_deliver_the_frame_after_an_overlong_one() {
    expect(&lines("\n", "much too long\nok\n"), 8, &["!", "ok"], "", End::Clean);
    expect(&lines("\n", "much too long\n\nmuch too long again\nok\n"), 8, &["!", "", "!", "ok"], "", End::Clean);
    expect(&lines("\r\n", "toolong\rtoolong\r\r\nok\r\n"), 3, &["!", "ok"], "", End::Clean);
}

// L2
#[test]
fn frames_report_too_long_as_soon_as_certain() {
    let mut frames = Frames::with_max_len(b"\r\n", 3);
    assert_eq!(frames.next_frame(&mut Input::new(b"abc\r")), None, "a newline may follow");
    let mut input = Input::new(b"x");
    assert_eq!(frames.next_frame(&mut input).map(|frame| frame.map_err(|error| error.max_len())), Some(Err(3)));
    assert_eq!(frames.next_frame(&mut input), None, "once");
    assert_eq!(frames.next_frame(&mut Input::new(b"and on and on")), None, "once");
    let mut input = Input::new(b"\r\nok\r\n");
    assert_eq!(frames.next_frame(&mut input), Some(Ok(&b"ok"[..])));
    assert_eq!(frames.next_frame(&mut input), None);
}

// F9, L2
#[test]
fn frames_finish_returns_the_partial_frame() {
    expect(&lines("\r\n", "ab\r\ncd\r"), 8, &["ab"], "cd\r", End::MidFrame);
    expect(&lines("\r\n", "ab\r\nmuch too long\r"), 8, &["ab", "!"], "", End::MidFrame);
    expect(&Case::new(TerminatorSpec::Count(5), "abc"), 8, &[], "abc", End::Short { missing: 2 });
    expect(&Case::new(TerminatorSpec::None, "abc"), 8, &[], "abc", End::Clean);
}

// F6, L1, L2
#[test]
fn frames_limit_applies_to_counts() {
    let body = |count: u64| {
        lines("\n", "5\nhel\nowo\n\n")
            .after_next(TerminatorSpec::Count(count))
            .after_next(TerminatorSpec::delimiter("\n"))
    };
    expect(&body(5), 5, &["5", "hel\no", "wo", ""], "", End::Clean);
    expect(&body(6), 5, &["5", "!", "owo", ""], "", End::Clean);
    expect(&body(0), 5, &["5", "", "hel", "owo", ""], "", End::Clean);
}

// F8, L1, L2
#[test]
fn frames_terminator_set_at_limit_applies_beyond_it() {
    let then = |stream: &str, spec: TerminatorSpec| lines("\n", stream).after_next(spec);
    expect(&then("abcdefgh;ok;", TerminatorSpec::delimiter(";")), 4, &["!", "ok"], "", End::Clean);
    expect(&then("abcdefgh12\nok\n", TerminatorSpec::delimiter("2")), 4, &["!"], "\nok\n", End::MidFrame);
    expect(&then("abcdefgh", TerminatorSpec::Count(3)), 4, &["!", "!7"], "h", End::Clean);
    expect(&then("abcde\nfg", TerminatorSpec::None), 4, &["!"], "", End::Clean);
    // A prefix of the delimiter lies across the limit.
    let blank = |stream: &str, spec: TerminatorSpec| lines("\r\n\r\n", stream).after_next(spec);
    expect(&blank("abcd\r\nx\nok\n", TerminatorSpec::delimiter("\n")), 4, &["!", "x", "ok"], "", End::Clean);
    expect(&blank("ab\r\n\r\r\r\nok\r", TerminatorSpec::delimiter("\r")), 4, &["!", "", "", "\nok"], "", End::Clean);
}

// F8, L1
#[test]
fn frames_terminator_change_keeps_the_partial_frame() {
    expect(&lines("\r\n", "ab\r").switch(TerminatorSpec::delimiter("\r"), "c\r"), 8, &["ab", "c"], "", End::Clean);
    expect(&lines("\n", "ab").switch(TerminatorSpec::Count(1), "cd"), 8, &["abc"], "d", End::Clean);
    expect(&lines("\n", "too long").switch(TerminatorSpec::delimiter("x"), "\nx\nx"), 4, &["!", "\n"], "", End::Clean);
}

// L3
#[test]
fn frames_default_limit_is_64_kib() {
    let longest = vec![b'x'; 64 * 1024];
    let one_more = vec![b'x'; longest.len() + 1];
    let result = |mut frames: Frames, frame: &[u8]| -> Option<Result<usize, FrameTooLong>> {
        let stream = [frame, b"\n"].concat();
        frames.next_frame(&mut Input::new(&stream)).map(|frame| frame.map(<[u8]>::len))
    };
    assert_eq!(result(Frames::new(b"\n"), &longest), Some(Ok(longest.len())));
    assert!(matches!(result(Frames::new(b"\n"), &one_more), Some(Err(_))));
    assert_eq!(result(Frames::unlimited(b"\n"), &one_more), Some(Ok(one_more.len())));
}

// L4
#[test]
fn frames_borrow_whole_frames_from_the_input() {
    let stream = b"one\r\ntwo\rthree\r\nfo";
    let mut frames = Frames::new(b"\r\n");
    let mut input = Input::new(stream);
    for range in [0..3, 5..14] {
        let frame = frames.next_frame(&mut input);
        assert!(frame.is_some_and(|frame| frame.is_ok_and(|frame| std::ptr::eq(frame, &stream[range]))));
    }
    assert_eq!(frames.next_frame(&mut input), None);
}

proptest! {
    #![proptest_config(cases(60))]

    // F1, F9, L1, L2, L4
    #[test]
    fn frames_are_the_same_under_every_cut(case in case(), max_len in 0_usize..30) {
        check(&case, max_len);
    }
}
