//! The chat room with several clients and no network: the exact bytes that each client receives.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use asynchat_core::drive::{Mailbox, Peer, mailbox};
use asynchat_core::{Chat, Error, Input, ProducerQueue};
use asynchat_tests::harness::cuts::every_cut;
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::chat_room::{
    ChatHandler, MAX_LINE_LEN, MAX_MISSED_LINES, MAX_NICKNAME_LEN, PATIENCE, Room, SPEAKER_SHARE, TYPING_TIME, config,
};
use bytes::Buf;

const LARGE_MAILBOX: usize = 1 << 20;

/// The output to a client from its connect to its join.
fn welcome(nick: &str) -> String {
    format!("* your nick, please\r\n* welcome, {nick}; `/who` names the others, `/quit` leaves\r\n")
}

/// A client, its chat and its mailbox. The test itself is the driver: the mailbox is read only in `receive`.
struct Client {
    chat: Chat<ChatHandler>,
    mailbox: Mailbox<ChatHandler>,
}

impl Client {
    fn connect(room: &Room, capacity: usize) -> Self {
        let (_, mailbox) = mailbox(capacity);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 6667));
        let peer = Peer::new(address, address, mailbox.caller());
        let mut chat = Chat::new(ChatHandler::new(room.clone(), peer), config());
        chat.handle_connect(Duration::ZERO).unwrap();
        Self { chat, mailbox }
    }

    /// Connects, joins, and checks the welcome.
    fn join(room: &Room, nick: &str, capacity: usize) -> Self {
        let mut client = Self::connect(room, capacity);
        client.send(&format!("{nick}\n"));
        assert_eq!(client.receive(), welcome(nick));
        client
    }

    fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        self.chat.handle_input(Duration::ZERO, &mut Input::new(bytes)).unwrap();
    }

    fn shut_down_output(&mut self) {
        self.chat.handle_eof(Duration::ZERO).unwrap();
    }

    /// Returns all output that has been queued for this client.
    fn receive(&mut self) -> String {
        let mut received = Vec::new();
        loop {
            let changed = self.mailbox.poll_collect(&mut self.chat, Duration::ZERO, Waker::noop()).is_ready();
            while self.chat.wants_write() {
                let mut staged = self.chat.poll_transmit(&mut noop_context());
                received.extend_from_slice(&staged.copy_to_bytes(staged.remaining()));
            }
            if !changed {
                return String::from_utf8(received).unwrap();
            }
        }
    }

    /// Takes some bytes of the output, as a client behind a slow line does.
    fn receive_some(&mut self, len: usize) {
        let _ = self.mailbox.poll_collect(&mut self.chat, Duration::ZERO, Waker::noop());
        let mut staged = self.chat.poll_transmit(&mut noop_context());
        staged.advance(len.min(staged.remaining()));
    }

    /// Returns whether the server closes the connection after the output that it has sent.
    fn is_closed_by_server(&mut self) -> bool {
        self.chat.wants_shutdown()
    }
}

/// Three members, who have received the notices of each other's joins.
fn three_members(room: &Room) -> [Client; 3] {
    let mut members = ["ann", "bob", "joe"].map(|nick| Client::join(room, nick, LARGE_MAILBOX));
    for client in &mut members {
        client.receive();
    }
    members
}

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

/// Sends the text key by key. Returns the time at the end, unless the server has closed before.
fn type_slowly(client: &mut Client, text: &str, begin: Duration, pause: Duration) -> Option<Duration> {
    let mut now = begin;
    for key in text.bytes() {
        while let Some(deadline) = client.chat.poll_timeout().filter(|deadline| *deadline <= now) {
            client.chat.handle_timeout(deadline).unwrap();
        }
        if client.chat.channel().is_closing() {
            return None;
        }
        client.chat.handle_input(now, &mut Input::new(&[key])).unwrap();
        client.receive();
        now += pause;
    }
    Some(now)
}

// C6, C11
#[test]
fn person_types_key_by_key_for_minutes() {
    let room = Room::new();
    let mut bob = Client::join(&room, "bob", LARGE_MAILBOX);
    let mut ann = Client::connect(&room, LARGE_MAILBOX);
    let now = type_slowly(&mut ann, "ann\n", Duration::ZERO, Duration::from_secs(60)).unwrap();
    // Twenty minutes for a line, with pauses longer than the idle timeout.
    let now = type_slowly(&mut ann, "hi\n", now, Duration::from_secs(400)).unwrap();
    type_slowly(&mut ann, "it took long to say this\n", now, Duration::from_secs(50)).unwrap();
    assert_eq!(bob.receive(), "* ann has joined\r\nann: hi\r\nann: it took long to say this\r\n");
}

// C11
#[test]
fn client_without_a_nickname_is_told_and_closed() {
    let room = Room::new();
    for typed in ["", "an"] {
        let mut silent = Client::connect(&room, LARGE_MAILBOX);
        silent.send(typed);
        silent.receive();
        let (mut now, mut received) = (Duration::ZERO, String::new());
        while !silent.is_closed_by_server() {
            now = silent.chat.poll_timeout().unwrap();
            assert!(now <= 2 * TYPING_TIME, "{now:?}");
            silent.chat.handle_timeout(now).unwrap();
            received += &silent.receive();
        }
        assert!(now >= TYPING_TIME, "{now:?}");
        assert_eq!(received, "* you have not told your nick; goodbye\r\n");
    }
}

/// One member pastes a book. Another one reads it over a slow line: it misses lines and stays, and so do all others.
// O6
#[test]
fn paste_leaves_slow_readers_in_the_room() {
    const READ: usize = 1024;
    let room = Room::with_clock(manual_clock);
    let capacity = config().mailbox_capacity;
    let mut ann = Client::join(&room, "ann", capacity);
    let mut slow = Client::join(&room, "slow", capacity);
    let mut fast = Client::join(&room, "fast", capacity);
    let line = "a line of a long book that somebody pastes into the room\n";
    let mut heard = 0;
    for _ in 0..300 {
        ann.send(&line.repeat(100));
        ann.receive();
        heard += fast.receive().matches("ann: a line").count();
        slow.receive_some(READ);
        advance_clock(Duration::from_secs(1));
    }
    assert_eq!((room.len(), heard), (3, 300 * 100));
    assert!(slow.receive().contains("you read too slowly, and have missed"));
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

thread_local! {
    static ELAPSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A clock that stands still until a test advances it. Each test has a thread of its own.
fn manual_clock() -> Instant {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    *START + ELAPSED.get()
}

fn advance_clock(time: Duration) {
    ELAPSED.set(ELAPSED.get() + time);
}

// O6
#[test]
fn slow_reader_misses_lines_and_stays() {
    let line = |number: usize| format!("ann: {number}\r\n");
    let room = Room::with_clock(manual_clock);
    let mut ann = Client::join(&room, "ann", LARGE_MAILBOX);
    let mut slow = Client::join(&room, "slow", 3 * (line(0).len() + ProducerQueue::CHUNK_COST));
    ann.receive();
    for number in 0..10 {
        advance_clock(PATIENCE / 8);
        ann.send(&format!("{number}\n"));
        if number == 4 {
            assert_eq!(slow.receive(), line(0) + &line(1) + &line(2));
        }
    }
    let notice = "* 1 members read too slowly, and miss what you write\r\n";
    assert_eq!(ann.receive(), notice.repeat(2), "one when it begins, and one when it begins again");
    assert_eq!(slow.receive(), format!("* you read too slowly, and have missed 2 lines\r\n{}{}", line(5), line(6)));
    ann.send("last\n");
    assert_eq!(slow.receive(), "* you read too slowly, and have missed 3 lines\r\nann: last\r\n");
    assert_eq!(room.len(), 2);
}

// O6
#[test]
fn flood_leaves_room_for_the_lines_of_others() {
    let room = Room::with_clock(manual_clock);
    let mailbox_capacity = config().mailbox_capacity;
    let mut listener = Client::join(&room, "listener", mailbox_capacity);
    let mut ann = Client::join(&room, "ann", mailbox_capacity);
    let mut flood = Client::join(&room, "flood", mailbox_capacity);
    flood.send(&"anything at all\n".repeat(10_000));
    ann.send("can you hear me?\n");
    let received = listener.receive();
    let heard = received.matches("flood: anything at all\r\n").count();
    let cost = "flood: anything at all\r\n".len() + ProducerQueue::CHUNK_COST;
    assert_eq!(heard, SPEAKER_SHARE / cost, "the share of one speaker");
    assert!(received.ends_with(&format!(
        "* you read too slowly, and have missed {} lines\r\nann: can you hear me?\r\n",
        10_000 - heard
    )));
}

// O6
#[test]
fn flood_is_dropped_and_slow_readers_stay() {
    const SLOW: usize = 5;
    let room = Room::with_clock(manual_clock);
    let mailbox_capacity = config().mailbox_capacity;
    let mut fast = Client::join(&room, "fast", mailbox_capacity);
    let mut slow: Vec<_> =
        (0..SLOW).map(|number| Client::join(&room, &format!("slow{number}"), mailbox_capacity)).collect();
    let mut flood = Client::join(&room, "flood", mailbox_capacity);
    let page = "anything at all\n".repeat(200);
    let mut received = String::new();
    let mut lines = 0;
    for turn in 0.. {
        assert!(lines < 3 * MAX_MISSED_LINES, "the flood goes on");
        if flood.is_closed_by_server() {
            break;
        }
        flood.send(&page);
        lines += 200;
        received += &fast.receive();
        advance_clock(Duration::from_millis(10));
        // Each of the slow ones takes what is there every five seconds.
        if turn % 500 == 499 {
            slow.iter_mut().for_each(|client| drop(client.receive()));
        }
        if flood.chat.wants_write() && flood.receive().ends_with("and have been dropped\r\n") {
            break;
        }
    }
    assert_eq!(room.len(), SLOW + 1, "every honest member is still there");
    assert!(!received.contains("have missed"), "one that reads misses nothing");
    assert!(received.matches("flood: anything at all\r\n").count() as u64 > MAX_MISSED_LINES);
    for mut client in slow {
        client.receive();
        fast.send("back to normal\n");
        assert!(client.receive().ends_with("fast: back to normal\r\n"));
    }
}

// O2
#[test]
fn stalled_reader_is_dropped_and_delays_nobody() {
    const LINE: &str = "ann: 0123456789\r\n";
    let room = Room::with_clock(manual_clock);
    let mut ann = Client::join(&room, "ann", LARGE_MAILBOX);
    let mut slow = Client::join(&room, "slow", 3 * (LINE.len() + ProducerQueue::CHUNK_COST));
    let mut joe = Client::join(&room, "joe", LARGE_MAILBOX);
    ann.receive();
    slow.receive();
    for count in 1..=6 {
        ann.send("0123456789\n");
        // The slow member delays nobody.
        let notice = if count == 5 { "* slow reads too slowly, and has been dropped\r\n" } else { "" };
        let missed = if count == 4 { "* 1 members read too slowly, and miss what you write\r\n" } else { "" };
        assert_eq!((joe.receive(), ann.receive()), (format!("{LINE}{notice}"), format!("{missed}{notice}")));
        assert_eq!(room.len(), if count < 5 { 3 } else { 2 });
        advance_clock(PATIENCE);
    }
    // The slow member still gets the earlier messages and the notice. Its own messages reach nobody.
    slow.send("what have I missed?\n");
    assert_eq!(slow.receive(), LINE.repeat(3) + "* you read too slowly, and have been dropped\r\n");
    assert!(slow.is_closed_by_server());
    slow.chat.handle_shutdown(Duration::ZERO);
    drop(slow);
    assert_eq!((joe.receive(), ann.receive()), (String::new(), String::new()));
    // Its nickname is free.
    Client::join(&room, "slow", LARGE_MAILBOX);
}

#[test]
fn drop_notice_can_drop_another_slow_reader() {
    let room = Room::new().with_patience(Duration::ZERO);
    let mut ann = Client::join(&room, "ann", LARGE_MAILBOX);
    let mut slow = Client::join(&room, "one", 30);
    let mut slower = Client::join(&room, "two", 30);
    slow.receive();
    slower.receive();
    ann.receive();
    ann.send("fits into an empty one\n");
    assert_eq!(room.len(), 3);
    ann.send("and no more\n");
    assert_eq!(room.len(), 1, "both members are dropped, each once");
    let received = ann.receive();
    for nick in ["one", "two"] {
        assert_eq!(received.matches(&format!("* {nick} reads too slowly, and has been dropped\r\n")).count(), 1);
    }
    for mut client in [slow, slower] {
        assert!(client.receive().ends_with("\r\n* you read too slowly, and have been dropped\r\n"));
        assert!(client.is_closed_by_server());
    }
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
