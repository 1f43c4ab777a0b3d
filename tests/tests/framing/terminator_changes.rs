//! Terminators that are set while bytes are held: the held bytes are read again under the new one (F8).

use asynchat_core::{End, Event, Framer, Input};
use asynchat_tests::harness::case::Case;
use asynchat_tests::oracle::TerminatorSpec;

use crate::expect::expect;

/// `ab\r` under CR LF, so that the CR is held, and then another terminator.
fn held_return(spec: TerminatorSpec, then: &str) -> Case {
    Case::new(TerminatorSpec::delimiter("\r\n"), "ab\r").switch(spec, then)
}

// F8
#[test]
fn framer_terminator_change_does_not_stall() {
    let mut framer = Framer::new(b"\r\n");
    let mut input = Input::new(b"ab\r");
    assert_eq!(framer.next_event(&mut input), Some(Event::Data(b"ab")));
    assert_eq!(framer.next_event(&mut input), None);
    framer.set_terminator(b"\r");
    assert_eq!(framer.next_event(&mut Input::new(b"")), Some(Event::Terminator));
    assert_eq!(framer.next_event(&mut Input::new(b"")), None);
}

// F8
#[test]
fn framer_held_bytes_may_be_the_new_delimiter() {
    expect(&held_return(TerminatorSpec::delimiter("\r"), ""), &["ab", "|"], End::Clean);
    expect(&held_return(TerminatorSpec::delimiter("\rc"), "c\r"), &["ab", "|", "\r"], End::MidFrame);
    expect(&held_return(TerminatorSpec::any_of(["\n", "\r"]), "\n"), &["ab", "|1", "|0"], End::Clean);
}

// F7, F8
#[test]
fn framer_held_bytes_may_become_data() {
    expect(&held_return(TerminatorSpec::None, ""), &["ab\r"], End::Clean);
    expect(&held_return(TerminatorSpec::delimiter("\n"), ""), &["ab\r"], End::MidFrame);
    expect(&held_return(TerminatorSpec::delimiter("\n"), "\n"), &["ab\r", "|"], End::Clean);
}

// F6, F8
#[test]
fn framer_held_bytes_are_counted() {
    expect(&held_return(TerminatorSpec::Count(1), ""), &["ab\r", "|"], End::Clean);
    expect(&held_return(TerminatorSpec::Count(0), ""), &["ab", "|", "\r"], End::Clean);
    expect(&held_return(TerminatorSpec::Count(3), "c"), &["ab\rc"], End::Short { missing: 1 });
    let long = Case::new(TerminatorSpec::delimiter("aaaaab"), "aaaaa")
        .switch(TerminatorSpec::Count(2), "")
        .after_next(TerminatorSpec::Count(2));
    expect(&long.after_next(TerminatorSpec::delimiter("a")), &["aa", "|", "aa", "|", "|"], End::Clean);
}

// F4, F8
#[test]
fn framer_held_bytes_may_be_held_again() {
    expect(&held_return(TerminatorSpec::delimiter("\r\r"), "\r"), &["ab", "|"], End::Clean);
    let twice = held_return(TerminatorSpec::delimiter("\r\r"), "").switch(TerminatorSpec::delimiter("\r\n"), "\n");
    expect(&twice, &["ab", "|"], End::Clean);
    let shrinks =
        Case::new(TerminatorSpec::delimiter("abcabd"), "xabcab").switch(TerminatorSpec::delimiter("cabe"), "e");
    expect(&shrinks, &["xab", "|"], End::Clean);
    let grows = Case::new(TerminatorSpec::delimiter("abx"), "ab").switch(TerminatorSpec::delimiter("abcd"), "c");
    expect(&grows.switch(TerminatorSpec::any_of(["cd", "xcd"]), "de"), &["ab", "|0", "e"], End::MidFrame);
}

// F8
#[test]
fn framer_held_bytes_may_contain_several_frames() {
    let case =
        Case::new(TerminatorSpec::delimiter("\n\n\n\nx"), "a\n\n\n\n").switch(TerminatorSpec::delimiter("\n"), "");
    expect(&case, &["a", "|", "|", "|", "|"], End::Clean);
    let case = Case::new(TerminatorSpec::delimiter("a,b,c,d"), "a,b,c,").switch(TerminatorSpec::delimiter(","), "d,");
    expect(&case, &["a", "|", "b", "|", "c", "|", "d", "|"], End::Clean);
    let case = Case::new(TerminatorSpec::delimiter("a,b,c,d"), "a,b,c,")
        .switch(TerminatorSpec::delimiter(","), "")
        .after_next(TerminatorSpec::Count(1))
        .after_next(TerminatorSpec::delimiter(",c,"));
    expect(&case, &["a", "|", "b", "|", "|"], End::Clean);
}

// F8, F9
#[test]
fn framer_finish_returns_unrequested_held_bytes() {
    for spec in [TerminatorSpec::delimiter("\r"), TerminatorSpec::delimiter("x"), TerminatorSpec::any_of(["\r", "\n"])]
    {
        let mut framer = Framer::new(b"\r\n");
        assert_eq!(framer.next_event(&mut Input::new(b"\r")), None);
        framer.set_terminator(spec.terminator());
        assert_eq!(framer.finish(), (&b"\r"[..], End::MidFrame));
    }
    for (spec, end) in [
        (TerminatorSpec::None, End::Clean),
        (TerminatorSpec::Count(0), End::Clean),
        (TerminatorSpec::Count(1), End::Clean),
        (TerminatorSpec::Count(3), End::Short { missing: 2 }),
    ] {
        let mut framer = Framer::new(b"\r\n");
        assert_eq!(framer.next_event(&mut Input::new(b"\r")), None);
        framer.set_terminator(spec.terminator());
        assert_eq!(framer.finish(), (&b"\r"[..], end), "{spec:?}");
    }
}

// F1, F8
#[test]
fn framer_last_of_several_terminator_changes_wins() {
    let case = held_return(TerminatorSpec::delimiter("\n"), "");
    expect(&case, &["ab\r"], End::MidFrame);
    let mut framer = Framer::new(b"\r\n");
    assert_eq!(framer.next_event(&mut Input::new(b"\r")), None);
    framer.set_terminator(b"x");
    framer.set_terminator(7u64);
    framer.set_terminator(b"\r\n");
    assert_eq!(framer.next_event(&mut Input::new(b"\n")), Some(Event::Terminator));
}
