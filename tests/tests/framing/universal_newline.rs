//! Lines that end in CR, in LF or in CRLF (F14).

use asynchat_core::{End, Event, Framer, Frames, Input, ReceiveBuffer, Terminator};
use asynchat_tests::harness::case::Case;
use asynchat_tests::harness::cuts::{Cut, every_cut};
use asynchat_tests::harness::framer_lockstep;
use asynchat_tests::harness::suite::check_cuts;
use asynchat_tests::harness::transcript::framer_transcript;
use asynchat_tests::oracle::TerminatorSpec;

use crate::expect::expect;

fn lines(stream: impl AsRef<[u8]>) -> Case {
    Case::new(TerminatorSpec::UniversalNewline, stream)
}

// F14
#[test]
fn universal_newline_ends_lines_in_three_ways() {
    expect(&lines("unix\nnet\r\nmac\rend\n"), &["unix", "|", "net", "|", "mac", "|", "end", "|"], End::Clean);
    expect(&lines("\r\n\r\n"), &["|", "|"], End::Clean);
    expect(&lines("\n\r\n\r"), &["|", "|", "|"], End::Clean);
    expect(&lines("\r\r\n\n"), &["|", "|", "|"], End::Clean);
    expect(&lines("a\r\nb"), &["a", "|", "b"], End::MidFrame);
}

// F1, F14
#[test]
fn universal_newline_is_right_for_every_short_stream() {
    for length in 0..=6 {
        for number in 0..3_usize.pow(length) {
            let stream: Vec<u8> = (0..length).map(|at| b"a\r\n"[number / 3_usize.pow(at) % 3]).collect();
            let cuts: Vec<Cut> =
                (0..=stream.len()).map(Cut::two_way).chain([Cut::byte_by_byte(stream.len())]).collect();
            let body = lines(&stream).after_next(TerminatorSpec::Count(1)).after_next(TerminatorSpec::UniversalNewline);
            for case in [lines(&stream), body] {
                check_cuts(&case, &cuts, framer_transcript);
                cuts.iter().for_each(|cut| framer_lockstep::run(&case, cut));
            }
        }
    }
}

// F14
#[test]
fn universal_newline_is_found_after_every_gap() {
    for gap in (0..=200).chain(380..=460).chain(1023..=1025) {
        let gap_bytes = vec![b'x'; gap];
        let ends = [&b"\r\n"[..], b"\n", b"\r", b"\n", b"\r\n"];
        let stream: Vec<u8> = ends.iter().flat_map(|end| [&gap_bytes, *end].concat()).collect();
        let cuts = [Cut::whole(), Cut::every(64, stream.len()), Cut::two_way(gap), Cut::two_way(gap + 1)];
        check_cuts(&lines(&stream), &cuts, framer_transcript);
        framer_lockstep::run(&lines(&stream), &Cut::whole());
    }
}

// F14
#[test]
fn universal_newline_waits_for_no_lf() {
    let mut framer = Framer::new(Terminator::universal_newline());
    let mut input = Input::new(b"line\r");
    assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"line")));
    assert_eq!(framer.next_event(&mut input), Some(Event::Terminator));
    assert_eq!(framer.next_event(&mut input), None);
    assert_eq!((framer.held(), framer.matched()), (0, 0));
    assert_eq!(framer.next_event(&mut Input::new(b"\n")), None, "it is no line of its own");
    assert_eq!(framer.next_event(&mut Input::new(b"\n")), Some(Event::Terminator));
    assert_eq!(framer.finish(), (&b""[..], End::Clean));
}

// F9, F14
#[test]
fn universal_newline_stream_ends_cleanly_after_cr() {
    let mut framer = Framer::new(Terminator::universal_newline());
    assert_eq!(framer.next_event(&mut Input::new(b"\r")), Some(Event::Terminator));
    assert_eq!(framer.finish(), (&b""[..], End::Clean));
    assert_eq!(framer.next_event(&mut Input::new(b"\n")), Some(Event::Terminator), "another stream");
}

// F8, F14
#[test]
fn universal_newline_lf_is_no_part_of_a_body() {
    let body = |count: u64| {
        lines("5\r\nhello\n").after_next(TerminatorSpec::Count(count)).after_next(TerminatorSpec::UniversalNewline)
    };
    expect(&body(5), &["5", "|", "hello", "|", "|"], End::Clean);
    expect(&body(0), &["5", "|", "|", "hello", "|"], End::Clean);
    let none = lines("CONNECT\r\n\ndata").after_next(TerminatorSpec::None);
    expect(&none, &["CONNECT", "|", "\ndata"], End::Clean);
    let delimiter = lines("a\r\nb\r\nc\n").after_next(TerminatorSpec::delimiter("\n"));
    expect(&delimiter, &["a", "|", "b\r", "|", "c", "|"], End::Clean);
    let switched = lines("5\r").switch(TerminatorSpec::Count(2), "\n").switch(TerminatorSpec::Count(2), "\nx");
    expect(&switched, &["5", "|", "\nx", "|"], End::Clean);
}

// F8, F14
#[test]
fn universal_newline_reads_held_bytes_again() {
    let held = |delimiter: &str, held: &str, then: &str| {
        Case::new(TerminatorSpec::delimiter(delimiter), held).switch(TerminatorSpec::UniversalNewline, then)
    };
    expect(&held("\r\n", "a\r", "\nb\n"), &["a", "|", "b", "|"], End::Clean);
    expect(&held("\r\n.\r\n", "a\r\n.\r", "\n\n"), &["a", "|", ".", "|", "|"], End::Clean);
    expect(&held("\r\n.\r\n", "a\r\n.\r", ""), &["a", "|", ".", "|"], End::Clean);
}

// F14, L1, L2, L4
#[test]
fn universal_newline_frames_are_whole_under_every_cut() {
    let stream = b"one\r\ntwo\rmuch too long\r\n\nthree\n";
    for cut in every_cut(stream.len()) {
        let mut frames = Frames::with_max_len(Terminator::universal_newline(), 8);
        let mut lines = Vec::new();
        for chunk in cut.chunks(0, stream) {
            let mut input = Input::new(chunk);
            while let Some(line) = frames.next_frame(&mut input) {
                lines.push(line.map_or_else(|_| "!".to_owned(), |line| line.escape_ascii().to_string()));
            }
        }
        assert_eq!(lines, ["one", "two", "!", "", "three"], "{cut:?}");
        assert_eq!(frames.finish(), (&b""[..], End::Clean));
    }
}

// C5, F14
#[test]
fn universal_newline_lf_is_not_unread() {
    let mut received = ReceiveBuffer::new(Terminator::universal_newline());
    received.extend_from_slice(b"STARTTLS\r");
    assert_eq!(received.next_frame(), Some(Ok(&b"STARTTLS"[..])));
    received.extend_from_slice(b"\n");
    assert_eq!(received.unread(), 0);
    received.extend_from_slice(b"\n");
    assert_eq!(received.unread(), 1);
}

// F11, F14
#[test]
fn universal_newline_is_searched_anew_after_counts() {
    let stream = b"aa\rbb\r\ncc\n".repeat(100);
    let mut case = lines(&stream);
    for _ in 0..100 {
        case = case.keep_after_next().after_next(TerminatorSpec::Count(1)).after_next(TerminatorSpec::delimiter("\n"));
        case = case.after_next(TerminatorSpec::UniversalNewline);
    }
    for cut in [Cut::whole(), Cut::every(7, stream.len()), Cut::every(64, stream.len())] {
        framer_lockstep::run(&case, &cut);
        check_cuts(&case, &[cut], framer_transcript);
    }
}
