//! When the minimum input rate applies to a client.

use std::time::Duration;

use asynchat_core::{Chat, Config, Error, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::redis::{RedisHandler, Store};

use crate::support::{bulk_string, command};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sends each piece a second after the one before it. Returns the second at which the client was cut off, if it was.
fn cut_off_at<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Option<u64> {
    let mut chat = Chat::new(RedisHandler::new(&Store::new()), Config::default());
    for (second, piece) in (0..).zip(pieces) {
        let _ = chat.handle_input(seconds(second), &mut Input::new(piece));
        let staged_len = bytes::Buf::remaining(&chat.poll_transmit(&mut noop_context()));
        bytes::Buf::advance(&mut chat.poll_transmit(&mut noop_context()), staged_len);
        if chat.handle_timeout(seconds(second)).is_err() {
            assert_eq!(chat.outcome(), Some(Err(&Error::SentTooSlowly)));
            return Some(second);
        }
    }
    None
}

// C6
#[test]
fn min_rate_applies_to_a_command_as_a_whole() {
    // Each argument comes well within a grace period of its own.
    let argument = bulk_string(b"k");
    let pieces = [&b"*1000000\r\n"[..]].into_iter().chain(std::iter::repeat_n(&argument[..], 1000));
    assert_eq!(cut_off_at(pieces), Some(31), "7 bytes a second buy less than a second");
    // Nor does it help to cut them elsewhere.
    let stream = [b"*1000000\r\n".to_vec(), argument.repeat(1000)].concat();
    assert_eq!(cut_off_at(stream.chunks(5)), Some(31));
}

// C6
#[test]
fn min_rate_starts_anew_with_each_command() {
    let set = command(&[b"SET", b"k", b"v"]);
    assert_eq!(cut_off_at(std::iter::repeat_n(&set[..], 1000)), None);
    // Each piece has the end of one command and the beginning of the next.
    let stream = set.repeat(100);
    assert_eq!(cut_off_at(stream.chunks(set.len() - 1)), None);
}
