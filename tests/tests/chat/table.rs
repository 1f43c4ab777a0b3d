//! Examples of each clause. Each is checked under every cut, and call by call against the oracle.

use asynchat_tests::harness::chat_lockstep::{Action, Call, RecordedCall, Script, run, run_cut};
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::oracle::{TerminatorSpec, WaterMarks};

const WATER_MARKS: WaterMarks = WaterMarks { high: 20, low: 8 };

/// A handler that sets a delimiter in `handle_connect`, and then performs these actions, one list for each call without
/// data.
fn lines(delimiter: &str, max_len: usize, actions: Vec<Vec<Action>>) -> Script {
    let connect = vec![Action::Set(TerminatorSpec::delimiter(delimiter))];
    Script {
        max_len,
        water_marks: WATER_MARKS,
        actions: [connect].into_iter().chain(actions).collect(),
        data_actions: Vec::new(),
    }
}

fn set(delimiter: &str) -> Action {
    Action::Set(TerminatorSpec::delimiter(delimiter))
}

/// The calls between `handle_connect` and `handle_close`, as [`RecordedCall`] prints them.
fn printed(recorded: &[RecordedCall]) -> Vec<String> {
    let calls: Vec<String> = recorded.iter().map(|call| format!("{call:?}")).collect();
    match calls.as_slice() {
        [first, between @ .., last] if first == "connect" && last == "closed" => between.to_vec(),
        _ => panic!("{calls:?} is not a whole conversation"),
    }
}

/// Under every cut the handler gets these calls. `"|"` is a terminator, `"!"` a frame that is too long; data is in
/// quotes.
#[track_caller]
fn expect(script: &Script, stream: &str, expected: &[&str]) {
    for cut in every_cut(stream.len()) {
        assert_eq!(printed(&run_cut(script, stream.as_bytes(), &cut)), expected, "under {cut:?}");
    }
}

/// These calls from outside give these calls of the handler.
#[track_caller]
fn expect_of(script: &Script, calls: &[Call], expected: &[&str]) {
    assert_eq!(printed(&run(script, calls)), expected, "{calls:?}");
}

fn feed(bytes: &str) -> Call {
    Call::Feed(bytes.into())
}

// L1, L5, L6
#[test]
fn chat_delivers_frames_up_to_the_limit() {
    let script = lines("\r\n", 4, Vec::new());
    expect(&script, "abcd\r\nabcde\r\nfg\r\n", &["\"abcd\"", "|", "\"abcd\"", "!", "(5)", "\"fg\"", "|", "Clean"]);
    expect(&script, "\r\r\r\r\r\n\r\r\r\r\r\r\n", &["\"\\r\\r\\r\\r\"", "|", "\"\\r\\r\\r\\r\"", "!", "(5)", "Clean"]);
    expect(&lines("\n", 0, Vec::new()), "\na\n\n", &["|", "!", "(1)", "|", "Clean"]);
}

// L5
#[test]
fn chat_limits_delimited_frames_only() {
    let script = lines(
        "\n",
        2,
        vec![vec![Action::Set(TerminatorSpec::Count(5))], vec![set("\n")], vec![Action::Set(TerminatorSpec::None)]],
    );
    expect(
        &script,
        "ab\n12345cd\nwhatever",
        &["\"ab\"", "|", "\"12345\"", "|", "\"cd\"", "|", "\"whatever\"", "Clean"],
    );
}

// F8, L5
#[test]
fn chat_terminator_set_at_limit_applies_beyond_it() {
    let at_the_limit = |action| lines("\r\n", 4, vec![vec![action]]);
    expect(&at_the_limit(set(";")), "abcd\r\rf;gh;", &["\"abcd\"", "!", "(7)", "\"gh\"", "|", "Clean"]);
    expect(
        &at_the_limit(Action::Set(TerminatorSpec::Count(3))),
        "abcd\r\rfgh",
        &["\"abcd\"", "!", "\"\\r\\rf\"", "|", "\"gh\"", "Clean"],
    );
    expect(
        &at_the_limit(Action::Set(TerminatorSpec::None)),
        "abcd\r\rf\r\n",
        &["\"abcd\"", "!", "\"\\r\\rf\\r\\n\"", "Clean"],
    );
    expect(
        &at_the_limit(Action::Limit(9)),
        "abcd\r\rf\r\nlonger\r\n",
        &["\"abcd\"", "!", "(7)", "\"longer\"", "|", "Clean"],
    );
}

// L5
#[test]
fn chat_limit_set_mid_frame_counts_earlier_data() {
    let limit = |from: usize, to: usize, calls: [&str; 2]| {
        let calls = [feed(calls[0]), Call::FromOutside(Action::Limit(to)), feed(calls[1])];
        printed(&run(&lines("\n", from, Vec::new()), &calls))
    };
    assert_eq!(limit(4, 6, ["abcd", "ef\ngh\n"]), ["\"abcdef\"", "|", "\"gh\"", "|", "Clean"]);
    assert_eq!(limit(4, 2, ["abcd", "\ngh\n"]), ["\"abcd\"", "|", "\"gh\"", "|", "Clean"]);
    assert_eq!(limit(4, 2, ["abcd", "e\ngh\n"]), ["\"abcd\"", "!", "(5)", "\"gh\"", "|", "Clean"]);
    assert_eq!(limit(4, 9, ["abcde", "f\ngh\n"]), ["\"abcd\"", "!", "(6)", "\"gh\"", "|", "Clean"]);
}

// C2
#[test]
fn chat_delivers_nothing_after_close() {
    let script = lines("\n", 4, vec![vec![Action::Push(3), Action::Close, Action::Push(3)]]);
    expect(&script, "quit\nmore\nand\nlonger than the limit\n", &["\"quit\"", "|"]);
    expect(&lines("\n", 4, vec![vec![], vec![Action::Close]]), "a\nbcdefgh\nijkl\n", &["\"a\"", "|", "\"bcde\"", "!"]);
}

// O6
#[test]
fn chat_pauses_from_high_to_low_water() {
    let script = lines("\n", 9, vec![vec![Action::Push(25)]]);
    let calls = [feed("a\nb"), feed("\nc\n"), Call::Write(16), feed("d\n"), Call::Write(1), Call::End];
    expect_of(&script, &calls, &["\"a\"", "|", "\"b\"", "|", "\"c\"", "|", "\"d\"", "|", "Clean"]);
    let again = lines("\n", 9, vec![vec![Action::Push(25)]; 3]);
    expect(&again, "a\nb\nc\nd\n", &["\"a\"", "|", "\"b\"", "|", "\"c\"", "|", "\"d\"", "|", "Clean"]);
}

// C12
#[test]
fn chat_paused_delivers_nothing_until_resumed() {
    let script = lines("\n", 9, vec![vec![Action::Pause], vec![Action::Pause, Action::Resume]]);
    let calls = [feed("a\nb"), feed("\nc\n"), Call::FromOutside(Action::Resume), feed("d\n"), Call::End];
    expect_of(&script, &calls, &["\"a\"", "|", "\"b\"", "|", "\"c\"", "|", "\"d\"", "|", "Clean"]);
    expect(&script, "a\nb\nc\nd\n", &["\"a\"", "|", "\"b\"", "|", "\"c\"", "|", "\"d\"", "|", "Clean"]);
}

// C12, C2
#[test]
fn chat_paused_closes_without_further_events() {
    let script = lines("\n", 9, vec![vec![Action::Pause]]);
    let calls = [feed("a\nb\n"), Call::FromOutside(Action::Close), feed("c\n"), Call::End];
    expect_of(&script, &calls, &["\"a\"", "|"]);
}

// F9, C3
#[test]
fn chat_delivers_held_bytes_before_eof() {
    let script = lines("\r\n", 9, Vec::new());
    expect(&script, "ab\r\ncd\r", &["\"ab\"", "|", "\"cd\\r\"", "MidFrame"]);
    expect(&lines("\r\n\r\n", 3, Vec::new()), "ab\r\n\r", &["\"ab\\r\"", "!", "MidFrame"]);
}

// F8, C3
#[test]
fn chat_rereads_held_bytes_beyond_limit_at_eof() {
    let blank = |actions| lines("\r\n\r\n", 3, actions);
    expect(
        &blank(vec![vec![Action::Set(TerminatorSpec::None)]]),
        "ab\r\n\r",
        &["\"ab\\r\"", "!", "\"\\n\\r\"", "Clean"],
    );
    expect(&blank(vec![vec![set("\n")], vec![]]), "ab\r\n\r", &["\"ab\\r\"", "!", "(3)", "\"\\r\"", "MidFrame"]);
    let one = vec![vec![Action::Set(TerminatorSpec::Count(1))]];
    expect(&blank(one), "ab\r\n\r", &["\"ab\\r\"", "!", "\"\\n\"", "|", "\"\\r\"", "Clean"]);
}

// F8, L5, C3
#[test]
fn chat_count_set_on_data_exempts_held_bytes() {
    let data_actions = vec![vec![], vec![Action::Set(TerminatorSpec::Count(5))]];
    let script = Script { data_actions, ..lines("\r\n\r\n", 3, Vec::new()) };
    expect_of(&script, &[feed("ab\r\n\r"), Call::End], &["\"ab\\r\\n\\r\"", "Short { missing: 3 }"]);
}

// C3
#[test]
fn chat_delivers_nothing_after_eof() {
    let at_the_end = vec![Action::Set(TerminatorSpec::Count(0)), Action::Push(2)];
    expect(&lines("\n", 4, vec![vec![], at_the_end]), "a\nb", &["\"a\"", "|", "\"b\"", "MidFrame"]);
}

// O6, C3
#[test]
fn chat_holds_back_eof_while_paused() {
    let data_actions = vec![vec![], vec![Action::Push(25)]];
    let script = Script { data_actions, ..lines("\r\n\r\n", 3, Vec::new()) };
    expect_of(&script, &[feed("ab\r\n\r"), Call::End, Call::Write(9)], &["\"ab\\r\"", "!", "MidFrame"]);
}

// O5, L5
#[test]
fn chat_discarded_bytes_do_not_count_towards_limit() {
    let script = lines("\r\n", 4, Vec::new());
    let calls = [
        feed("ab\r"),
        Call::FromOutside(Action::Push(30)),
        Call::FromOutside(Action::Discard),
        feed("\nc\r\n"),
        Call::End,
    ];
    expect_of(&script, &calls, &["\"ab\\nc\"", "|", "Clean"]);
}

// C1, C4
#[test]
fn chat_calls_only_handle_close_after_error() {
    let stream = b"a\ntoo long\nb\r";
    for at in 0..5 {
        let mut script = lines("\n", 4, vec![Vec::new(); 3]);
        match script.actions.get_mut(at) {
            Some(actions) => actions.push(Action::Fail),
            None => script.data_actions = vec![vec![], vec![Action::Fail]],
        }
        for cut in every_cut(stream.len()) {
            let calls = run_cut(&script, stream, &cut);
            let closed = calls.last().map(|call| format!("{call:?}"));
            assert_eq!(closed.as_deref(), Some("closed: the handler failed: the script says so"), "{at}");
        }
    }
}
