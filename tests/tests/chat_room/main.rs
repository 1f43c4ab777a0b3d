//! The chat room with several clients and no network: the exact bytes that each client receives.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod floods;
mod support;
mod typing;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};
use std::time::Duration;

use asynchat_core::Error;
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::protocols::chat_room::{MAX_LINE_LEN, MAX_NICKNAME_LEN, Room};

use support::{Client, LARGE_MAILBOX, three_members};

#[test]
fn message_reaches_all_other_members() {
    let [mut ann, mut bob, mut joe] = three_members(&Room::new());
    ann.send("good morning\nanybody here?\n");
    bob.send("yes\r\n");
    assert_eq!(ann.receive(), "bob: yes\r\n");
    assert_eq!(bob.receive(), "ann: good morning\r\nann: anybody here?\r\n");
    assert_eq!(joe.receive(), "ann: good morning\r\nann: anybody here?\r\nbob: yes\r\n");
}

// C1
#[test]
fn join_and_leave_are_announced_exactly_once() {
    let room = Room::new();
    let mut ann = Client::join(&room, "ann", LARGE_MAILBOX);
    let leaves: [fn(Client); 5] = [
        |mut bob| bob.send("/quit\n"),
        |mut bob| bob.shut_down_output(),
        |mut bob| drop(bob.chat.handle_transport_error("reset")),
        |bob| drop(bob),
        |mut bob| {
            bob.shut_down_output();
            bob.send("not received\n");
            bob.chat.handle_shutdown(Duration::ZERO);
            assert!(bob.chat.is_closed());
        },
    ];
    for leave in leaves {
        let bob = Client::join(&room, "bob", LARGE_MAILBOX);
        assert_eq!((ann.receive().as_str(), room.len()), ("* bob has joined\r\n", 2));
        leave(bob);
        assert_eq!((ann.receive().as_str(), room.len()), ("* bob has left\r\n", 1));
    }
    // A client that never joined does not leave.
    let mut nobody = Client::connect(&room, LARGE_MAILBOX);
    nobody.shut_down_output();
    assert_eq!(ann.receive(), "");
}

// C3
#[test]
fn half_close_leaves_after_delivering_earlier_messages() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send("bye\n");
    bob.send("a last line");
    bob.shut_down_output();
    ann.send("too late\n");
    assert_eq!(ann.receive(), "bob: a last line\r\n* bob has left\r\n");
    assert!(bob.is_closed_by_server());
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send("bye\n");
    assert_eq!(bob.receive(), "ann: bye\r\n");
    bob.shut_down_output();
    assert!(bob.is_closed_by_server());
}

// C2
#[test]
fn quit_discards_later_lines() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send("one\n/quit\ntwo\n/who\n");
    assert_eq!(ann.receive(), "* goodbye\r\n");
    assert!(ann.is_closed_by_server());
    assert_eq!(bob.receive(), "ann: one\r\n* ann has left\r\n");
}

#[test]
fn nickname_is_requested_until_one_is_accepted() {
    let room = Room::new();
    let mut ann = Client::join(&room, "ann", LARGE_MAILBOX);
    let mut other = Client::connect(&room, LARGE_MAILBOX);
    for (nick, why) in [
        ("", "a nick has at least one character"),
        ("two words", "a nick is made of letters, digits and punctuation"),
        ("bell\x07", "a nick is made of letters, digits and punctuation"),
        ("*", "a nick has no `:`, and does not begin with `*` or `/`"),
        (&"x".repeat(MAX_NICKNAME_LEN + 1), "a nick has at most 32 bytes"),
        ("ann", "that nick is taken, or looks like one that is"),
        ("ANN", "that nick is taken, or looks like one that is"),
        ("аnn", "that nick is taken, or looks like one that is"), // Cyrillic а
        ("\u{3164}", "a nick is made of letters, digits and punctuation"),
        ("ann\u{200f}", "a nick is made of letters, digits and punctuation"),
    ] {
        other.receive();
        other.send(&format!("{nick}\r\n"));
        assert_eq!(other.receive(), format!("* {why}; your nick, please\r\n"), "{nick}");
    }
    assert_eq!((ann.receive().as_str(), room.len()), ("", 1));
    // The nickname of a member who has left is free.
    drop(ann);
    other.send("Ann\n");
    assert!(other.receive().starts_with("* welcome, Ann;"));
}

#[test]
fn command_reply_goes_only_to_its_sender() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send("/who\n/dance\n \n\n");
    let unknown = "* there are no commands but `/help`, `/who` and `/quit`\r\n";
    assert_eq!(ann.receive(), format!("* ann is here\r\n* bob is here\r\n* joe is here\r\n{unknown}"));
    assert_eq!(bob.receive(), "");
}

#[test]
fn help_lists_the_commands() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send("/help\n");
    let help = ann.receive();
    assert!(["/who", "/quit", "/help"].iter().all(|command| help.contains(command)), "{help}");
    assert!(help.lines().all(|line| line.starts_with("* ")));
    assert_eq!(bob.receive(), "");
}

#[test]
fn message_has_no_character_that_turns_text() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send("\u{202e}olleh :bob\n\u{3164}\n");
    assert_eq!(bob.receive(), "ann: olleh :bob\r\n");
}

// L1, L2
#[test]
fn line_that_is_too_long_is_skipped() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    let longest = "x".repeat(MAX_LINE_LEN);
    ann.send(&format!("{longest}\r\n{longest}y\r\nnext\n"));
    assert_eq!(ann.receive(), "* a line has at most 1024 bytes; this one is dropped\r\n");
    assert_eq!(bob.receive(), format!("ann: {longest}\r\nann: next\r\n"));
    // The limit applies to the nickname line too.
    let mut other = Client::connect(&Room::new(), LARGE_MAILBOX);
    other.send(&format!("{longest}y\nada\n"));
    assert!(other.receive().contains("this one is dropped\r\n* welcome, ada"));
}

#[test]
fn message_cannot_imitate_other_output() {
    let [mut ann, mut bob, _joe] = three_members(&Room::new());
    ann.send_bytes(b"a\rbob: b\x1b[2J\n\xff\xc2\x9b\n\x07\n");
    assert_eq!(bob.receive(), "ann: abob: b[2J\r\nann: \u{fffd}\r\n");
}

/// A waker that reads the length of the room when it is woken, as a runtime that polls at once may do.
struct LenAtWake {
    room: Room,
    len: AtomicUsize,
}

impl Wake for LenAtWake {
    fn wake(self: Arc<Self>) {
        self.len.store(self.room.len(), Ordering::SeqCst);
    }
}

#[test]
fn room_is_unlocked_when_members_are_woken() {
    let room = Room::new();
    let mut ann = Client::join(&room, "ann", LARGE_MAILBOX);
    let mut bob = Client::join(&room, "bob", LARGE_MAILBOX);
    let len_at_wake = Arc::new(LenAtWake { room: room.clone(), len: AtomicUsize::new(0) });
    let waker = Waker::from(Arc::clone(&len_at_wake));
    for (act, len) in [
        (Box::new(|ann: &mut Client, _: &Room| ann.send("hello\n")) as Box<dyn FnOnce(&mut Client, &Room)>, 2),
        (Box::new(|_, room| drop(Client::join(room, "joe", LARGE_MAILBOX))), 3),
        (Box::new(|ann, _| ann.send("/quit\n")), 1),
    ] {
        bob.receive();
        let _ = bob.mailbox.poll_collect(&mut bob.chat, Duration::ZERO, &waker);
        act(&mut ann, &room);
        assert_eq!(len_at_wake.len.load(Ordering::SeqCst), len);
    }
}

// F1, F9, F10, L2
#[test]
fn chat_output_is_the_same_under_every_cut() {
    let long = "x".repeat(MAX_LINE_LEN + 2);
    let sent = format!("two words\nann\r\nhi\r\r\n\n{long}\r\n/who\r\nlast\r");
    let mut expected: Option<(String, String)> = None;
    // All cuts inside the long line are alike.
    let interesting = |at: usize| !(40..1000).contains(&at);
    for (_, cut) in every_cut(sent.len()).into_iter().enumerate().filter(|(index, _)| interesting(*index)) {
        let room = Room::new();
        let mut bob = Client::join(&room, "bob", LARGE_MAILBOX);
        let mut ann = Client::connect(&room, LARGE_MAILBOX);
        for chunk in cut.chunks(0, sent.as_bytes()) {
            ann.send_bytes(chunk);
        }
        ann.shut_down_output();
        let received = (ann.receive(), bob.receive());
        assert_eq!(ann.chat.handle_eof(Duration::ZERO), Ok::<(), Error>(()));
        assert_eq!(expected.get_or_insert_with(|| received.clone()), &received, "{cut:?}");
    }
    let (ann, bob) = expected.unwrap();
    assert_eq!(bob, "* ann has joined\r\nann: hi\r\nann: last\r\n* ann has left\r\n");
    assert!(ann.ends_with("this one is dropped\r\n* ann is here\r\n* bob is here\r\n"), "{ann}");
}
