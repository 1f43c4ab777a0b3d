//! When the minimum input rate applies to a client, and when it may be idle.

use std::time::Duration;

use asynchat_core::{Chat, Config, Error, Input};
use asynchat_tests::harness::noop_context;
use asynchat_tests::protocols::http::HttpHandler;

/// Returns the outcome for a client that sends these bytes, reads the responses, and then is idle for four minutes: less
/// than the idle timeout.
fn after_four_minutes(sent: &[u8]) -> Result<(), Error> {
    let mut chat = Chat::new(HttpHandler::new(), Config::default());
    chat.handle_connect(Duration::ZERO).unwrap();
    chat.handle_input(Duration::ZERO, &mut Input::new(sent)).unwrap();
    while chat.wants_write() {
        let mut staged = chat.poll_transmit(&mut noop_context());
        let length = bytes::Buf::remaining(&staged);
        bytes::Buf::advance(&mut staged, length);
    }
    chat.handle_timeout(Duration::ZERO).unwrap();
    chat.handle_timeout(Duration::from_secs(240))
}

// C6
#[test]
fn min_rate_cuts_off_an_unfinished_request() {
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
    let unfinished = ["", "\r\n\r\n", "G", post, &format!("{post}o"), &format!("{get}G"), &format!("{get}\r\n\r\n")];
    for sent in unfinished {
        assert_eq!(after_four_minutes(sent.as_bytes()), Err(Error::SentTooSlowly), "{sent:?}");
    }
}

// C6
#[test]
fn min_rate_allows_a_pause_between_requests() {
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok";
    for sent in [get, post, &get.repeat(3)] {
        assert_eq!(after_four_minutes(sent.as_bytes()), Ok(()), "{sent:?}");
    }
}
