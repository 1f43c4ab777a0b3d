//! A stream whose reads wait: a pipe, a serial line, TLS over a blocking socket.

use std::convert::Infallible;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver, Transport};
use asynchat_core::{BoxError, Channel, Chat, Config, Error, Handler, MinRate, Transmit};
use asynchat_tests::harness::mock::ManualClock;

use crate::seconds;

/// Each read waits a second for one byte of a frame that does not end.
struct SlowStream(ManualClock);

impl Transport for SlowStream {
    type Error = Infallible;

    fn poll_read(&mut self, _: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Infallible>> {
        self.0.advance(seconds(1));
        buffer[0] = b'x';
        Poll::Ready(Ok(1))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, output: &Transmit<'_>) -> Poll<Result<usize, Infallible>> {
        Poll::Ready(Ok(bytes::Buf::remaining(output)))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

/// Closes when its timer goes off.
struct Timed(Duration);

impl Handler for Timed {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        channel.set_timer(Some(self.0));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.abort();
        Ok(())
    }
}

/// Drives a handler to its end, and returns that with the time.
fn drive(handler: Timed, config: Config) -> (Result<(), Error>, Duration) {
    let clock = ManualClock::default();
    let mut driver = Driver::new(clock.clone(), Chat::new(handler, config.with_linger(Duration::ZERO)));
    let mut stream = SlowStream(clock.clone());
    let mut read_buffer = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(outcome) = driver.poll(&mut cx, &mut stream, &mut read_buffer) {
            return (outcome.map(drop), clock.now());
        }
        assert!(clock.now() < seconds(1000), "it reads for ever");
    }
}

// C6
#[test]
fn driver_judges_between_reads_that_wait() {
    let rate = MinRate::new(240, seconds(30));
    let (outcome, at) = drive(Timed(seconds(900)), Config::default().with_min_input_rate(rate));
    assert_eq!(outcome, Err(Error::SentTooSlowly));
    assert!(at > rate.grace && at <= 2 * rate.grace, "{at:?}");
}

// C13
#[test]
fn driver_timer_goes_off_between_reads_that_wait() {
    let (outcome, at) = drive(Timed(seconds(10)), Config::default());
    assert_eq!(outcome, Err(Error::Aborted));
    // The read that waits when the time is over, and the last one that the peer is allowed (C6).
    assert!(at >= seconds(10) && at <= seconds(12), "{at:?}");
}
