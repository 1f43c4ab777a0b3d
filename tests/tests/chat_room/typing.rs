//! People type key by key, and may be silent.

use std::time::Duration;

use asynchat_core::Input;
use asynchat_tests::protocols::chat_room::{Room, TYPING_TIME};

use crate::support::{Client, LARGE_MAILBOX};

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
