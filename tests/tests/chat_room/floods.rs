//! Members who send much, and members who read slowly.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use asynchat_core::ProducerQueue;
use asynchat_tests::protocols::chat_room::{MAX_MISSED_LINES, PATIENCE, Room, SPEAKER_SHARE, config};

use crate::support::{Client, LARGE_MAILBOX};

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
