//! The room, with several conversations in it and no network between them: what each of them hears, to the byte.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use asynchat_core::drive::{Mailbox, Peer, mailbox};
use asynchat_core::{Chat, Config, Error, Input};
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::protocols::chat_room::{ChatHandler, MAX_LINE_LEN, MAX_NICK_LEN, Room};
use bytes::Buf;

const AMPLE: usize = 1 << 20;

/// What somebody is greeted with, and told when they have given a nick.
fn welcome(nick: &str) -> String {
    format!("* your nick, please\r\n* welcome, {nick}; `/who` names the others, `/quit` leaves\r\n")
}

/// A connection, whose driver this is: nothing is collected or sent unless it is asked to.
struct User {
    chat: Chat<ChatHandler>,
    mailbox: Mailbox,
}

impl User {
    fn connect(room: &Room, capacity: usize) -> Self {
        let (handle, mailbox) = mailbox(capacity);
        let peer = Peer::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 6667)), handle);
        let mut chat = Chat::new(ChatHandler::new(room.clone(), peer), Config::default());
        chat.handle_connect().unwrap();
        Self { chat, mailbox }
    }

    /// Connects, gives a nick, and has heard the welcome.
    fn join(room: &Room, nick: &str, capacity: usize) -> Self {
        let mut user = Self::connect(room, capacity);
        user.types(&format!("{nick}\n"));
        assert_eq!(user.hears(), welcome(nick));
        user
    }

    fn types(&mut self, text: &str) {
        self.sends(text.as_bytes());
    }

    fn sends(&mut self, bytes: &[u8]) {
        self.chat.handle_input(&mut Input::new(bytes)).unwrap();
    }

    fn hangs_up(&mut self) {
        self.chat.handle_eof().unwrap();
    }

    /// All that has come for this one by now.
    fn hears(&mut self) -> String {
        let mut heard = Vec::new();
        loop {
            let changed = self.mailbox.poll_collect(self.chat.channel_mut(), AMPLE, Waker::noop()).is_ready();
            while self.chat.wants_write() {
                let mut staged = self.chat.poll_transmit();
                heard.extend_from_slice(&staged.copy_to_bytes(staged.remaining()));
            }
            if !changed {
                return String::from_utf8(heard).unwrap();
            }
        }
    }

    /// Whether the conversation ends, now that all is sent; the peer reads on.
    fn is_hung_up_on(&mut self) -> bool {
        self.chat.wants_shutdown()
    }
}

/// Three who have heard each other come.
fn three(room: &Room) -> [User; 3] {
    let mut users = ["ann", "bob", "joe"].map(|nick| User::join(room, nick, AMPLE));
    for user in &mut users {
        user.hears();
    }
    users
}

#[test]
fn message_reaches_all_other_members() {
    let [mut ann, mut bob, mut joe] = three(&Room::new());
    ann.types("good morning\nanybody here?\n");
    bob.types("yes\r\n");
    assert_eq!(ann.hears(), "bob: yes\r\n");
    assert_eq!(bob.hears(), "ann: good morning\r\nann: anybody here?\r\n");
    assert_eq!(joe.hears(), "ann: good morning\r\nann: anybody here?\r\nbob: yes\r\n");
}

// C1
#[test]
fn join_and_leave_are_announced_exactly_once() {
    let room = Room::new();
    let mut ann = User::join(&room, "ann", AMPLE);
    let leaves: [fn(User); 5] = [
        |mut bob| bob.types("/quit\n"),
        |mut bob| bob.hangs_up(),
        |mut bob| drop(bob.chat.handle_transport_error("reset")),
        |bob| drop(bob),
        |mut bob| {
            bob.hangs_up();
            bob.types("not heard\n");
            bob.chat.handle_shutdown();
            assert!(bob.chat.is_closed());
        },
    ];
    for leave in leaves {
        let bob = User::join(&room, "bob", AMPLE);
        assert_eq!((ann.hears().as_str(), room.len()), ("* bob has joined\r\n", 2));
        leave(bob);
        assert_eq!((ann.hears().as_str(), room.len()), ("* bob has left\r\n", 1));
    }
    // Who was never there has not left.
    let mut nobody = User::connect(&room, AMPLE);
    nobody.hangs_up();
    assert_eq!(ann.hears(), "");
}

// C3
#[test]
fn half_close_leaves_after_delivering_earlier_messages() {
    let [mut ann, mut bob, _joe] = three(&Room::new());
    ann.types("bye\n");
    bob.types("a last line");
    bob.hangs_up();
    ann.types("too late\n");
    assert_eq!(ann.hears(), "bob: a last line\r\n* bob has left\r\n");
    assert!(bob.is_hung_up_on());
    let [mut ann, mut bob, _joe] = three(&Room::new());
    ann.types("bye\n");
    assert_eq!(bob.hears(), "ann: bye\r\n");
    bob.hangs_up();
    assert!(bob.is_hung_up_on());
}

// C2
#[test]
fn quit_discards_later_lines() {
    let [mut ann, mut bob, _joe] = three(&Room::new());
    ann.types("one\n/quit\ntwo\n/who\n");
    assert_eq!(ann.hears(), "* goodbye\r\n");
    assert!(ann.is_hung_up_on());
    assert_eq!(bob.hears(), "ann: one\r\n* ann has left\r\n");
}

#[test]
fn nickname_is_requested_until_one_is_accepted() {
    let room = Room::new();
    let mut ann = User::join(&room, "ann", AMPLE);
    let mut other = User::connect(&room, AMPLE);
    for (nick, why) in [
        ("", "a nick has at least one character"),
        ("two words", "a nick is made of letters, digits and punctuation"),
        ("bell\x07", "a nick is made of letters, digits and punctuation"),
        ("*", "a nick has no `:`, and does not begin with `*` or `/`"),
        (&"x".repeat(MAX_NICK_LEN + 1), "a nick has at most 32 bytes"),
        ("ann", "that nick is taken"),
        ("ANN", "that nick is taken"),
    ] {
        other.hears();
        other.types(&format!("{nick}\r\n"));
        assert_eq!(other.hears(), format!("* {why}; your nick, please\r\n"), "{nick}");
    }
    assert_eq!((ann.hears().as_str(), room.len()), ("", 1));
    // A nick is free again once it has been given up.
    drop(ann);
    other.types("Ann\n");
    assert!(other.hears().starts_with("* welcome, Ann;"));
}

#[test]
fn command_reply_goes_only_to_its_sender() {
    let [mut ann, mut bob, _joe] = three(&Room::new());
    ann.types("/who\n/dance\n \n\n");
    let unknown = "* there are no commands but `/who` and `/quit`\r\n";
    assert_eq!(ann.hears(), format!("* ann is here\r\n* bob is here\r\n* joe is here\r\n{unknown}"));
    assert_eq!(bob.hears(), "");
}

// L1, L2
#[test]
fn line_that_is_too_long_is_skipped() {
    let [mut ann, mut bob, _joe] = three(&Room::new());
    let longest = "x".repeat(MAX_LINE_LEN);
    ann.types(&format!("{longest}\r\n{longest}y\r\nnext\n"));
    assert_eq!(ann.hears(), "* a line has at most 1024 bytes; this one is dropped\r\n");
    assert_eq!(bob.hears(), format!("ann: {longest}\r\nann: next\r\n"));
    // A nick, too.
    let mut other = User::connect(&Room::new(), AMPLE);
    other.types(&format!("{longest}y\nada\n"));
    assert!(other.hears().contains("this one is dropped\r\n* welcome, ada"));
}

#[test]
fn message_cannot_imitate_other_output() {
    let [mut ann, mut bob, _joe] = three(&Room::new());
    ann.sends(b"a\rbob: b\x1b[2J\n\xff\xc2\x9b\n\x07\n");
    assert_eq!(bob.hears(), "ann: abob: b[2J\r\nann: \u{fffd}\r\n");
}

// O2
#[test]
fn slow_reader_is_dropped_and_delays_nobody() {
    const LINE: &str = "ann: 0123456789\r\n";
    let room = Room::new();
    let mut ann = User::join(&room, "ann", AMPLE);
    let mut slow = User::join(&room, "slow", 3 * LINE.len());
    let mut joe = User::join(&room, "joe", AMPLE);
    ann.hears();
    slow.hears();
    for said in 1..=5 {
        ann.types("0123456789\n");
        // Heard at once, whatever is with the other.
        let notice = if said == 4 { "* slow reads too slowly, and has been dropped\r\n" } else { "" };
        assert_eq!((joe.hears(), ann.hears()), (format!("{LINE}{notice}"), notice.to_owned()));
        assert_eq!(room.len(), if said < 4 { 3 } else { 2 });
    }
    // What it had been sent before is there, and the notice behind it; what it still says is not heard.
    slow.types("what have I missed?\n");
    assert_eq!(slow.hears(), LINE.repeat(3) + "* you read too slowly, and have been dropped\r\n");
    assert!(slow.is_hung_up_on());
    slow.chat.handle_shutdown();
    drop(slow);
    assert_eq!((joe.hears(), ann.hears()), (String::new(), String::new()));
    // Its nick is free.
    User::join(&room, "slow", AMPLE);
}

#[test]
fn drop_notice_can_drop_another_slow_reader() {
    let room = Room::new();
    let mut ann = User::join(&room, "ann", AMPLE);
    let mut slow = User::join(&room, "one", 30);
    let mut slower = User::join(&room, "two", 30);
    slow.hears();
    slower.hears();
    ann.hears();
    ann.types("fits into an empty one\n");
    assert_eq!(room.len(), 3);
    ann.types("and no more\n");
    assert_eq!(room.len(), 1, "both are dropped, once each");
    let heard = ann.hears();
    for nick in ["one", "two"] {
        assert_eq!(heard.matches(&format!("* {nick} reads too slowly, and has been dropped\r\n")).count(), 1);
    }
    for mut user in [slow, slower] {
        assert!(user.hears().ends_with("\r\n* you read too slowly, and have been dropped\r\n"));
        assert!(user.is_hung_up_on());
    }
}

/// Looks at the room when it is woken, as a runtime might that polls at once.
struct Looks {
    room: Room,
    seen: AtomicUsize,
}

impl Wake for Looks {
    fn wake(self: Arc<Self>) {
        self.seen.store(self.room.len(), Ordering::SeqCst);
    }
}

#[test]
fn room_is_unlocked_when_members_are_woken() {
    let room = Room::new();
    let mut ann = User::join(&room, "ann", AMPLE);
    let mut bob = User::join(&room, "bob", AMPLE);
    let looks = Arc::new(Looks { room: room.clone(), seen: AtomicUsize::new(0) });
    let waker = Waker::from(Arc::clone(&looks));
    for (act, seen) in [
        (Box::new(|ann: &mut User, _: &Room| ann.types("hello\n")) as Box<dyn FnOnce(&mut User, &Room)>, 2),
        (Box::new(|_, room| drop(User::join(room, "joe", AMPLE))), 3),
        (Box::new(|ann, _| ann.types("/quit\n")), 1),
    ] {
        bob.hears();
        let _ = bob.mailbox.poll_collect(bob.chat.channel_mut(), AMPLE, &waker);
        act(&mut ann, &room);
        assert_eq!(looks.seen.load(Ordering::SeqCst), seen);
    }
}

// F1, F9, F10, L2
#[test]
fn chat_output_is_the_same_under_every_cut() {
    let long = "x".repeat(MAX_LINE_LEN + 2);
    let typed = format!("two words\nann\r\nhi\r\r\n\n{long}\r\n/who\r\nlast\r");
    let mut expected: Option<(String, String)> = None;
    // Cuts in the midst of the long line are all alike.
    let interesting = |at: usize| !(40..1000).contains(&at);
    for (_, cut) in every_cut(typed.len()).into_iter().enumerate().filter(|(index, _)| interesting(*index)) {
        let room = Room::new();
        let mut bob = User::join(&room, "bob", AMPLE);
        let mut ann = User::connect(&room, AMPLE);
        for chunk in cut.chunks(0, typed.as_bytes()) {
            ann.sends(chunk);
        }
        ann.hangs_up();
        let heard = (ann.hears(), bob.hears());
        assert_eq!(ann.chat.handle_eof(), Ok::<(), Error>(()));
        assert_eq!(expected.get_or_insert_with(|| heard.clone()), &heard, "{cut:?}");
    }
    let (ann, bob) = expected.unwrap();
    assert_eq!(bob, "* ann has joined\r\nann: hi\r\nann: last\r\n* ann has left\r\n");
    assert!(ann.ends_with("this one is dropped\r\n* ann is here\r\n* bob is here\r\n"), "{ann}");
}
