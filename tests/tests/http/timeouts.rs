//! Clients that are too slow, and clients that may be idle.

use std::task::Poll;
use std::time::Duration;

use asynchat_core::Error;
use asynchat_tests::harness::mock::DriverHarness;
use asynchat_tests::protocols::http::{ContentBudget, HttpHandler, KEEP_ALIVE, config};

use crate::support::{clock, handler};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
const CHUNKED: &str = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

const GRACE: Duration = Duration::from_secs(30);
const LINGER: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(1);

/// The server's side of a connection with a client that has sent these bytes.
fn client(sent: &str) -> DriverHarness<HttpHandler> {
    client_of(handler(), sent)
}

fn client_of(handler: HttpHandler, sent: &str) -> DriverHarness<HttpHandler> {
    let mut client = DriverHarness::new(handler, config());
    // The client takes all output at once, and the system says so.
    client.transport.set_unacknowledged(0);
    client.transport.send(sent);
    assert!(client.run().is_pending());
    client
}

/// Returns the output so far.
fn output(client: &DriverHarness<HttpHandler>) -> String {
    String::from_utf8(client.transport.written().to_vec()).unwrap()
}

// C6, C11
#[test]
fn request_that_comes_too_slowly_gets_408() {
    let chunk = &format!("{CHUNKED}5\r\nhel");
    for sent in
        ["G", POST, &format!("{POST}o"), CHUNKED, &format!("{CHUNKED}5"), chunk, &format!("{CHUNKED}0\r\na: b\r\n")]
    {
        let mut client = client(sent);
        assert!(client.advance(GRACE - SECOND).is_pending());
        assert_eq!(output(&client), "", "{sent}");
        // 240 bytes a second: what has come has bought some time.
        assert!(client.advance(2 * SECOND).is_pending());
        assert!(output(&client).starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{sent}: {}", output(&client));
        assert!(output(&client).contains("\r\nConnection: close\r\n"));
        assert_eq!(client.advance(LINGER), Poll::Ready(Ok(())));
    }
}

// C6
#[test]
fn request_behind_a_response_gets_408_too() {
    let mut client = client(&format!("{GET}HEAD /"));
    assert!(client.advance(2 * GRACE).is_ready());
    let output = output(&client);
    assert!(output.starts_with("HTTP/1.1 200 OK\r\n") && output.contains("\r\n\r\n<!DOCTYPE"));
    let (_, answer) = output.split_once("</html>\n").unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.ends_with("\r\n\r\n"), "a response to HEAD has no content");
}

// C6
#[test]
fn chunks_do_not_restart_the_grace_period() {
    let mut client = client(CHUNKED);
    for _ in 0..5 {
        client.transport.send("1\r\nx\r\n");
        assert!(client.advance(GRACE / 5).is_pending());
    }
    let _ = client.advance(SECOND);
    assert!(output(&client).starts_with("HTTP/1.1 408 "));
}

// C6
#[test]
fn chunks_at_twice_the_least_rate_are_served() {
    let mut client = client(CHUNKED);
    for _ in 0..100 {
        client.transport.send(format!("1d6\r\n{}\r\n", "x".repeat(0x1d6)));
        assert!(client.advance(SECOND).is_pending());
    }
    client.transport.send("0\r\n\r\n");
    let _ = client.run();
    assert!(output(&client).starts_with("HTTP/1.1 200 OK\r\n"));
}

// C11
#[test]
fn connection_without_a_request_closes_without_an_answer() {
    for sent in ["", "\r\n\r\n", "\r\n"] {
        let mut client = client(sent);
        assert!(client.advance(GRACE - SECOND).is_pending());
        assert_eq!(client.advance(LINGER + 2 * SECOND), Poll::Ready(Ok(())), "{sent:?}");
        assert_eq!(output(&client), "");
    }
}

// C11
#[test]
fn keep_alive_ends_without_an_answer() {
    for sent in [GET, &format!("{POST}ok"), &format!("{CHUNKED}0\r\n\r\n"), &GET.repeat(2)] {
        let mut client = client(sent);
        let responses = output(&client);
        assert!(client.advance(KEEP_ALIVE - SECOND).is_pending());
        assert!(!client.transport.is_shut_down());
        assert!(client.advance(SECOND).is_pending());
        assert!(client.transport.is_shut_down());
        assert_eq!(client.advance(LINGER), Poll::Ready(Ok(())), "{sent}");
        assert_eq!(output(&client), responses);
    }
}

// C11
#[test]
fn keep_alive_starts_again_with_each_request() {
    let mut client = client(GET);
    for _ in 0..3 {
        assert!(client.advance(KEEP_ALIVE - SECOND).is_pending());
        client.transport.send(GET);
        assert!(client.run().is_pending());
    }
    assert_eq!(output(&client).matches("HTTP/1.1 200 OK").count(), 4);
    assert!(client.advance(KEEP_ALIVE + LINGER).is_ready());
}

// C6
#[test]
fn slow_upload_whose_response_has_begun_is_cut() {
    let handler = HttpHandler::with_content_budget(ContentBudget::new(0)).with_clock(clock);
    let upload = format!("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n{}", "x".repeat(100_000));
    let mut client = client_of(handler, &upload);
    assert!(output(&client).starts_with("HTTP/1.1 200 OK\r\n"));
    let written = output(&client).len();
    assert_eq!(client.advance(600 * SECOND), Poll::Ready(Err(Error::SentTooSlowly)));
    assert_eq!(output(&client).len(), written, "a second response would be a part of the first one");
}
