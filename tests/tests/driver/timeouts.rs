//! Idle connections, and the last word of a handler.

use asynchat_core::drive::Clock;
use asynchat_core::{BoxError, Channel, Config, Error, Handler, Timeout};
use asynchat_tests::harness::mock::{DriverHarness, RecordingHandler};

use crate::min_rate::error;
use crate::{answering_handler, seconds};

/// Answers a request that comes too slowly as HTTP does, and an idle client as SMTP does.
struct LastWord;

impl Handler for LastWord {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_slice(b"250 OK\r\n")?)
    }

    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(match timeout {
            Timeout::Frame => "HTTP/1.1 408 Request Timeout\r\n\r\n",
            _ => "421 idle for too long\r\n",
        })?;
        channel.close_when_done();
        Ok(())
    }
}

// C11
#[test]
fn driver_sends_last_word_of_a_timeout() {
    for (sent, period, answer) in
        [("", 300, "421 idle for too long\r\n"), ("GET / HT", 30, "HTTP/1.1 408 Request Timeout\r\n\r\n")]
    {
        let mut harness = DriverHarness::new(LastWord, Config::default());
        assert!(harness.run().is_pending());
        harness.transport.send(sent);
        assert!(harness.run().is_pending());
        assert!(harness.advance(seconds(period - 1)).is_pending());
        assert_eq!(*harness.transport.written(), *b"");
        assert!(harness.advance(seconds(1)).is_pending());
        assert_eq!(*harness.transport.written(), *answer.as_bytes());
        assert!(harness.transport.is_shut_down());
        harness.transport.send_eof();
        assert_eq!(harness.run(), std::task::Poll::Ready(Ok(())));
    }
}

// C11
#[test]
fn driver_ends_an_idle_connection_that_never_spoke() {
    let mut harness = DriverHarness::new(RecordingHandler::record_only(), Config::default());
    assert!(harness.run().is_pending());
    assert_eq!(harness.clock.alarm(), Some(seconds(300)));
    assert!(harness.advance(seconds(299)).is_pending());
    assert_eq!(error(harness.advance(seconds(1))), Some(Error::Idle));
}

// C11
#[test]
fn driver_idle_timeout_begins_anew_with_each_frame() {
    let mut harness = DriverHarness::new(answering_handler(8), Config::default());
    for _ in 0..10 {
        harness.transport.send("a\n");
        assert!(harness.run().is_pending());
        assert_eq!(harness.clock.alarm(), Some(harness.clock.now() + seconds(300)));
        assert!(harness.advance(seconds(200)).is_pending());
    }
    assert_eq!(error(harness.advance(seconds(100))), Some(Error::Idle));
}

// C11
#[test]
fn driver_idle_timeout_ends_a_half_closed_connection() {
    let handler = RecordingHandler::record_only().on_eof(|_, _| Ok(()));
    let mut harness = DriverHarness::new(handler, Config::default());
    harness.transport.send_eof();
    assert!(harness.run().is_pending());
    assert_eq!(error(harness.advance(seconds(300))), Some(Error::Idle));
}
